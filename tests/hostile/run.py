"""A class with every hostile submission in it, graded in a process whose surroundings are watched."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.case import Case, Site
from tests.hostile.trap import Traps

CONTROLS = ("20250001-kim-minseo", "20250002-lee-jihun", "20250005-정하늘")
"""Honest submissions of the sample class: a folder with .keras, one with .h5, a zip."""
LIMIT_SECONDS = "8"
"""Processor time of a model; the controls need 1 to 2."""
_SAMPLE_CLASS = Path(__file__).parents[2] / "submissions"
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, kw_only=True)
class Graded:
    """What a run left behind."""

    code: int
    """Exit code."""
    out: str
    err: str
    folder: Path
    """The run's folder."""
    entries: Mapping[str, dict[str, Any]]
    """What `results.json` says, by id of the submission."""
    sprung: frozenset[str]
    """Canaries, secrets and ports that were touched."""
    left_processes: tuple[str, ...]
    """Command lines of processes that outlived the run."""
    left_files: tuple[str, ...]
    """What stayed in the temporary folder."""
    seconds: float

    def slugs(self, id_: str) -> set[str]:
        """Return what was found in one submission."""
        return {finding["slug"] for finding in self.entries[id_]["findings"]}


def possible(case: Case) -> bool:
    """Whether this system allows the case to be built."""
    is_root = os.geteuid() == 0
    return {"": True, "device": is_root, "user": not is_root}[case.needs]


def build(cases: Sequence[Case], class_: Path, traps: Traps, factory: Path) -> None:
    """Write the submissions of `cases` below `class_`."""
    class_.mkdir(parents=True, exist_ok=True)
    for case in cases:
        if possible(case):
            case.build(Site(class_=class_, name=case.name, trap=traps.of(case.name), factory=factory))


def make_with_tensorflow(cases: Sequence[Case], traps: Traps, factory: Path) -> None:
    """Write what `tests.hostile.factory` makes, in a process of its own."""
    factory.mkdir(parents=True)
    request = factory / "request.json"
    paths = {
        case.name: {"canary": str(traps.of(case.name).canary), "secret": str(traps.of(case.name).secret)}
        for case in cases
    }
    request.write_text(json.dumps(paths))
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.factory", request, factory],
        cwd=_SAMPLE_CLASS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def add_controls(class_: Path) -> None:
    """Copy three honest submissions into the class."""
    for path in _SAMPLE_CLASS.iterdir():
        if path.name.removesuffix(".zip") in CONTROLS:
            copy = shutil.copytree if path.is_dir() else shutil.copyfile
            copy(path, class_ / path.name)


def grade(class_: Path, folder: Path, traps: Traps, *, job: str | None = None) -> Graded:
    """Run `grader check` with the marker in its environment.

    Args:
        class_: what to grade.
        folder: where the run goes, and beside it an empty temporary folder.
        traps: armed for the time of the run.
        job: module that the zygote of the models serves, without namespaces around the lock; None: all as always.
    """
    temporary = folder.parent / "temporary"
    temporary.mkdir(parents=True)
    start = "import sys; from grader import pipeline; from grader.cli.main import main\n"
    if job:
        start += "from grader.sandbox.zygotes import Zygote\n"
        start += f"pipeline.MODEL_JOB = {job!r}\nZygote._find_wrapping = lambda zygote: ()\n"
    arguments = ["check", str(class_), "--out", str(folder), "--lang", "en", "--limit-seconds", LIMIT_SECONDS]
    environment = {
        **os.environ,
        "TMPDIR": str(temporary),
        "GRADER_HOMEWORK_ANSWERS": traps.marker,
        "NO_COLOR": "1",
        "COLUMNS": "160",
    }
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = set(_children())
    began = time.monotonic()
    traps.arm()
    done = subprocess.run(
        [sys.executable, "-c", f"{start}sys.exit(main({arguments!r}))"],
        cwd=folder.parent,
        env=environment,
        capture_output=True,
        check=False,
    )
    seconds = time.monotonic() - began
    time.sleep(0.2)
    left = [(pid, _command_line(pid)) for pid in set(_children()) - before]
    for pid, _ in left:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    results = folder / "results.json"
    document = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {"submissions": []}
    return Graded(
        code=done.returncode,
        out=done.stdout.decode("utf-8", "surrogateescape"),
        err=done.stderr.decode("utf-8", "surrogateescape"),
        folder=folder,
        entries={entry["id"]: entry for entry in document["submissions"]},
        sprung=frozenset(traps.sprung()),
        left_processes=tuple(line for _, line in left),
        left_files=tuple(str(path.relative_to(temporary)) for path in temporary.rglob("*")),
        seconds=seconds,
    )


def _children() -> list[int]:
    return [
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]


def _command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
