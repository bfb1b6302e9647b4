"""A list of allowed system calls → a filter that the kernel applies to this process and its threads for good."""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterable

from grader.sandbox.syscalls import ALLOWED, CHECKED, FORBIDDEN, number

_SECCOMP = {"x86_64": 317, "aarch64": 277}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SET_MODE_FILTER, _GET_ACTION_AVAIL = 1, 2
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_X32_BIT = 0x40000000

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_INSTRUCTION = struct.Struct("<HBBI")
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in `struct seccomp_data`."""

_CREATING = 0x40 | 0x200 | 0x400 | 0x400000
"""O_CREAT, O_TRUNC, O_APPEND and the bit that makes O_TMPFILE; the same on both machines."""
_WRITING = 0b11
"""O_WRONLY and O_RDWR."""
_CLONE_THREAD = 0x10000
_CLONE_MORE_THAN_A_THREAD = 0x2000 | 0x4000 | 0x20000 | 0x2000000 | 0x4000000 | 0x7C000000
"""CLONE_PTRACE, CLONE_VFORK and every CLONE_NEW..."""
_FCNTL = (0, 1, 2, 3, 4, 5, 1030)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_DUPFD_CLOEXEC."""
_PRCTL = (2, 3, 15, 16, 39)
"""PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_NO_NEW_PRIVS."""
_ARCH_PRCTL = (0x1021, 0x1022, 0x1023)
"""Which processor state may be used, and AMX tiles, which oneDNN asks for."""

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, operand."""


def is_available() -> bool:
    """Whether this kernel takes filters and this machine's system calls are known."""
    call = _SECCOMP.get(platform.machine())
    if call is None or sys.platform != "linux":
        return False
    action = ctypes.c_uint32(_KILL_PROCESS)
    return bool(_libc().syscall(call, _GET_ACTION_AVAIL, 0, ctypes.byref(action)) == 0)


def restrict_system_calls() -> None:
    """Apply the filter to this process; it must have given up new privileges and have one thread.

    Raises:
        OSError: the kernel does not take it.
        KeyError: the system calls of this machine are not known.
    """
    machine = platform.machine()
    instructions = filter_program(machine, os.getpid())
    code = b"".join(_INSTRUCTION.pack(*each) for each in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(instructions), ctypes.addressof(buffer)))
    if _libc().syscall(_SECCOMP[machine], _SET_MODE_FILTER, 0, header) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def filter_program(machine: str, pid: int) -> list[Instruction]:
    """Return the filter for classic BPF.

    A call that is allowed goes through; one that is forbidden ends the process with SIGSYS, which its parent sees; one
    that is neither fails with ENOSYS, as on an older kernel, so that libraries fall back.

    Args:
        machine: "x86_64" or "aarch64".
        pid: the process that will run under the filter, which may send signals to its own threads only.

    Raises:
        KeyError: the machine is not known.
    """
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        _end(_KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_AT_LEAST, 0, 1, _X32_BIT),
        _end(_KILL_PROCESS),
    ]
    for name in ALLOWED:
        program += _case(number(name, machine), [_end(_ALLOW)])
    for name in CHECKED:
        program += _case(number(name, machine), _CHECKS[name](pid))
    for name in FORBIDDEN:
        program += _case(number(name, machine), [_end(_KILL_PROCESS)])
    return [*program, _fail(errno.ENOSYS)]


def _end(action: int) -> Instruction:
    return (_RETURN, 0, 0, action)


def _fail(error: int) -> Instruction:
    return _end(_ERRNO | error)


def _case(call: int | None, then: list[Instruction]) -> list[Instruction]:
    """Return `then`, which must end in every branch, for one call; the number is loaded before and after."""
    return [] if call is None else [(_JUMP_EQUAL, 0, len(then), call), *then]


def _argument(index: int, *, high: bool = False) -> Instruction:
    """Load one half of an argument; both machines are little-endian."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * index + (4 if high else 0))


def _reads_only(index: int) -> list[Instruction]:
    """Creating ends the process; writing is refused, because the C library opens its thread's name for writing."""
    return [
        _argument(index),
        (_JUMP_ANY_BIT, 0, 1, _CREATING),
        _end(_KILL_PROCESS),
        (_JUMP_ANY_BIT, 0, 1, _WRITING),
        _fail(errno.EACCES),
        _end(_ALLOW),
    ]


def _is_thread() -> list[Instruction]:
    return [
        _argument(0),
        (_JUMP_ANY_BIT, 2, 0, _CLONE_MORE_THAN_A_THREAD),
        (_JUMP_ANY_BIT, 0, 1, _CLONE_THREAD),
        _end(_ALLOW),
        _end(_KILL_PROCESS),
    ]


def _is_one_of(index: int, values: Iterable[int], otherwise: Instruction) -> list[Instruction]:
    tests = [step for value in values for step in ((_JUMP_EQUAL, 0, 1, value), _end(_ALLOW))]
    return [_argument(index), *tests, otherwise]


def _asks_own_limits(pid: int) -> list[Instruction]:
    return [
        _argument(0),
        (_JUMP_EQUAL, 1, 0, 0),
        (_JUMP_EQUAL, 0, 5, pid),
        _argument(2),
        (_JUMP_EQUAL, 0, 3, 0),
        _argument(2, high=True),
        (_JUMP_EQUAL, 0, 1, 0),
        _end(_ALLOW),
        _fail(errno.EPERM),
    ]


_CHECKS: dict[str, Callable[[int], list[Instruction]]] = {
    "open": lambda _: _reads_only(1),
    "openat": lambda _: _reads_only(2),
    "clone": lambda _: _is_thread(),
    "tgkill": lambda pid: _is_one_of(0, [pid], _end(_KILL_PROCESS)),
    "prlimit64": _asks_own_limits,
    "ioctl": lambda _: [_fail(errno.ENOTTY)],
    "fcntl": lambda _: _is_one_of(1, _FCNTL, _fail(errno.EINVAL)),
    "prctl": lambda _: _is_one_of(0, _PRCTL, _fail(errno.EINVAL)),
    "arch_prctl": lambda _: _is_one_of(0, _ARCH_PRCTL, _fail(errno.EINVAL)),
}


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
