"""The straight path: folder → submissions → evidence → grades → pages and tables.

Everything before the evidence is slow and touches a student's bytes; everything after it is a pure function.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import tempfile
import tomllib
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import tomli_w

import grader
from grader.core.evidence import Evidence, MeasurementSettings
from grader.core.grade import Grade
from grader.core.run import RunInfo
from grader.core.submission import Submission, page_id
from grader.errors import GraderError
from grader.export.grades_csv import grades_csv
from grader.export.results import results_document, results_text
from grader.grading.rubric import (
    DEFAULT_RUBRIC,
    Rubric,
    measurement_settings,
    parse_rubric,
    require_same_settings,
)
from grader.grading.rubric_source import read_rubric
from grader.grading.score import grade
from grader.images.reader import PICTURE_JOB
from grader.intake.collect import collect
from grader.measuring import Tools, evidence_key, measure, our_failure
from grader.models.card import ONNX_FILE
from grader.models.probe import load_probe
from grader.models.references import load_reference
from grader.models.student import MODEL_JOB
from grader.report.render import render_class, render_student
from grader.sandbox.zygotes import Zygote
from grader.store.evidence import load_all_evidence, load_evidence, save_evidence, write_whole

DEFAULT_LIMIT_SECONDS = 20.0
"""Processor time for a student's model; honest CNNs of the course need 1 to 2 seconds."""
_BY_CHANCE = frozenset({"model-killed", "picture-killed"})
"""Findings that another try may not have, so that their evidence is not kept."""
_RECORD_KEYS = {"run", "date", "is_finished", "paths_sha256", "settings", "provenance"}
_SETTINGS_KEYS = {"rubric", "language", "is_self_check", "limit_seconds"}
_LOCK_FILE = ".lock"
RUN_FILE = "run.toml"
"""Settings, versions and hashes of a run."""
RUBRIC_FILE = "rubric.toml"
"""Copy of the rubric that a run was graded with."""


class Progress(Protocol):
    """Whoever wants to know how far the work is."""

    def started(self, ids: Sequence[str]) -> None:
        """The submissions are known."""
        ...

    def finished(self, submission_id: str, *, reused: bool) -> None:
        """One of them has its evidence; `reused` when an earlier run had measured it."""
        ...


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """What `grader check` was asked to do."""

    paths: tuple[Path, ...]
    """Submissions, folders or zips of them."""
    rubric: str = DEFAULT_RUBRIC
    """Name of a rubric that ships, or path of a file."""
    out: Path | None = None
    """Run folder; None: a new one below `reports/`, or the unfinished one of the same paths."""
    jobs: int = 1
    """How many submissions are measured at a time."""
    language: str = "en"
    """Language of the pages: "ko" or "en"."""
    student: str | None = None
    """Only the submission with this id."""
    is_self_check: bool = False
    """A student tries the own work: the pages say that they are not a grade."""
    fresh: bool = False
    """Measure again what is already there."""
    limit_seconds: float = DEFAULT_LIMIT_SECONDS
    """Processor time for each student's model."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run."""

    folder: Path
    """Where everything is."""
    grades: tuple[Grade, ...]
    """In order of the submissions' ids."""
    evidence: tuple[Evidence, ...]
    """In the same order."""
    results: Mapping[str, Any]
    """The content of `results.json`."""
    language: str
    """Language of the pages."""
    moved: tuple[tuple[Grade, float | None], ...] = ()
    """After a regrade: grades that changed, each with the points that `results.json` said before."""


def check(options: CheckOptions, progress: Progress) -> Run:
    """Grade everything below the given paths.

    Raises:
        GraderError: nothing was started: the rubric, a path or the installation is to be mended.
    """
    rubric, rubric_source = _rubric(options.rubric)
    with contextlib.ExitStack() as stack:
        models = stack.enter_context(Zygote(MODEL_JOB))
        pictures = stack.enter_context(Zygote(PICTURE_JOB))
        spool = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-spool-")))
        settings = measurement_settings(rubric, limit_seconds=options.limit_seconds)
        tools = _tools(settings, rubric, models, pictures)
        submissions = _chosen(collect(options.paths, spool), options.student)
        folder = _run_folder(options)
        record = _new_record(folder, options, tools)
        _make_folder(folder / "evidence")
        stack.enter_context(_alone(folder))
        write_whole(folder / RUBRIC_FILE, rubric_source)
        _write_record(folder, record)
        if options.student is None:
            _remove_strangers(folder, submissions)
        progress.started([submission.id for submission in submissions])
        _measure_all(submissions, tools, folder, options, progress)
        _write_record(folder, {**record, "is_finished": True})
        return _publish(folder, rubric, options.language)


