"""What a child gives up before it touches a student's file. Standard library only, so that nothing is imported late."""

import ctypes
import math
import os
import resource
import signal
import time
from dataclasses import dataclass
from enum import IntFlag

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_OPEN_FILES = 256


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a child may use."""

    wall_seconds: float
    """From its start to its last answer; the parent kills it then."""
    cpu_seconds: int
    """Processor time; the kernel kills it then, should the parent be gone."""
    data_bytes: int
    """RLIMIT_DATA: heap and private mappings together."""


class LockPart(IntFlag):
    """Parts of the lock that are active in a child."""

    LIMITS = 1
    """Processor time, memory, no file growth, no core dump, few descriptors."""
    DESCRIPTORS = 2
    """Every inherited descriptor but the channel is closed; 0, 1 and 2 are /dev/null."""
    NO_NEW_PRIVILEGES = 4
    """Nothing it executes can gain rights."""
    DIES_WITH_PARENT = 8
    """The kernel kills it when its parent ends."""
    NOT_DUMPABLE = 16
    """Its memory cannot be read by other processes of the same user."""


def lock(channel_descriptor: int, limits: Limits, parent_pid: int) -> LockPart:
    """Give up everything but the channel, for good.

    Args:
        channel_descriptor: the one descriptor to keep.
        limits: what may be used.
        parent_pid: the process to die with.

    Returns:
        The parts that are active.

    Raises:
        OSError: a limit was refused; the child must end then.
    """
    active = LockPart(0)
    _close_descriptors(channel_descriptor)
    active |= LockPart.DESCRIPTORS
    cpu_seconds = math.ceil(time.process_time()) + limits.cpu_seconds
    for which, soft, hard in (
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_DATA, limits.data_bytes, limits.data_bytes),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
    ):
        resource.setrlimit(which, (soft, hard))
    active |= LockPart.LIMITS
    if die_with_parent(parent_pid):
        active |= LockPart.DIES_WITH_PARENT
    if _prctl(_PR_SET_DUMPABLE, 0):
        active |= LockPart.NOT_DUMPABLE
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1):
        active |= LockPart.NO_NEW_PRIVILEGES
    return active


def die_with_parent(parent_pid: int) -> bool:
    """Ask the kernel to kill this process when its parent ends, and end it now if that has happened already.

    Returns:
        Whether the kernel will.
    """
    will_die = _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if will_die and os.getppid() != parent_pid:
        os.kill(os.getpid(), signal.SIGKILL)
    return will_die


def _prctl(option: int, value: int) -> bool:
    """Change a setting of this process; False where the system does not know it."""
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    return prctl is not None and bool(prctl(option, value, 0, 0, 0) == 0)


def _close_descriptors(keep: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))
