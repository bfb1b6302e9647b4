"""Where a run lives: choosing its folder, keeping others out, and the record of what it was asked."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli_w

from grader.core.submission import Submission, page_id
from grader.errors import GraderError
from grader.store.evidence import write_whole

_RECORD_KEYS = {"run", "date", "is_finished", "paths_sha256", "settings", "provenance"}
_SETTINGS_KEYS = {"rubric", "language", "is_self_check", "limit_seconds"}
_LOCK_FILE = ".lock"
EVIDENCE_FILE = "evidence.sqlite"
"""Everything that was measured; see `grader.store.evidence`."""
RUN_FILE = "run.toml"
"""Settings, versions and hashes of a run."""
RUBRIC_FILE = "rubric.toml"
"""Copy of the rubric that a run was graded with."""


def choose_run_folder(paths: Sequence[Path], *, out: Path | None, fresh: bool, is_self_check: bool) -> Path:
    """Return the folder asked for, the unfinished one of the same paths, or a new one.

    Raises:
        GraderError: `out-not-a-run` or `out-other-run`: the folder asked for holds something else, which must not be
            overwritten.
    """
    if out is not None:
        if out.is_dir() and any(out.iterdir()) and not (out / RUN_FILE).exists():
            raise GraderError("out-not-a-run", out=str(out))
        if (out / RUN_FILE).exists():
            record = read_record(out)
            is_same_kind = record["settings"]["is_self_check"] == is_self_check
            if record["paths_sha256"] != paths_sha256(paths) or not is_same_kind:
                raise GraderError("out-other-run", out=str(out))
        return out
    stem = re.sub(r"[^\w.-]+", "_", paths[0].resolve().name) or "run"
    reports = Path("reports")
    if not fresh:
        for folder in sorted(reports.glob(f"{stem}-*"), reverse=True):
            if _is_unfinished(folder, paths):
                return folder
    return reports / f"{stem}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"


def _is_unfinished(folder: Path, paths: Sequence[Path]) -> bool:
    """Whether `folder` holds a run of the same paths that was interrupted."""
    try:
        record = read_record(folder)
    except GraderError:
        return False
    return not record["is_finished"] and record["paths_sha256"] == paths_sha256(paths)


def paths_sha256(paths: Sequence[Path]) -> str:
    """Return a hash of where the submissions lie, so that no run folder tells it."""
    lines = sorted(os.fsencode(path.resolve()) for path in paths)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def make_folder(folder: Path) -> None:
    """Make the folders of a run.

    Raises:
        GraderError: `out-not-writable`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GraderError(
            "out-not-writable", out=str(folder.parent), detail=error.strerror or str(error)
        ) from error


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other runs out of `folder`.

    Raises:
        GraderError: `run-in-use`: one is at work in it.
    """
    with (folder / _LOCK_FILE).open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise GraderError("run-in-use", run=str(folder)) from error
        yield


def remove_strangers(folder: Path, submissions: Sequence[Submission]) -> None:
    """Remove pages of submissions that are not part of this run."""
    stems = {page_id(submission.id) for submission in submissions}
    for path in (folder / "students").glob("*.html"):
        if path.stem not in stems:
            path.unlink()


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write the record of a run."""
    write_whole(folder / RUN_FILE, tomli_w.dumps(record).encode())


def read_record(folder: Path) -> dict[str, Any]:
    """Read the record of a run.

    Raises:
        GraderError: `run-not-found`: there is none, or it cannot be read.
    """
    try:
        record = tomllib.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GraderError("run-not-found", run=str(folder)) from error
    if not record.keys() >= _RECORD_KEYS or not record["settings"].keys() >= _SETTINGS_KEYS:
        raise GraderError("run-not-found", run=str(folder))
    return record


def finished_record(folder: Path) -> dict[str, Any]:
    """Read the record of a finished run.

    Raises:
        GraderError: `run-not-found` or `run-not-finished`.
    """
    record = read_record(folder)
    if not record["is_finished"]:
        raise GraderError("run-not-finished", run=str(folder))
    return record


def earlier_points(folder: Path) -> Mapping[str, float | None]:
    """Return the points that `results.json` says, by submission; nothing where it cannot be read."""
    try:
        document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        return {entry["id"]: entry["points"] for entry in document["submissions"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
