"""The parent's side: start zygotes, ask them for locked children, and end what takes too long."""

import contextlib
import itertools
import json
import math
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from grader.errors import GraderError
from grader.sandbox import channel as wire
from grader.sandbox.lock import Limits, LockPart
from grader.sandbox.zygote import HELLO, HELLO_MAGIC, MAX_CONTROL_BYTES

_START_SECONDS = 120.0
_HELLO_SECONDS = 10.0
_EXIT_SECONDS = 5.0
_GONE: Mapping[str, int | str] = {"event": "gone"}
_PASSED_ON = ("LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "SYSTEMROOT")


class ChildFailure(StrEnum):
    """How a child ended before it had answered."""

    TIMEOUT = "timeout"
    """It used up its wall-clock or processor time."""
    KILLED = "killed"
    """Somebody else killed it: the kernel for want of memory, or a person."""
    CRASHED = "crashed"
    """It ended by a signal of its own making, or without an answer."""
    BAD_ANSWER = "bad_answer"
    """It answered something that was not agreed."""
    LOST = "lost"
    """The helper it came from ended, and it with it: not the work's fault, so try again."""


class ChildFailed(Exception):
    """A locked child did not answer; what it was working on is to blame, not the run."""

    def __init__(self, failure: ChildFailure, detail: str = "") -> None:
        super().__init__(failure, detail)
        self.failure = failure
        """How it ended."""
        self.detail = detail
        """Name of the signal, or "" ; never text from the child."""


class _CannotFork(Exception):
    """The zygote could not give a child; a fresh process may."""


class Spawner(Protocol):
    """Whatever can start a locked child."""

    def open(self, limits: Limits) -> "LockedChild":
        """Start a child that has locked itself and waits for its request."""
        ...


class LockedChild:
    """One child and the channel to it; use it as a context manager, it is gone at the end."""

    def __init__(self, channel: socket.socket, process: "_Process", limits: Limits) -> None:
        self._channel = channel
        self._process = process
        self._wall_seconds = limits.wall_seconds
        self._deadline = math.inf
        self.lock_parts = LockPart(0)
        """What is locked, as the child said before it saw any file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self._process.kill()
        with contextlib.suppress(TimeoutError):
            self._process.wait(_EXIT_SECONDS)

    def send_block(self, data: bytes) -> None:
        """Send a request with its length."""
        with self._watched():
            wire.send_block(self._channel, data)

    def send(self, data: bytes | memoryview) -> None:
        """Send bytes whose length the child knows."""
        with self._watched():
            wire.send(self._channel, data)

    def receive(self, length: int) -> bytes:
        """Receive exactly `length` bytes.

        Raises:
            ChildFailed: it ended, or its time did, before they had come.
        """
        with self._watched():
            return wire.receive(self._channel, length, deadline=self._deadline)

    def expect_hello(self, seconds: float) -> None:
        """Wait until the child has locked itself.

        Raises:
            _CannotFork: it did not within `seconds`; nothing of a student's had been touched.
        """
        self._channel.settimeout(seconds)
        try:
            magic, parts = HELLO.unpack(wire.receive(self._channel, HELLO.size))
        except (TimeoutError, wire.ChannelClosed, OSError) as error:
            raise _CannotFork from error
        if magic != HELLO_MAGIC:
            raise _CannotFork
        self.lock_parts = LockPart(parts)
        self._deadline = time.monotonic() + self._wall_seconds

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        remaining = self._deadline - time.monotonic()
        try:
            if remaining <= 0:
                raise TimeoutError
            self._channel.settimeout(remaining)
            yield
        except TimeoutError as error:
            self._process.kill()
            raise ChildFailed(ChildFailure.TIMEOUT) from error
        except (wire.ChannelClosed, OSError) as error:
            raise self._failure() from error

    def _failure(self) -> ChildFailed:
        """Say how the child ended that has closed its channel; one that lives on is ended, and has crashed."""
        try:
            return _failure_of(self._process.wait(_EXIT_SECONDS))
        except TimeoutError:
            self._process.kill()
            return ChildFailed(ChildFailure.CRASHED)


def _failure_of(status: int | None) -> ChildFailed:
    """Say how a child ended, from its wait status."""
    if status is None:
        return ChildFailed(ChildFailure.LOST)
    if not os.WIFSIGNALED(status):
        return ChildFailed(ChildFailure.CRASHED)
    number = os.WTERMSIG(status)
    name = signal.Signals(number).name
    if number == signal.SIGXCPU:
        return ChildFailed(ChildFailure.TIMEOUT, name)
    return ChildFailed(ChildFailure.KILLED if number == signal.SIGKILL else ChildFailure.CRASHED, name)


class _Process(Protocol):
    def kill(self) -> None: ...

    def wait(self, seconds: float) -> int | None:
        """Return the wait status, or None when the helper that knows it has ended.

        Raises:
            TimeoutError: the child still runs after `seconds`.
        """
        ...


class _FreshProcess:
    """A child with a process, and an import of its own: slow, and possible where forking is not."""

    def __init__(self, popen: "subprocess.Popen[bytes]") -> None:
        self._popen = popen

    def kill(self) -> None:
        self._popen.kill()

    def wait(self, seconds: float) -> int | None:
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error
        return -code if code < 0 else code << 8


class _Job:
    """A child of the zygote."""

    def __init__(self, zygote: "Zygote", number: int) -> None:
        self._zygote = zygote
        self._number = number
        self._status: int | None = None
        self._is_over = False
        self.events: queue.SimpleQueue[Mapping[str, int | str]] = queue.SimpleQueue()

    def next_event(self, seconds: float) -> str:
        """Return what the zygote says next of this child: "forked", "refused", "exited", or "gone" when it ended itself.

        Raises:
            TimeoutError: it says nothing within `seconds`.
        """
        try:
            event = self.events.get(timeout=seconds)
        except queue.Empty as error:
            raise TimeoutError from error
        if event["event"] == "exited":
            self._status = int(event["status"])
        self._is_over = event["event"] != "forked"
        return str(event["event"])

    def kill(self) -> None:
        if not self._is_over:
            self._zygote.order({"order": "kill", "job": self._number})

    def wait(self, seconds: float) -> int | None:
        deadline = time.monotonic() + seconds
        while not self._is_over:
            self.next_event(max(0, deadline - time.monotonic()))
        self._zygote.forget(self._number)
        return self._status


class Zygote:
    """A helper process that forks locked children; start it before any class data is read."""

    def __init__(self, module: str) -> None:
        """Start importing `module` in the background; nothing waits until the first child is asked for."""
        self._module = module
        self._folder = tempfile.TemporaryDirectory(prefix="grader-")
        self._errors = Path(self._folder.name) / "errors"
        self._numbers = itertools.count()
        self._jobs: dict[int, _Job] = {}
        self._ready = threading.Event()
        self._order_lock = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._popen = self._start(theirs.fileno())
        self._alive = True
        self._listener = threading.Thread(target=self._listen, name=f"listen {module}", daemon=True)
        self._listener.start()

    def _start(self, descriptor: int, *more: str) -> "subprocess.Popen[bytes]":
        empty = Path(self._folder.name) / "empty"
        empty.mkdir(exist_ok=True)
        with self._errors.open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-I", "-m", "grader.sandbox.zygote", self._module, str(descriptor), *more],
                env=scrubbed_environment(empty),
                cwd=empty,
                pass_fds=(descriptor,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._popen.kill()
        self._popen.wait()
        self._listener.join(_EXIT_SECONDS)
        self._control.close()
        self._folder.cleanup()

    def open(self, limits: Limits) -> LockedChild:
        """Start a locked child: forked when the zygote can, otherwise as a fresh process.

        Raises:
            GraderError: `worker-not-started`: neither way works; the installation is broken.
        """
        try:
            return self._open_forked(limits)
        except _CannotFork:
            pass
        try:
            return self._open_fresh(limits)
        except _CannotFork as error:
            raise GraderError("worker-not-started", module=self._module, detail=self._last_error()) from error

    def _open_forked(self, limits: Limits) -> LockedChild:
        if not self._ready.wait(_START_SECONDS) or not self._alive:
            raise _CannotFork
        ours, theirs = socket.socketpair()
        number, job = self._new_job()
        child = LockedChild(ours, job, limits)
        with theirs:
            order: dict[str, int | str] = {
                "order": "fork",
                "job": number,
                "cpu_seconds": limits.cpu_seconds,
                "data_bytes": limits.data_bytes,
            }
            self.order(order, theirs.fileno())
        try:
            if job.next_event(_HELLO_SECONDS) != "forked":
                raise _CannotFork
            child.expect_hello(_HELLO_SECONDS)
        except (TimeoutError, _CannotFork) as error:
            child.__exit__(None, None, None)
            raise _CannotFork from error
        return child

    def _new_job(self) -> tuple[int, _Job]:
        """Return a job that hears of the zygote's end, even when that came just now."""
        number = next(self._numbers)
        job = self._jobs[number] = _Job(self, number)
        if not self._alive:
            job.events.put(_GONE)
        return number, job

    def _open_fresh(self, limits: Limits) -> LockedChild:
        ours, theirs = socket.socketpair()
        with theirs:
            popen = self._start(theirs.fileno(), "--once", str(limits.cpu_seconds), str(limits.data_bytes))
        child = LockedChild(ours, _FreshProcess(popen), limits)
        try:
            child.expect_hello(_START_SECONDS)
        except _CannotFork:
            child.__exit__(None, None, None)
            raise
        return child

    @property
    def pid(self) -> int:
        """Process id of the zygote."""
        return self._popen.pid

    def forget(self, number: int) -> None:
        """Drop what is known of a job whose child has ended."""
        self._jobs.pop(number, None)

    def order(self, order: Mapping[str, int | str], *descriptors: int) -> None:
        """Send an order to the zygote; it is not an error when it is gone."""
        with self._order_lock, contextlib.suppress(OSError):
            socket.send_fds(self._control, [json.dumps(order).encode()], descriptors)

    def _listen(self) -> None:
        while True:
            try:
                message = self._control.recv(MAX_CONTROL_BYTES)
            except OSError:
                message = b""
            if not message:
                break
            event = json.loads(message)
            if event["event"] == "ready":
                self._ready.set()
            else:
                job = self._jobs.get(event["job"])
                if job is not None:
                    job.events.put(event)
        self._alive = False
        self._ready.set()
        for job in list(self._jobs.values()):
            job.events.put(_GONE)

    def _last_error(self) -> str:
        lines = self._errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "-"


def scrubbed_environment(empty: Path) -> dict[str, str]:
    """Return the whole environment of a helper process: nothing of the user's but what processors need."""
    fixed = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(empty),
        "TMPDIR": str(empty),
        "LANG": "C.UTF-8",
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(empty),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return fixed | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
