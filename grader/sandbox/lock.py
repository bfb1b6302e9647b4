"""What a child gives up before it touches a student's file. Standard library only, so that nothing is imported late."""

import contextlib
import ctypes
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag

from grader.sandbox import landlock, seccomp
from grader.sandbox.privileges import become_nobody

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_OPEN_FILES = 256
_THREADS = 8192
"""Of the whole user, its other processes included; TensorFlow has a dozen in a child."""

LIBRARY_PATHS = ("/dev/urandom", "/proc/self/cmdline", "/proc/cpuinfo", "/sys/devices/system/cpu")
"""What the libraries read while they work; TensorFlow ends the process where it cannot read its own command line."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a child may use."""

    wall_seconds: float
    """From its start to its last answer; the parent kills it then."""
    cpu_seconds: int
    """Processor time; the kernel kills it then, even if the parent is gone."""
    data_bytes: int
    """RLIMIT_DATA: heap and private mappings together."""


class LockPart(IntFlag):
    """Parts of the lock that are active in a child."""

    LIMITS = 1
    """Processor time, memory, no file growth, no core dump, few descriptors, bounded threads."""
    DESCRIPTORS = 2
    """Every inherited descriptor but the channel is closed; 0, 1 and 2 are /dev/null."""
    NO_NEW_PRIVILEGES = 4
    """Nothing it executes can gain rights."""
    DIES_WITH_PARENT = 8
    """The kernel kills it when its parent ends."""
    NOT_DUMPABLE = 16
    """Its memory cannot be read by other processes of the same user."""
    PATHS = 32
    """Landlock: it reads the files it was given and a few of the system's, and writes none."""
    SYSTEM_CALLS = 64
    """seccomp: no network, no other process, no new file."""
    ORDINARY_USER = 128
    """It is not root's, also when its parent is."""
    NAMESPACES = 256
    """Around the lock, where bubblewrap works: network, processes, hosts' names and shared memory are not the system's."""


WHOLE_LOCK = LockPart(255)
"""What other people's work needs; namespaces are beyond it."""
NO_PART = LockPart(0)


def available_parts() -> LockPart:
    """Return the parts that this system should be able to give, without trying them."""
    if sys.platform != "linux":
        return LockPart.LIMITS | LockPart.DESCRIPTORS | LockPart.ORDINARY_USER
    missing = NO_PART
    if landlock.version() == 0:
        missing |= LockPart.PATHS
    if not seccomp.is_available():
        missing |= LockPart.SYSTEM_CALLS
    return WHOLE_LOCK & ~missing


def lock(
    channel_descriptor: int,
    limits: Limits,
    parent_pid: int,
    readable: Sequence[str] = (),
    omitted: LockPart = NO_PART,
) -> LockPart:
    """Give up everything but the channel and some files, for good.

    Args:
        channel_descriptor: the one descriptor to keep.
        limits: what may be used.
        parent_pid: the process to die with.
        readable: files, and folders with everything below, that may be read.
        omitted: of PATHS, SYSTEM_CALLS and ORDINARY_USER those to leave out: to measure what they cost, and to see that
            their absence is noticed.

    Returns:
        The parts that are active. A part that this system cannot give is missing from them.

    Raises:
        OSError: a limit was refused; the child must end then.
    """
    _close_descriptors(channel_descriptor)
    rules = None
    if LockPart.PATHS not in omitted:
        with contextlib.suppress(OSError):
            rules = landlock.PathRules((*LIBRARY_PATHS, *readable))
    _set_limits(limits)
    active = LockPart.DESCRIPTORS | LockPart.LIMITS
    if LockPart.ORDINARY_USER not in omitted and become_nobody():
        active |= LockPart.ORDINARY_USER
    if die_with_parent(parent_pid):
        active |= LockPart.DIES_WITH_PARENT
    if _prctl(_PR_SET_DUMPABLE, 0):
        active |= LockPart.NOT_DUMPABLE
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1):
        active |= LockPart.NO_NEW_PRIVILEGES
    if rules is not None:
        with contextlib.suppress(OSError):
            rules.apply()
            active |= LockPart.PATHS
    if LockPart.SYSTEM_CALLS not in omitted:
        with contextlib.suppress(OSError, KeyError):
            seccomp.restrict_system_calls()
            active |= LockPart.SYSTEM_CALLS
    return active


def die_with_parent(parent_pid: int) -> bool:
    """Ask the kernel to kill this process when its parent ends, and end it now if that has happened already.

    A change of user takes the request back, so ask after it.

    Returns:
        Whether the kernel will.
    """
    will_die = _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if will_die and os.getppid() != parent_pid:
        os.kill(os.getpid(), signal.SIGKILL)
    return will_die


def _set_limits(limits: Limits) -> None:
    cpu_seconds = math.ceil(time.process_time()) + limits.cpu_seconds
    _, most_threads = resource.getrlimit(resource.RLIMIT_NPROC)
    threads = _THREADS if most_threads == resource.RLIM_INFINITY else min(_THREADS, most_threads)
    for which, soft, hard in (
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_DATA, limits.data_bytes, limits.data_bytes),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
        (resource.RLIMIT_NPROC, threads, threads),
    ):
        resource.setrlimit(which, (soft, hard))


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
