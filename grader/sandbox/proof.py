"""Children that try the lock → the parts of it that were seen to hold; and the refusal where one is missing."""

import contextlib
import json
import os
import platform
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from grader.errors import GraderError
from grader.sandbox import landlock, lock
from grader.sandbox.child import ChildFailed, ChildFailure, LockedChild
from grader.sandbox.lock import NO_PART, WHOLE_LOCK, Limits, LockPart
from grader.sandbox.selftest import ALIVE, FORBIDDEN, SEEN, SEEN_MAGIC, namespaces

_LIMITS = Limits(wall_seconds=60, cpu_seconds=10, data_bytes=3 << 30)
_SYSTEM_FILES = ("/", "/etc/passwd", "/proc/self/maps", "/proc/self/environ")
_NAMES = {
    LockPart.PATHS: "Landlock",
    LockPart.SYSTEM_CALLS: "seccomp",
    LockPart.ORDINARY_USER: "ordinary user",
    LockPart.LIMITS: "limits",
    LockPart.DESCRIPTORS: "descriptors",
    LockPart.NO_NEW_PRIVILEGES: "no_new_privs",
    LockPart.DIES_WITH_PARENT: "pdeathsig",
    LockPart.NOT_DUMPABLE: "not dumpable",
    LockPart.NAMESPACES: "namespaces",
}

OpenSelfTest = Callable[[Limits, Sequence[Path]], LockedChild]


def names_of(parts: LockPart) -> tuple[str, ...]:
    """Return the parts by the names that people look up; the same in every language."""
    return tuple(name for part, name in _NAMES.items() if part in parts)


def require(found: LockPart, needed: LockPart) -> None:
    """Refuse to go on where a needed part of the lock is missing.

    Raises:
        GraderError: `sandbox-incomplete`.
    """
    missing = needed & ~found
    if missing:
        system = f"{platform.system()} {platform.release()}"
        raise GraderError("sandbox-incomplete", missing=", ".join(names_of(missing)), system=system)


def require_available(needed: LockPart) -> None:
    """Refuse at once what cannot work on this system, before any process is started.

    Raises:
        GraderError: `sandbox-incomplete`.
    """
    require(lock.available_parts(), needed)


def described(parts: LockPart) -> str:
    """Return what is active in one line, for records and pages; the same in every language."""
    how_much = "full" if WHOLE_LOCK in parts else "reduced"
    names = [f"{each} {landlock.version()}" if each == "Landlock" else each for each in names_of(parts)]
    return f"{how_much}: {', '.join(names)}"


def prove(open_self_test: OpenSelfTest) -> LockPart:
    """Let locked children try to get out, and return the parts of the lock that held.

    One child looks around: it reads a file it was given, which must work, and files it was not given, which must not:
    one beside it, as another student's would be, the system's, and the memory of its ancestors. Others try one forbidden
    system call each and must be ended by the kernel. Namespaces hold when the first child is in none of this process's.

    Args:
        open_self_test: starts a child that serves `grader.sandbox.selftest`, under the same lock as any other.
    """
    try:
        return _prove(open_self_test)
    except _Lost:
        with contextlib.suppress(_Lost):
            return _prove(open_self_test)
    return NO_PART


class _Lost(Exception):
    """The helper was ended by somebody while its children tried; that says nothing of the lock."""


def _prove(open_self_test: OpenSelfTest) -> LockPart:
    with tempfile.TemporaryDirectory(prefix="grader-self-test-") as folder:
        given, other, new = (Path(folder) / name for name in ("given", "other", "new"))
        given.write_text(secrets.token_hex())
        other.write_text(secrets.token_hex())
        ours = [f"/proc/{os.getpid()}/{name}" for name in ("environ", "mem")]
        request = {
            "given": str(given),
            "foreign": [str(other), f"{folder}/", *_SYSTEM_FILES, *ours],
            "new": str(new),
            "outside": namespaces(),
        }
        with open_self_test(_LIMITS, [given]) as child:
            holds = _look(child, request)
        is_ended = all(_is_ended(open_self_test, given, {**request, "attempt": each}) for each in FORBIDDEN)
        return holds | (LockPart.SYSTEM_CALLS if is_ended and not new.exists() else NO_PART)


def _look(child: LockedChild, request: Mapping[str, object]) -> LockPart:
    try:
        child.send_block(json.dumps({**request, "attempt": "look"}).encode())
        magic, parts = SEEN.unpack(child.receive(SEEN.size))
    except ChildFailed as failed:
        if failed.failure is ChildFailure.LOST:
            raise _Lost from failed
        return NO_PART
    return LockPart(parts) & (child.lock_parts | LockPart.NAMESPACES) if magic == SEEN_MAGIC else NO_PART


def _is_ended(open_self_test: OpenSelfTest, given: Path, request: Mapping[str, object]) -> bool:
    with open_self_test(_LIMITS, [given]) as child:
        try:
            child.send_block(json.dumps(request).encode())
            child.receive(len(ALIVE))
        except ChildFailed as failed:
            if failed.failure is ChildFailure.LOST:
                raise _Lost from failed
            return failed.failure is ChildFailure.FORBIDDEN
    return False
