"""One locked child as its parent sees it: bytes there and back, in time, and how it ended."""

import contextlib
import json
import math
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from grader.sandbox import channel as wire
from grader.sandbox.lock import Limits, LockPart
from grader.sandbox.zygote import HELLO, HELLO_MAGIC

_EXIT_SECONDS = 5.0


class ChildFailure(StrEnum):
    """How a child ended before it had answered."""

    TIMEOUT = "timeout"
    """It used up its wall-clock or processor time."""
    KILLED = "killed"
    """Somebody else killed it: the kernel for want of memory, or a person."""
    FORBIDDEN = "forbidden"
    """The kernel ended it because it tried what no model and no picture needs: a network, a process, a new file."""
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


class CannotStart(Exception):
    """There is no child: it could not be made, or it did not lock itself."""


class LockedChild:
    """One child and the channel to it; use it as a context manager, it is gone at the end."""

    def __init__(self, channel: socket.socket, process: "Process", limits: Limits) -> None:
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

    def let_it_lock(self, readable: Sequence[str], seconds: float) -> None:
        """Say which files the child may read, and wait until it has locked itself.

        Args:
            readable: absolute paths of files, and of folders with everything below.
            seconds: how long that may take.

        Raises:
            CannotStart: it took longer, or it ended; nothing of a student's had been touched.
        """
        self._channel.settimeout(seconds)
        try:
            wire.send_block(self._channel, json.dumps(readable).encode())
            magic, parts = HELLO.unpack(wire.receive(self._channel, HELLO.size))
        except (TimeoutError, wire.ChannelClosed, OSError) as error:
            raise CannotStart from error
        if magic != HELLO_MAGIC:
            raise CannotStart
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
        """Say how a child ended that has closed its channel; one that still lives is killed and counts as crashed."""
        try:
            return _failure_of(self._process.wait(_EXIT_SECONDS))
        except TimeoutError:
            self._process.kill()
            return ChildFailed(ChildFailure.CRASHED)


_BY_SIGNAL = {
    signal.SIGXCPU: ChildFailure.TIMEOUT,
    signal.SIGKILL: ChildFailure.KILLED,
    signal.SIGSYS: ChildFailure.FORBIDDEN,
}


def _failure_of(status: int | None) -> ChildFailed:
    """Say how a child ended, from its wait status."""
    if status is None:
        return ChildFailed(ChildFailure.LOST)
    if not os.WIFSIGNALED(status):
        return ChildFailed(ChildFailure.CRASHED)
    number = os.WTERMSIG(status)
    known = signal.Signals(number)
    return ChildFailed(_BY_SIGNAL.get(known, ChildFailure.CRASHED), known.name)


class Process(Protocol):
    """How to end a child and to learn how it ended."""

    def kill(self) -> None:
        """End it; nothing happens when it has ended."""
        ...

    def wait(self, seconds: float) -> int | None:
        """Return the wait status, or None when the helper that knows it has ended.

        Raises:
            TimeoutError: the child still runs after `seconds`.
        """
        ...