def regrade(folder: Path, rubric_name: str | None, language: str | None) -> Run:
    """Grade the stored evidence of a run again; no model runs and no picture is opened.

    Args:
        folder: a run folder.
        rubric_name: name or path of a rubric; None: the one the run was graded with.
        language: language of the pages; None: as before.

    Raises:
        GraderError: the folder holds no run, the rubric is wrong, or it asks for something that was not measured.
    """
    record = _finished_record(folder)
    rubric, rubric_source = _rubric(rubric_name or str(folder / RUBRIC_FILE))
    with _alone(folder):
        evidence = load_all_evidence(folder / "evidence")
        if not evidence:
            raise GraderError("run-without-evidence", run=str(folder))
        for each in evidence:
            require_same_settings(rubric, each)
        before = _earlier_points(folder)
        write_whole(folder / RUBRIC_FILE, rubric_source)
        record["settings"]["rubric"] = rubric_name or record["settings"]["rubric"]
        record["settings"]["language"] = language or record["settings"]["language"]
        _write_record(folder, record)
        run = _publish(folder, rubric, record["settings"]["language"])
    after = {entry["id"]: entry for entry in run.results["submissions"]}
    moved = tuple(
        (each, before[each.submission_id])
        for each in run.grades
        if each.submission_id in before and before[each.submission_id] != after[each.submission_id]["points"]
    )
    return Run(
        folder=run.folder,
        grades=run.grades,
        evidence=run.evidence,
        results=run.results,
        language=run.language,
        moved=moved,
    )


def report(folder: Path, language: str | None) -> Run:
    """Write the pages and tables of a run again, with the rubric it was graded with."""
    return regrade(folder, None, language)


def _rubric(path_or_name: str) -> tuple[Rubric, bytes]:
    path, content = read_rubric(path_or_name)
    return parse_rubric(content, file=path.name), content


def _tools(settings: MeasurementSettings, rubric: Rubric, models: Zygote, pictures: Zygote) -> Tools:
    references = {id_: load_reference(id_) for id_ in settings.references}
    probe_images, probe_labels = load_probe()
    probe_images, probe_labels = probe_images[: settings.probe_digits], probe_labels[: settings.probe_digits]
    provenance = {
        "grader": grader.__version__,
        "python": platform.python_version(),
        **{
            name: version(name) for name in ("tensorflow", "keras", "onnxruntime", "numpy", "pillow", "scipy")
        },
        "oneDNN": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1"),
        **{f"reference {id_}": reference.card.sha256[ONNX_FILE] for id_, reference in references.items()},
    }
    return Tools(
        settings=settings,
        pictures=pictures,
        models=models,
        references=references,
        probe_images=probe_images,
        probe_labels=probe_labels,
        reference_probe_predictions={
            id_: reference.predict(probe_images).argmax(axis=1) for id_, reference in references.items()
        },
        image_sides=(rubric.input_shape[0], rubric.input_shape[1]),
        provenance=provenance,
    )


def _chosen(submissions: Sequence[Submission], student: str | None) -> tuple[Submission, ...]:
    chosen = tuple(each for each in submissions if student in {None, each.id, each.name})
    if not chosen:
        known = ", ".join(each.id for each in submissions)
        raise GraderError("student-not-found", student=str(student), known=known)
    return chosen


def _measure_all(
    submissions: Sequence[Submission], tools: Tools, folder: Path, options: CheckOptions, progress: Progress
) -> None:
    """Measure what has no evidence yet. Evidence is stored as it comes, so that an interrupted run goes on there."""

    def measure_one(submission: Submission) -> tuple[Submission, bool]:
        stem = page_id(submission.id)
        if not options.fresh and _is_current(
            folder / "evidence" / f"{stem}.json", evidence_key(submission, tools)
        ):
            return submission, True
        evidence, failure = _measure_or_fail(submission, tools)
        said = folder / "evidence" / f"{stem}.error.txt"
        if failure is None:
            said.unlink(missing_ok=True)
        else:
            write_whole(said, failure.encode("utf-8", "backslashreplace"))
        save_evidence(evidence, folder / "evidence")
        return submission, False

    with ThreadPoolExecutor(max_workers=options.jobs) as slots:
        futures = [slots.submit(measure_one, submission) for submission in submissions]
        try:
            for future in as_completed(futures):
                submission, reused = future.result()
                progress.finished(submission.id, reused=reused)
        except BaseException:
            slots.shutdown(wait=True, cancel_futures=True)
            raise


def _measure_or_fail(submission: Submission, tools: Tools) -> tuple[Evidence, str | None]:
    """Return the evidence, and the traceback of a mistake of ours, which costs only this submission.

    Raises:
        GraderError: the installation is broken, for everybody.
    """
    if submission.failure is not None:
        return our_failure(submission, tools), submission.failure
    try:
        return measure(submission, tools), None
    except GraderError:
        raise
    except Exception:
        return our_failure(submission, tools), traceback.format_exc()


