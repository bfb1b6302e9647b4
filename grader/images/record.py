"""What a child tells about a picture."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grader.images.codes import QUALITY_NAMES, PictureFlag, PictureStatus

_HEAD = struct.Struct("<4siiii")
Q = len(QUALITY_NAMES)
RECORD_BYTES = _HEAD.size + 4 * Q + 784 * 4 * 2 + 96 * 96 * 3


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureRecord:
    status: PictureStatus
    width_pixels: int = 0
    height_pixels: int = 0
    flags: PictureFlag = PictureFlag(0)
    quality: Mapping[str, float]
    as_submitted: np.ndarray
    normalized: np.ndarray
    preview: np.ndarray


def pack_record(status, w=0, h=0, flags=0, quality=None, a=None, n=None, p=None) -> bytes:
    q = np.array([(quality or {}).get(k, 0.0) for k in QUALITY_NAMES], np.float32)
    z = np.zeros((28, 28, 1), np.float32)
    return (
        _HEAD.pack(b"PICT", status, w, h, flags)
        + q.tobytes()
        + (z if a is None else a).astype(np.float32).tobytes()
        + (z if n is None else n).astype(np.float32).tobytes()
        + (np.zeros((96, 96, 3), np.uint8) if p is None else p).tobytes()
    )


def parse_record(data: bytes) -> PictureRecord:
    m, s, w, h, f = _HEAD.unpack_from(data)
    if m != b"PICT":
        raise ValueError
    o = _HEAD.size
    q = np.frombuffer(data, np.float32, Q, o)
    o += 4 * Q
    a = np.frombuffer(data, np.float32, 784, o).reshape(28, 28, 1)
    o += 3136
    n = np.frombuffer(data, np.float32, 784, o).reshape(28, 28, 1)
    o += 3136
    p = np.frombuffer(data, np.uint8, 96 * 96 * 3, o).reshape(96, 96, 3)
    return PictureRecord(
        status=PictureStatus(s),
        width_pixels=w,
        height_pixels=h,
        flags=PictureFlag(f),
        quality={k: float(v) for k, v in zip(QUALITY_NAMES, q)},
        as_submitted=a,
        normalized=n,
        preview=p,
    )
