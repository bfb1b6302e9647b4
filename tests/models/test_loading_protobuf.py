"""The wire format of protocol buffers, against bytes written by hand from its specification."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.models.loading.protobuf import fields
from tests.loops import every


def test_fields_when_a_message_has_each_kind_then_all_are_read() -> None:
    message = b"\x08\x96\x01" + b"\x12\x02hi" + b"\x1d\x01\x02\x03\x04" + b"\x21" + bytes(8)
    assert list(fields(message)) == [(1, 150), (2, b"hi"), (3, b"\x01\x02\x03\x04"), (4, bytes(8))]


@every("message", [b"\x08", b"\x12\x05hi", b"\x00\x01", b"\x0b", b"\x08" + b"\xff" * 11])
def test_fields_when_a_message_is_broken_then_it_says_so(message: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        list(fields(message))


@given(noise=st.binary(max_size=300))
def test_fields_when_given_noise_then_ends_or_says_so(noise: bytes) -> None:
    try:
        found = list(fields(noise))
    except ValueError:
        return
    assert sum(len(value) for _, value in found if isinstance(value, bytes)) <= len(noise)
