"""Picture ↔ a record of fixed length, the only thing that leaves the locked child that decodes.

The main process parses it with `struct` and NumPy alone; nothing here imports a picture library.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from grader.core.picture import PREVIEW_SIDE
from grader.images.codes import (
    MAX_PIXELS,
    NO_FLAGS,
    QUALITY_NAMES,
    PictureFlag,
    PictureFormat,
    PictureStatus,
    PixelMode,
)

_MAGIC = b"GPR1"
_HEADER = struct.Struct(f"<4s4B4I{len(QUALITY_NAMES)}d")
"""Magic; status, format, mode, orientation; width, height, frames, flags; quality."""

_PREVIEW_BYTES = PREVIEW_SIDE * PREVIEW_SIDE * 3


def record_bytes(shape: tuple[int, int, int]) -> int:
    """Return the length of every record with images of a shape, whatever became of the picture."""
    return _HEADER.size + 2 * 4 * math.prod(shape) + _PREVIEW_BYTES


class RecordError(ValueError):
    """Bytes that are not a record: the child was killed, or does not do what we wrote."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureRecord:
    """What is known of one picture file."""

    status: PictureStatus
    """Whether it could be read; if not, every other field is empty."""
    format: PictureFormat = PictureFormat.UNKNOWN
    """By the first bytes."""
    mode: PixelMode = PixelMode.OTHER
    """How the pixels were stored."""
    exif_orientation: int = 0
    """1 to 8; 0 when the picture could not be read."""
    width_pixels: int = 0
    """Width as handed in, upright; 0 when the picture could not be read."""
    height_pixels: int = 0
    """Height as handed in, upright; 0 when the picture could not be read."""
    frames: int = 0
    """How many pictures the file holds; only the first is used."""
    flags: PictureFlag = NO_FLAGS
    """What was noticed while normalizing."""
    quality: Mapping[str, float] = field(default_factory=dict)
    """Measures by the names in `QUALITY_NAMES`; finite."""
    as_submitted: npt.NDArray[np.float32]
    """(height, width, channels) in [0, 1], polarity as in the file."""
    normalized: npt.NDArray[np.float32]
    """The same shape, in [0, 1], as the preparation of the data set makes it."""
    preview: npt.NDArray[np.uint8] = field(
        default_factory=lambda: np.zeros((PREVIEW_SIDE, PREVIEW_SIDE, 3), dtype=np.uint8)
    )
    """(96, 96, 3)."""

    @classmethod
    def unreadable(cls, status: PictureStatus, shape: tuple[int, int, int]) -> "PictureRecord":
        """Return the record of a file that is no picture."""
        empty = np.zeros(shape, np.float32)
        return cls(status=status, as_submitted=empty, normalized=empty)


@dataclass(frozen=True, kw_only=True, eq=False)
class NormalizedPicture:
    """What a preparation makes of a picture."""

    image: npt.NDArray[np.float32]
    """(height, width, channels) in [0, 1], as the data set has its images; for "mnist" ink 1 on background 0, multiples of
    1/255, the center of mass within a pixel of (14, 14)."""
    quality: Mapping[str, float]
    """Measures by the names in `QUALITY_NAMES`; none missing is 0."""
    flags: PictureFlag
    """What was noticed."""


def pack_record(record: PictureRecord) -> bytes:
    """Return the record as bytes, little-endian.

    Args:
        record: every array of the stated shape.
    """
    values = [record.quality.get(name, 0.0) for name in QUALITY_NAMES]
    header = _HEADER.pack(
        _MAGIC,
        record.status,
        record.format,
        record.mode,
        record.exif_orientation,
        record.width_pixels,
        record.height_pixels,
        record.frames,
        record.flags,
        *values,
    )
    return b"".join(
        (
            header,
            record.as_submitted.astype("<f4").tobytes(),
            record.normalized.astype("<f4").tobytes(),
            record.preview.astype(np.uint8).tobytes(),
        )
    )


def parse_record(data: bytes, shape: tuple[int, int, int]) -> PictureRecord:
    """Read a record that came out of a child, trusting nothing about it.

    Args:
        data: what the child wrote.
        shape: height, width and channels of the images that it was asked for.

    Returns:
        The record; its arrays are read-only.

    Raises:
        RecordError: wrong length or magic, an unknown code, a number that is not finite or out of its range,
        or
            anything but zeros after a status that says that there is no picture.
    """
    if len(data) != record_bytes(shape):
        raise RecordError(f"record of {len(data)} bytes, not {record_bytes(shape)}")
    magic, status, form, mode, orientation, width, height, frames, flags, *values = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise RecordError("record without its magic")
    try:
        picture_status = PictureStatus(status)
        picture_format, pixel_mode = PictureFormat(form), PixelMode(mode)
    except ValueError as error:
        raise RecordError("unknown code") from error
    if picture_status is not PictureStatus.READABLE:
        if any(data[5:]):
            raise RecordError("data after a failure")
        return PictureRecord.unreadable(picture_status, shape)
    small = np.frombuffer(data, "<f4", 2 * math.prod(shape), _HEADER.size).astype(np.float32)
    measures = np.asarray(values)
    problems = (
        picture_format is PictureFormat.UNKNOWN,
        not 1 <= orientation <= 8,
        width < 1 or height < 1 or width * height > MAX_PIXELS,
        frames < 1,
        flags & ~sum(PictureFlag) != 0,
        not np.isfinite(measures).all(),
        not bool(((small >= 0) & (small <= 1)).all()),
    )
    if any(problems):
        raise RecordError("number out of range")
    small.setflags(write=False)
    preview = np.frombuffer(data, np.uint8, _PREVIEW_BYTES, _HEADER.size + small.nbytes)
    return PictureRecord(
        status=picture_status,
        format=picture_format,
        mode=pixel_mode,
        exif_orientation=orientation,
        width_pixels=width,
        height_pixels=height,
        frames=frames,
        flags=PictureFlag(flags),
        quality=dict(zip(QUALITY_NAMES, values, strict=True)),
        as_submitted=small.reshape(2, *shape)[0],
        normalized=small.reshape(2, *shape)[1],
        preview=preview.reshape(PREVIEW_SIDE, PREVIEW_SIDE, 3),
    )
