"""What runs inside the locked child of the light zygote: picture files → records."""

import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from grader.core.dataset import PictureForm
from grader.datasets.mnist.normalize import normalize_picture
from grader.datasets.plain.prepare import prepare_picture
from grader.images.codes import PictureStatus
from grader.images.decode import PictureError, Pixels, decode_picture
from grader.images.record import NormalizedPicture, PictureRecord, pack_record
from grader.sandbox import channel as wire

PREPARATIONS: Mapping[str, Callable[[Pixels, PictureForm], NormalizedPicture]] = {
    "mnist": lambda pixels, form: normalize_picture(pixels),
    "plain": prepare_picture,
}
"""How the pixels of a picture become an image of a data set, by the word on its card."""


def serve(channel: socket.socket) -> None:
    """Answer a list of paths with one record for each, in order."""
    asked = json.loads(wire.receive_block(channel))
    form = PictureForm(**{**asked["form"], "shape": tuple(asked["form"]["shape"])})
    for path in asked["paths"]:
        wire.send(channel, read_one(Path(path), form))


def read_one(path: Path, form: PictureForm) -> bytes:
    """Decode and normalize one picture file.

    Args:
        path: the file in the spool.
        form: what it is to become.

    Returns:
        A record of `grader.images.record.record_bytes(form.shape)` bytes; a file that cannot be used gives one that
        holds nothing but the reason.
    """
    try:
        picture = decode_picture(path, form.shape)
    except PictureError as error:
        return pack_record(PictureRecord.unreadable(error.status, form.shape))
    normalized = PREPARATIONS[form.preparation](picture.pixels, form)
    return pack_record(
        PictureRecord(
            status=PictureStatus.READABLE,
            format=picture.format,
            mode=picture.mode,
            exif_orientation=picture.exif_orientation,
            width_pixels=picture.width_pixels,
            height_pixels=picture.height_pixels,
            frames=picture.frames,
            flags=normalized.flags,
            quality=normalized.quality,
            as_submitted=picture.as_submitted,
            normalized=normalized.image,
            preview=picture.preview,
        )
    )
