"""The wire format of protocol buffers, read without knowing the message: numbers of fields and their bytes.

Source: protobuf.dev, "Encoding".
"""

from collections.abc import Iterator

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message in order: their number, and an integer or bytes.

    Raises:
        ValueError: it is not a message.
    """
    position = 0
    while position < len(message):
        tag, position = varint(message, position)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise ValueError("no field has the number 0")
        if kind == _VARINT:
            value, position = varint(message, position)
            yield number, value
            continue
        if kind == _BYTES:
            length, position = varint(message, position)
        elif kind in {_FIXED_64, _FIXED_32}:
            length = 8 if kind == _FIXED_64 else 4
        else:
            raise ValueError("a kind of field that is not used any more")
        if position + length > len(message):
            raise ValueError("the message ends within a field")
        yield number, message[position : position + length]
        position += length


def varint(message: bytes, position: int) -> tuple[int, int]:
    """Return the number that starts at `position`, and where it ends.

    Raises:
        ValueError: there is none.
    """
    value = 0
    for index in range(_LONGEST_VARINT):
        if position + index >= len(message):
            break
        byte = message[position + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, position + index + 1
    raise ValueError("no number")
