"""Bytes of agreed length between a parent and a child. Never pickle, never text from a child."""

import math
import socket
import struct
import time

_LENGTH = struct.Struct("<I")
MAX_REQUEST_BYTES = 1 << 20
"""Longest request a child accepts; image batches travel after it with a length of their own."""


class ChannelClosed(Exception):
    """The other side ended before the agreed number of bytes arrived."""


def send(channel: socket.socket, data: bytes | bytearray | memoryview) -> None:
    """Send `data` as it is; the other side knows its length."""
    channel.sendall(data)


def receive(channel: socket.socket, length: int, *, deadline: float = math.inf) -> bytes:
    """Receive exactly `length` bytes.

    Args:
        channel: where they come from.
        length: how many.
        deadline: when all of them have to be there, on the clock of `time.monotonic`; the time limit of a socket
            would begin anew with every piece.

    Raises:
        ChannelClosed: the other side ended first.
        TimeoutError: the deadline passed.
    """
    buffer = bytearray(length)
    view = memoryview(buffer)
    filled = 0
    while filled < length:
        if deadline < math.inf:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            channel.settimeout(remaining)
        got = channel.recv_into(view[filled:])
        if got == 0:
            raise ChannelClosed
        filled += got
    return bytes(buffer)


def send_block(channel: socket.socket, data: bytes) -> None:
    """Send the length of `data` and `data`; only a parent does, its children answer in agreed lengths."""
    channel.sendall(_LENGTH.pack(len(data)) + data)


def receive_block(channel: socket.socket) -> bytes:
    """Receive what `send_block` sent.

    Raises:
        ChannelClosed: the other side ended first, or announced more than `MAX_REQUEST_BYTES`.
    """
    (length,) = _LENGTH.unpack(receive(channel, _LENGTH.size))
    if length > MAX_REQUEST_BYTES:
        raise ChannelClosed
    return receive(channel, length)
