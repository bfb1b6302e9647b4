"""`grader doctor`."""

import json
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import click

from grader.cli.options import json_option, language_option
from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.sandbox.zygotes import Zygote

_PACKAGES = ("tensorflow", "keras", "h5py", "onnxruntime", "numpy", "scipy", "pillow", "pillow-heif")
_SAFE_KERAS = (3, 15, 1)
"""In older versions a model file alone can read files, write files and run programs."""
_CHILDREN = 5


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the answer."""

    subject: str
    """Key of what was looked at; its name is in `[terminal.doctor]` of the texts."""
    found: str
    """What is there; numbers and names only."""
    problem: str = ""
    """Slug of the message that says what to do; "" when all is well."""
    hint: str = ""
    """Slug of the message that says what could be done; nothing needs it."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What these messages name."""


@click.command()
@language_option(default=True)
@json_option("Print the answer as JSON.")
def doctor(language: str, as_json: bool) -> int:
    """Say what is active here: the parts of the lock around students' files, versions, and the helper processes.

    \b
    Exit code: 0 the lock is whole and everything works, 1 something is to be done; each line says what.
    """
    from grader.cli.main import EXIT_DONE, EXIT_PERSON

    checks = []
    for check in _checks():
        checks.append(check)
        if not as_json:
            _print(check, language)
    is_well = not any(check.problem for check in checks)
    if as_json:
        told = [
            {
                "subject": check.subject,
                "found": check.found,
                "problem": _said(check.problem, check, language),
                "hint": _said(check.hint, check, language),
            }
            for check in checks
        ]
        click.echo(json.dumps({"ok": is_well, "checks": told}, ensure_ascii=False, indent=1))
    return EXIT_DONE if is_well else EXIT_PERSON


def _print(check: Check, language: str) -> None:
    from grader.texts.catalog import Texts

    said = Texts(language)
    mark = "needs_doing" if check.problem else "could_do" if check.hint else "well"
    click.echo(
        f"{said(f'terminal.doctor.{mark}'):<6} {said(f'terminal.doctor.{check.subject}')}: {check.found}"
    )
    for slug in filter(None, (check.problem, check.hint)):
        click.echo(f"       {_said(slug, check, language)}")


def _said(slug: str, check: Check, language: str) -> str | None:
    from grader.core.finding import Reason
    from grader.texts.catalog import Texts

    return Texts(language).message(Reason(slug=slug, values=check.values)) if slug else None


def _checks() -> Iterator[Check]:
    from grader.images.reader import PICTURE_JOB
    from grader.models.student import MODEL_JOB
    from grader.sandbox import landlock
    from grader.sandbox.lock import NO_PART, LockPart, available_parts
    from grader.sandbox.zygotes import Zygote

    is_linux = sys.platform == "linux"
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield Check(subject="system", found=system, problem="" if is_linux else "doctor-system")
    parts = available_parts()
    yield Check(
        subject="landlock",
        found=str(landlock.version()),
        problem="" if LockPart.PATHS in parts else "doctor-landlock",
    )
    has_filter = LockPart.SYSTEM_CALLS in parts
    yield Check(
        subject="seccomp",
        found=platform.machine() if has_filter else "–",
        problem="" if has_filter else "doctor-seccomp",
        values={"machine": platform.machine()},
    )
    yield _namespaces()
    yield _versions()
    start = time.monotonic()
    with Zygote(MODEL_JOB, needed=NO_PART) as models, Zygote(PICTURE_JOB, needed=NO_PART) as pictures:
        yield from _helper("pictures", pictures, start)
        yield from _helper("models", models, start)


def _namespaces() -> Check:
    from grader.sandbox.wrapping import wrapping

    found = wrapping()
    if found.command:
        return Check(subject="namespaces", found=found.program)
    hint = "doctor-namespaces-refused" if found.program else "doctor-namespaces-missing"
    return Check(subject="namespaces", found="–", hint=hint, values={"detail": found.problem})


def _versions() -> Check:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "–"
    numbers = [int(each) for each in found["keras"].split(".")[:3] if each.isdecimal()]
    is_safe = tuple(numbers) >= _SAFE_KERAS
    needed = ".".join(map(str, _SAFE_KERAS))
    return Check(
        subject="versions",
        found=", ".join(f"{name} {each}" for name, each in found.items()),
        problem="" if is_safe else "doctor-keras",
        values={"found": found["keras"], "needed": needed},
    )


def _helper(subject: str, zygote: "Zygote", started: float) -> Iterator[Check]:
    """Start-up since `started`, the proof of the lock, and what a child costs."""
    from grader.sandbox.lock import WHOLE_LOCK, Limits
    from grader.sandbox.proof import described, names_of

    try:
        proven = zygote.prove()
        ready_seconds = time.monotonic() - started
        milliseconds = []
        for _ in range(_CHILDREN):
            start = time.monotonic()
            with zygote.open(Limits(wall_seconds=60, cpu_seconds=10, data_bytes=1 << 30)):
                milliseconds.append(1000 * (time.monotonic() - start))
    except GraderError as error:
        values = {name: str(value) for name, value in error.values.items()}
        yield Check(subject=subject, found="–", problem=error.slug, values=values)
        return
    missing = ", ".join(names_of(WHOLE_LOCK & ~proven))
    yield Check(
        subject=f"lock_of_{subject}",
        found=described(proven),
        problem="doctor-lock" if missing else "",
        values={"missing": missing},
    )
    child = f"{'fork' if zygote.is_forking else 'exec'} {statistics.median(milliseconds):.0f} ms"
    yield Check(subject=subject, found=f"{ready_seconds:.1f} s, {child}")
