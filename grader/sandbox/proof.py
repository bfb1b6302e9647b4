"""Children that try the lock → the parts of it that were seen to hold; and the refusal where one is missing."""

import json
import os
import platform
import secrets
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.errors import GraderError
from grader.sandbox.child import ChildFailed, ChildFailure, LockedChild
from grader.sandbox.lock import NO_PART, Limits, LockPart
from grader.sandbox.selftest import ALIVE, FORBIDDEN, SEEN, SEEN_MAGIC

_LIMITS = Limits(wall_seconds=60, cpu_seconds=10, data_bytes=3 << 30)
_SYSTEM_FILES = ("/", "/etc/passwd", "/proc/self/maps", "/proc/self/environ")
_NAMES = {
    LockPart.PATHS: "Landlock",
    LockPart.SYSTEM_CALLS: "seccomp",
    LockPart.ORDINARY_USER: "ordinary user",
    LockPart.LIMITS: "limits",
    LockPart.DESCRIPTORS: "closed descriptors",
    LockPart.NO_NEW_PRIVILEGES: "no new privileges",
    LockPart.DIES_WITH_PARENT: "dies with its parent",
    LockPart.NOT_DUMPABLE: "unreadable memory",
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


def prove(open_self_test: OpenSelfTest) -> LockPart:
    """Let locked children try to get out, and return the parts of the lock that held.

    One child looks around: it reads a file it was given, which must work, and files it was not given, which must not:
    one beside it, as another student's would be, the system's, and the memory of its ancestors. Others try one forbidden
    system call each and must be ended by the kernel.

    Args:
        open_self_test: starts a child that serves `grader.sandbox.selftest`, under the same lock as any other.
    """
    with tempfile.TemporaryDirectory(prefix="grader-self-test-") as folder:
        given, other, new = (Path(folder) / name for name in ("given", "other", "new"))
        given.write_text(secrets.token_hex())
        other.write_text(secrets.token_hex())
        ours = [f"/proc/{os.getpid()}/{name}" for name in ("environ", "mem")]
        request = {"given": str(given), "foreign": [str(other), f"{folder}/", *_SYSTEM_FILES, *ours], "new": str(new)}
        with open_self_test(_LIMITS, [given]) as child:
            holds = _look(child, request)
        is_ended = all([_is_ended(open_self_test, given, {**request, "attempt": each}) for each in FORBIDDEN])
        return holds | (LockPart.SYSTEM_CALLS if is_ended and not new.exists() else NO_PART)


def _look(child: LockedChild, request: dict[str, object]) -> LockPart:
    try:
        child.send_block(json.dumps({**request, "attempt": "look"}).encode())
        magic, parts = SEEN.unpack(child.receive(SEEN.size))
    except ChildFailed:
        return NO_PART
    return LockPart(parts) & child.lock_parts if magic == SEEN_MAGIC else NO_PART


def _is_ended(open_self_test: OpenSelfTest, given: Path, request: dict[str, object]) -> bool:
    with open_self_test(_LIMITS, [given]) as child:
        try:
            child.send_block(json.dumps(request).encode())
            child.receive(len(ALIVE))
        except ChildFailed as failed:
            return failed.failure is ChildFailure.FORBIDDEN
    return False
