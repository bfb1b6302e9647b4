"""A job that misbehaves on demand, so that a run can see for itself that its children are locked."""

import os
import socket
import tempfile
import time
from pathlib import Path

from grader.sandbox import channel as wire

SURVIVED = b"survived"
"""Answer of a child that did what it was asked to and was not stopped."""
STOPPED = b"stopped!"
"""Answer of a child whose attempt was refused."""


def serve(channel: socket.socket) -> None:
    """Try what the request names and say how it went; a locked child may not live to do so."""
    attempt = wire.receive_block(channel).decode("ascii")
    if attempt in _ON_THE_CHANNEL:
        _ON_THE_CHANNEL[attempt](channel)
        return
    try:
        _ATTEMPTS[attempt]()
    except (OSError, MemoryError):
        wire.send(channel, STOPPED)
    else:
        wire.send(channel, SURVIVED)


def _nothing() -> None:
    pass


def _loop() -> None:
    while True:
        pass


def _abort() -> None:
    os.abort()


def _end_silently() -> None:
    os._exit(0)


def _allocate() -> None:
    bytearray(8 << 30)


def _write() -> None:
    path = Path(tempfile.gettempdir()) / "written-by-a-child"
    path.write_bytes(b"x" * 1_000_000)


def _use_parent_descriptors() -> None:
    """Read from every low descriptor; all but the channel and /dev/null are to be closed."""
    found = [number for number in range(3, 256) if _is_open(number)]
    if len(found) > 1:
        return
    raise OSError


def _dribble(channel: socket.socket) -> None:
    """Answer so slowly that every single byte is in time and the whole is not."""
    for number in range(len(SURVIVED)):
        time.sleep(0.5)
        wire.send(channel, SURVIVED[number : number + 1])


def _hang_up(channel: socket.socket) -> None:
    """Close the channel and live on."""
    channel.shutdown(socket.SHUT_RDWR)
    time.sleep(60)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


_ATTEMPTS = {
    "nothing": _nothing,
    "loop": _loop,
    "abort": _abort,
    "end": _end_silently,
    "allocate": _allocate,
    "write": _write,
    "descriptors": _use_parent_descriptors,
}
_ON_THE_CHANNEL = {"dribble": _dribble, "hang up": _hang_up}
