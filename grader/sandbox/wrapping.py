"""bubblewrap, where it works → the command that puts a helper into namespaces of its own, home folders out of sight.

Around the lock, never instead of it: nothing is refused where bubblewrap is missing.
"""

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TRIAL_SECONDS = 5.0
_EXIT_SECONDS = 2.0
_TRIAL = "import grader.sandbox"
_HIDDEN = ("/home", "/root", "/run", "/mnt", "/media")
"""Where people keep their files and services their sockets. What a helper needs below them stays in sight."""
_NAMESPACES = (
    "--unshare-net",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
)
"""An ordinary user gets a user namespace as well, without being asked; root must not, to become nobody later."""
_SIGNALLED = 128
"""bubblewrap ends with this and the number of the signal when its program ended by one."""


@dataclass(frozen=True, kw_only=True)
class Wrapping:
    """Whether bubblewrap works on this system, and how it is called."""

    command: tuple[str, ...] = ()
    """What the command line of a helper begins with, more options may follow; empty where bubblewrap does not work."""
    program: str = ""
    """Path of bubblewrap; "" where it is not installed."""
    problem: str = ""
    """Why it does not work, in its own words."""


@functools.cache
def wrapping() -> Wrapping:
    """Find out, once per process, whether this interpreter starts in bubblewrap and finds this package there."""
    program = shutil.which("bwrap")
    if program is None:
        return Wrapping()
    try:
        command = _command(program)
        problem = _tried(command)
    except OSError as error:
        return Wrapping(program=program, problem=str(error))
    return Wrapping(command=() if problem else command, program=program, problem=problem)


def _command(program: str) -> tuple[str, ...]:
    """Everything read-only, nothing of the user's that is not needed.

    No `--new-session`: whoever starts this gives it a session of its own, and can end all of that at once.
    """
    needed = set(_needed())
    hidden = [
        folder
        for folder in dict.fromkeys(Path(each).resolve() for each in _HIDDEN)
        if folder.is_dir() and not any(folder.is_relative_to(path) for path in needed)
    ]
    arguments = ["--die-with-parent", *_NAMESPACES, "--ro-bind", "/", "/"]
    for folder in hidden:
        arguments += ["--tmpfs", str(folder)]
    for path in sorted(needed):
        if any(path.is_relative_to(folder) for folder in hidden) and needed.isdisjoint(path.parents):
            arguments += ["--ro-bind", str(path), str(path)]
    arguments += ["--dev", "/dev", "--proc", "/proc"]
    for folder in (*hidden, Path("/dev")):
        arguments += ["--remount-ro", str(folder)]
    return (program, *arguments)


def _needed() -> Iterable[Path]:
    """The interpreter, its libraries, this package with what lies beside it, and the copies of submissions."""
    here = Path.cwd()
    libraries = [*sys.path, *os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)]
    prefixes = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    yield from _as_named_and_as_found(Path(__file__).parents[2])
    for each in (*prefixes, str(Path(sys.executable).parent), tempfile.gettempdir(), *libraries):
        if each and Path(each).is_absolute() and Path(each) != here:
            yield from _as_named_and_as_found(Path(each))


def _as_named_and_as_found(path: Path) -> Iterable[Path]:
    if path.exists():
        yield path.resolve()
        if ".." not in path.parts:
            yield path


def _tried(command: tuple[str, ...]) -> str:
    """Return what goes wrong when the interpreter is started in it; "" when nothing does.

    It is the first process in there, so that bubblewrap waits for it and not for a process of its own, whose end it
    leaves to the system.
    """
    with subprocess.Popen(
        [*command, "--as-pid-1", sys.executable, "-I", "-c", _TRIAL],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as started:
        try:
            _, said = started.communicate(timeout=_TRIAL_SECONDS)
        except subprocess.TimeoutExpired:
            end_session(started, is_wrapped=True)
            return f"> {_TRIAL_SECONDS:g} s"
    if started.returncode == 0:
        return ""
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else str(started.returncode)


def end_session(popen: "subprocess.Popen[bytes]", *, is_wrapped: bool) -> None:
    """Kill a process that leads a session, and everything in that session.

    What bubblewrap started is killed first: then it ends by itself and leaves no process behind.
    """
    if popen.poll() is not None:
        return
    inside = _children(popen.pid) if is_wrapped else []
    for pid in inside:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    if inside:
        with contextlib.suppress(subprocess.TimeoutExpired):
            popen.wait(_EXIT_SECONDS)
    if popen.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(popen.pid, signal.SIGKILL)
        popen.kill()


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def wait_status(code: int, *, is_wrapped: bool) -> int:
    """Return the wait status of a program from the return code of its `Popen`, also when bubblewrap passed it on."""
    if code < 0:
        return -code
    if is_wrapped and code > _SIGNALLED:
        return code - _SIGNALLED
    return code << 8
