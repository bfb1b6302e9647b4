import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.images.codes import QUALITY_NAMES, PictureFlag, PictureFormat, PictureStatus, PixelMode
from grader.images.record import PictureRecord, RecordError, pack_record, parse_record, record_bytes
from tests.digits import MNIST
from tests.loops import every


def sample() -> PictureRecord:
    rng = np.random.default_rng(0)
    return PictureRecord(
        status=PictureStatus.READABLE,
        format=PictureFormat.JPEG,
        mode=PixelMode.CMYK,
        exif_orientation=6,
        width_pixels=3000,
        height_pixels=4000,
        frames=2,
        flags=PictureFlag.LOW_CONTRAST | PictureFlag.TOUCHES_BORDER,
        quality={name: place / 7 for place, name in enumerate(QUALITY_NAMES)},
        as_submitted=rng.random((28, 28, 1), dtype=np.float32),
        normalized=rng.random((28, 28, 1), dtype=np.float32),
        preview=rng.integers(0, 256, (96, 96, 3), dtype=np.uint8),
    )


def test_record_when_packed_and_parsed_is_the_same():
    record = sample()
    parsed = parse_record(pack_record(record), MNIST.shape)
    for name in ("status", "format", "mode", "exif_orientation", "width_pixels", "height_pixels", "frames"):
        assert getattr(parsed, name) == getattr(record, name)
    assert parsed.flags == record.flags
    assert parsed.quality == record.quality
    for name in ("as_submitted", "normalized", "preview"):
        np.testing.assert_array_equal(getattr(parsed, name), getattr(record, name))
        assert getattr(parsed, name).dtype == getattr(record, name).dtype


@every("status", [status for status in PictureStatus if status])
def test_record_when_the_picture_failed_holds_only_the_status(status):
    data = pack_record(PictureRecord.unreadable(status, MNIST.shape))
    assert len(data) == record_bytes(MNIST.shape)
    assert parse_record(data, MNIST.shape).status is status


@every("length", [0, 1, record_bytes(MNIST.shape) - 1, record_bytes(MNIST.shape) + 1])
def test_parse_when_length_is_wrong_refuses(length):
    data = pack_record(sample())
    with pytest.raises(RecordError):
        parse_record((data + b"\x00")[:length], MNIST.shape)


STARTS = {
    "magic": (0, b"GPR2"),
    "status": (4, b"\x63"),
    "format": (5, b"\x63"),
    "unknown format": (5, b"\x00"),
    "mode": (6, b"\x63"),
    "orientation": (7, b"\x09"),
    "no width": (8, struct.pack("<I", 0)),
    "too many pixels": (8, struct.pack("<I", 50_000)),
    "no frames": (16, struct.pack("<I", 0)),
    "flags": (20, struct.pack("<I", 1 << 20)),
    "quality not finite": (24, struct.pack("<d", float("nan"))),
    "quality infinite": (24 + 8 * (len(QUALITY_NAMES) - 1), struct.pack("<d", float("-inf"))),
    "image not finite": (24 + 8 * len(QUALITY_NAMES), struct.pack("<f", float("nan"))),
    "image above one": (24 + 8 * len(QUALITY_NAMES) + 4 * 784, struct.pack("<f", 1.01)),
    "image below zero": (24 + 8 * len(QUALITY_NAMES) + 4 * 1567, struct.pack("<f", -0.01)),
}


@every("what", STARTS)
def test_parse_when_a_number_is_out_of_range_refuses(what):
    start, content = STARTS[what]
    data = bytearray(pack_record(sample()))
    data[start : start + len(content)] = content
    with pytest.raises(RecordError):
        parse_record(bytes(data), MNIST.shape)


@every("place", [5, 7, 8, 20, 24, record_bytes(MNIST.shape) - 1])
def test_parse_when_data_hides_behind_a_failure_refuses(place):
    data = bytearray(pack_record(PictureRecord.unreadable(PictureStatus.TRUNCATED, MNIST.shape)))
    data[place] = 1
    with pytest.raises(RecordError):
        parse_record(bytes(data), MNIST.shape)


@given(start=st.integers(0, 200), content=st.binary(min_size=1, max_size=40))
def test_parse_when_bytes_are_changed_raises_nothing_else(start, content):
    data = bytearray(pack_record(sample()))
    data[start : start + len(content)] = content
    with contextlib.suppress(RecordError):
        assert parse_record(bytes(data), MNIST.shape).status in PictureStatus
