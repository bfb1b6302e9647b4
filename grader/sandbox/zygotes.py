"""The parent's side: start zygotes, ask them for locked children, and give none before the lock was seen to hold."""

import contextlib
import itertools
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from grader.errors import GraderError
from grader.sandbox.child import CannotStart, ChildFailed, ChildFailure, LockedChild
from grader.sandbox.lock import NO_PART, WHOLE_LOCK, Limits, LockPart, available_parts
from grader.sandbox.proof import prove, require
from grader.sandbox.wrapping import end_session, wait_status, wrapping
from grader.sandbox.zygote import MAX_CONTROL_BYTES, Order, Task

__all__ = ["ChildFailed", "ChildFailure", "LockedChild", "Spawner", "Zygote", "scrubbed_environment"]

_START_SECONDS = 120.0
_HELLO_SECONDS = 10.0
_EXIT_SECONDS = 5.0
_GONE: Mapping[str, int | str] = {"event": "gone"}
_PASSED_ON = ("LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "SYSTEMROOT")


class Spawner(Protocol):
    """Whatever can start a locked child."""

    def open(self, limits: Limits, readable: Sequence[str | Path] = ()) -> LockedChild:
        """Start a child that has locked itself and waits for its request.

        Args:
            limits: what it may use.
            readable: files, and folders with everything below, that it may read; nothing else.
        """
        ...


class _FreshProcess:
    """A child with a process, and an import of its own: slow, and possible where forking is not."""

    def __init__(self, popen: "subprocess.Popen[bytes]", *, is_wrapped: bool) -> None:
        self._popen = popen
        self._is_wrapped = is_wrapped

    def kill(self) -> None:
        end_session(self._popen, is_wrapped=self._is_wrapped)

    def wait(self, seconds: float) -> int | None:
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error
        return wait_status(code, is_wrapped=self._is_wrapped)


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

    def __init__(self, module: str, *, needed: LockPart = WHOLE_LOCK, omitted: LockPart = NO_PART) -> None:
        """Start importing `module` in the background; nothing waits until the first child is asked for.

        Args:
            module: what the children do.
            needed: parts of the lock without which no child is given.
            omitted: parts to leave out, as `grader.sandbox.lock.lock` takes them.
        """
        self._module = module
        self._needed = needed
        self._omitted = omitted
        self._proof: LockPart | None = None
        self._proof_lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="grader-")
        self._errors = Path(self._folder.name) / "errors"
        self._numbers = itertools.count()
        self._jobs: dict[int, _Job] = {}
        self._order_lock = threading.Lock()
        self._begin(self._find_wrapping())

    def _begin(self, wrapped_in: tuple[str, ...]) -> None:
        self._wrapping = wrapped_in
        self._ready = threading.Event()
        self._threads = 0
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._popen = self._start(theirs.fileno())
        self._alive = True
        self._listener = threading.Thread(target=self._listen, name=f"listen {self._module}", daemon=True)
        self._listener.start()

    def _end(self) -> None:
        end_session(self._popen, is_wrapped=bool(self._wrapping))
        self._popen.wait()
        self._listener.join(_EXIT_SECONDS)
        self._control.close()

    def _find_wrapping(self) -> tuple[str, ...]:
        return wrapping().command

    def _program(self) -> list[str]:
        return [sys.executable, "-I", "-m", "grader.sandbox.zygote"]

    def _start(self, descriptor: int, *more: str) -> "subprocess.Popen[bytes]":
        empty = Path(self._folder.name) / "empty"
        empty.mkdir(exist_ok=True)
        own_folder = ("--tmpfs", str(empty)) if self._wrapping else ()
        with self._errors.open("wb") as errors:
            return subprocess.Popen(
                [*self._wrapping, *own_folder, *self._program(), self._module, str(descriptor), *more],
                env=scrubbed_environment(empty),
                cwd=empty,
                pass_fds=(descriptor,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._folder.cleanup()

    def prove(self) -> LockPart:
        """Return the parts of the lock that were seen to hold in children of this zygote; it is tried once.

        Raises:
            GraderError: `worker-not-started`: the installation is broken.
        """
        with self._proof_lock:
            if self._proof is None:
                self._proof = self._prove()
            return self._proof

    def _prove(self) -> LockPart:
        """Prove the lock, and begin again without namespaces where they cost a part of it, or the start."""
        if self._wrapping:
            with contextlib.suppress(GraderError):
                has_started = self._ready.wait(_START_SECONDS) and self._threads > 0
                found = prove(self._open_self_test) if has_started else NO_PART
                if not available_parts() & ~self._omitted & ~found:
                    return found
            self._end()
            self._begin(())
        return prove(self._open_self_test)

    def _open_self_test(self, limits: Limits, readable: Sequence[str | Path]) -> LockedChild:
        return self._open(Task.SELF_TEST, limits, readable)

    @property
    def proven(self) -> LockPart | None:
        """What `prove` found; None while nobody has needed to know."""
        return self._proof

    def open(self, limits: Limits, readable: Sequence[str | Path] = ()) -> LockedChild:
        """Start a locked child: forked when the zygote can, otherwise as a fresh process.

        Raises:
            GraderError: `sandbox-incomplete`: a needed part of the lock does not hold. `worker-not-started`: neither way
                works; the installation is broken.
        """
        require(self.prove(), self._needed)
        return self._open(Task.JOB, limits, readable)

    def _open(self, task: Task, limits: Limits, readable: Sequence[str | Path]) -> LockedChild:
        order = Order(task=task, limits=limits, omitted=self._omitted)
        paths = [str(Path(path).absolute()) for path in readable]
        try:
            return self._open_forked(order, paths)
        except CannotStart:
            pass
        try:
            return self._open_fresh(order, paths)
        except CannotStart as error:
            raise GraderError("worker-not-started", module=self._module, detail=self._last_error()) from error

    def _open_forked(self, order: Order, readable: Sequence[str]) -> LockedChild:
        if not self._ready.wait(_START_SECONDS) or not self._alive:
            raise CannotStart
        ours, theirs = socket.socketpair()
        number, job = self._new_job()
        child = LockedChild(ours, job, order.limits)
        with theirs:
            self.order({"order": "fork", "job": number, **order.pack()}, theirs.fileno())
        try:
            if job.next_event(_HELLO_SECONDS) != "forked":
                raise CannotStart
            child.let_it_lock(readable, _HELLO_SECONDS)
        except (TimeoutError, CannotStart) as error:
            child.__exit__(None, None, None)
            raise CannotStart from error
        return child

    def _new_job(self) -> tuple[int, _Job]:
        """Return a job that is told when the zygote ends, even if it has ended just now."""
        number = next(self._numbers)
        job = self._jobs[number] = _Job(self, number)
        if not self._alive:
            job.events.put(_GONE)
        return number, job

    def _open_fresh(self, order: Order, readable: Sequence[str]) -> LockedChild:
        ours, theirs = socket.socketpair()
        with theirs:
            popen = self._start(theirs.fileno(), json.dumps(order.pack()))
        process = _FreshProcess(popen, is_wrapped=bool(self._wrapping))
        child = LockedChild(ours, process, order.limits)
        try:
            child.let_it_lock(readable, _START_SECONDS)
        except CannotStart:
            child.__exit__(None, None, None)
            raise
        return child

    @property
    def is_forking(self) -> bool:
        """Whether its children are forked, which is fast; otherwise each is a process with an import of its own."""
        return self._ready.is_set() and self._alive and self._threads == 1

    @property
    def pid(self) -> int:
        """Process id of the zygote, or of bubblewrap around it."""
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
                self._threads = event["threads"]
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
        "ORT_DISABLE_TELEMETRY": "1",
    }
    return fixed | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