def _is_current(path: Path, key: str) -> bool:
    if not path.exists():
        return False
    try:
        evidence = load_evidence(path)
    except GraderError:
        return False
    is_by_chance = any(finding.slug in _BY_CHANCE for finding in evidence.findings)
    return evidence.key == key and evidence.failure is None and not is_by_chance


def _run_folder(options: CheckOptions) -> Path:
    """Return the folder asked for, the unfinished one of the same paths, or a new one.

    Raises:
        GraderError: `out-not-a-run` or `out-other-run`: the folder asked for holds something else, which must not be
            overwritten.
    """
    if options.out is not None:
        if options.out.is_dir() and any(options.out.iterdir()) and not (options.out / RUN_FILE).exists():
            raise GraderError("out-not-a-run", out=str(options.out))
        if (options.out / RUN_FILE).exists():
            record = _read_record(options.out)
            is_same_kind = record["settings"]["is_self_check"] == options.is_self_check
            if record["paths_sha256"] != _paths_sha256(options.paths) or not is_same_kind:
                raise GraderError("out-other-run", out=str(options.out))
        return options.out
    stem = re.sub(r"[^\w.-]+", "_", options.paths[0].resolve().name) or "run"
    reports = Path("reports")
    if not options.fresh:
        for folder in sorted(reports.glob(f"{stem}-*"), reverse=True):
            if _is_unfinished(folder, options.paths):
                return folder
    return reports / f"{stem}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"


def _is_unfinished(folder: Path, paths: Sequence[Path]) -> bool:
    """Whether `folder` holds a run of the same paths that was interrupted."""
    try:
        record = _read_record(folder)
    except GraderError:
        return False
    return not record["is_finished"] and record["paths_sha256"] == _paths_sha256(paths)


def _paths_sha256(paths: Sequence[Path]) -> str:
    """Return a hash of where the submissions lie, so that no run folder tells it."""
    lines = sorted(os.fsencode(path.resolve()) for path in paths)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def _make_folder(folder: Path) -> None:
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
def _alone(folder: Path) -> Iterator[None]:
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


def _new_record(folder: Path, options: CheckOptions, tools: Tools) -> dict[str, Any]:
    return {
        "run": folder.resolve().name,
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "is_finished": False,
        "paths_sha256": _paths_sha256(options.paths),
        "settings": {
            "rubric": options.rubric,
            "language": options.language,
            "is_self_check": options.is_self_check,
            "limit_seconds": options.limit_seconds,
        },
        "provenance": dict(tools.provenance),
    }


def _remove_strangers(folder: Path, submissions: Sequence[Submission]) -> None:
    """Remove evidence and pages of submissions that are not part of this run."""
    stems = {page_id(submission.id) for submission in submissions}
    for path in [*(folder / "evidence").glob("*.json"), *(folder / "students").glob("*.html")]:
        if path.stem not in stems:
            path.with_suffix(".npz").unlink(missing_ok=True)
            path.unlink()


def _publish(folder: Path, rubric: Rubric, language: str) -> Run:
    """Evidence → grades → pages and tables: the pure half."""
    record = _read_record(folder)
    evidence = load_all_evidence(folder / "evidence")
    grades = tuple(grade(rubric, each) for each in evidence)
    by_id = {each.submission_id: each for each in evidence}
    assignment = rubric.assignment(RUBRIC_FILE)
    run = RunInfo(
        id=record["run"],
        date=record["date"],
        grader_version=record["provenance"]["grader"],
        is_self_check=record["settings"]["is_self_check"],
        versions=record["provenance"],
        settings={name: str(value) for name, value in record["settings"].items()},
    )
    (folder / "students").mkdir(exist_ok=True)
    for each in grades:
        page = render_student(each, by_id[each.submission_id], assignment, run, language)
        write_whole(folder / "students" / f"{page_id(each.submission_id)}.html", page.encode())
    index = render_class(tuple(zip(grades, evidence, strict=True)), assignment, run, language)
    write_whole(folder / "index.html", index.encode())
    results = results_document(run, assignment, grades, by_id, language)
    write_whole(folder / "results.json", results_text(results).encode())
    write_whole(folder / "grades.csv", grades_csv(grades, by_id))
    return Run(folder=folder, grades=grades, evidence=evidence, results=results, language=language)


def _write_record(folder: Path, record: Mapping[str, Any]) -> None:
    write_whole(folder / RUN_FILE, tomli_w.dumps(record).encode())


def _read_record(folder: Path) -> dict[str, Any]:
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


def _finished_record(folder: Path) -> dict[str, Any]:
    """Read the record of a finished run.

    Raises:
        GraderError: `run-not-found` or `run-not-finished`.
    """
    record = _read_record(folder)
    if not record["is_finished"]:
        raise GraderError("run-not-finished", run=str(folder))
    return record


def _earlier_points(folder: Path) -> Mapping[str, float | None]:
    """Return the points that `results.json` says, by submission; nothing where it cannot be read."""
    try:
        document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        return {entry["id"]: entry["points"] for entry in document["submissions"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
