"""What a locked child finds when it tries the lock from inside; `grader.sandbox.proof` asks for it at every start."""

import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import stat
import struct
from pathlib import Path
from typing import Any

from grader.sandbox import channel as wire
from grader.sandbox.lock import NO_PART, LockPart

SEEN = struct.Struct("<4sI")
"""Answer to "look": `SEEN_MAGIC` and the `LockPart`s that hold, as far as a look can tell."""
SEEN_MAGIC = b"SEEN"
ALIVE = b"alive!!!"
"""Answer of a child that tried a forbidden system call and was not ended."""
FORBIDDEN = ("network", "create", "fork", "execute", "signal", "trace")
"""Attempts that the filter of system calls is to end."""

_PR_GET_PDEATHSIG, _PR_GET_DUMPABLE, _PR_GET_NO_NEW_PRIVS = 2, 3, 39
_NULL_DEVICE = os.makedev(1, 3)
_LOOK_AT_DESCRIPTORS = 256
_NAMESPACES = ("net", "pid", "ipc", "uts")


def serve(channel: socket.socket) -> None:
    """Try what the request names and say how it went; what is forbidden ends a locked child before it can answer."""
    request = json.loads(wire.receive_block(channel))
    if request["attempt"] == "look":
        wire.send(channel, SEEN.pack(SEEN_MAGIC, _look(channel, request)))
        return
    with contextlib.suppress(OSError):
        _attempt(request)
    wire.send(channel, ALIVE)


def _look(channel: socket.socket, request: dict[str, Any]) -> LockPart:
    own_user = os.getuid() != 0 and os.geteuid() != 0
    found = {
        LockPart.LIMITS: _limits_hold(),
        LockPart.DESCRIPTORS: _descriptors_are_closed(channel.fileno()),
        LockPart.NO_NEW_PRIVILEGES: _prctl(_PR_GET_NO_NEW_PRIVS) == 1,
        LockPart.DIES_WITH_PARENT: _parent_death_signal() == signal.SIGKILL,
        LockPart.NOT_DUMPABLE: _prctl(_PR_GET_DUMPABLE) == 0,
        LockPart.ORDINARY_USER: own_user,
        LockPart.PATHS: _reads(request["given"])
        and not _opens_to_write(request["given"])
        and not any(map(_reads, [*request["foreign"], *_memory_of_parent()])),
        LockPart.NAMESPACES: _is_elsewhere(request["outside"]),
    }
    holds = NO_PART
    for part, does in found.items():
        if does:
            holds |= part
    return holds


def namespaces() -> dict[str, int]:
    """Return the numbers of this process's namespaces, as far as bubblewrap changes them for everybody."""
    numbers = {}
    for name in _NAMESPACES:
        with contextlib.suppress(OSError):
            numbers[name] = Path(f"/proc/self/ns/{name}").stat().st_ino
    return numbers


def _is_elsewhere(outside: dict[str, int]) -> bool:
    here = namespaces()
    return all(name in here and name in outside and here[name] != outside[name] for name in _NAMESPACES)


def _memory_of_parent() -> list[str]:
    """Return its paths by the process id seen from here, which differs outside where there is a namespace."""
    return [f"/proc/{os.getppid()}/{name}" for name in ("environ", "mem")]


def _limits_hold() -> bool:
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
    except (OSError, ValueError):
        return all(
            resource.getrlimit(each) == (0, 0) for each in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)
        )
    return False


def _descriptors_are_closed(channel: int) -> bool:
    for number in range(_LOOK_AT_DESCRIPTORS):
        with contextlib.suppress(OSError):
            kind = os.fstat(number)
            is_null = stat.S_ISCHR(kind.st_mode) and kind.st_rdev == _NULL_DEVICE
            if number != channel and not is_null:
                return False
    return True


def _reads(path: str) -> bool:
    """Whether a file's first byte, or a folder's list, can be had."""
    try:
        if path.endswith(os.sep):
            return bool(os.listdir(path))  # noqa: PTH208  # one call, nothing else in the way
        with Path(path).open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def _opens_to_write(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError:
        return False
    return True


def _attempt(request: dict[str, Any]) -> None:
    libc = ctypes.CDLL(None)
    match request["attempt"]:
        case "network":
            socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
        case "create":
            os.close(os.open(request["new"], os.O_CREAT | os.O_WRONLY, 0o600))
        case "fork":
            if os.fork() == 0:
                os._exit(0)
        case "execute":
            os.execv("/bin/true", ["true"])  # noqa: S606
        case "signal":
            os.kill(os.getppid(), 0)
        case "trace":
            libc.ptrace(0, 0, 0, 0)


def _prctl(option: int) -> int:
    return int(ctypes.CDLL(None).prctl(option, 0, 0, 0, 0))


def _parent_death_signal() -> int:
    number = ctypes.c_int(0)
    ctypes.CDLL(None).prctl(_PR_GET_PDEATHSIG, ctypes.byref(number), 0, 0, 0)
    return number.value
