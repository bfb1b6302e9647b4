"""What runs inside the locked child of the light zygote: picture files → records."""

import json
import socket
from pathlib import Path

from grader.datasets.mnist.normalize import normalize_picture
from grader.images.codes import PictureStatus
from grader.images.decode import PictureError, decode_picture
from grader.images.record import PictureRecord, pack_record
from grader.sandbox import channel as wire


def serve(channel: socket.socket) -> None:
    """Answer a list of paths with one record for each, in order."""
    for path in json.loads(wire.receive_block(channel)):
        wire.send(channel, read_one(Path(path)))


def read_one(path: Path) -> bytes:
    """Decode and normalize one picture file.

    Args:
        path: the file in the spool.

    Returns:
        A record of `grader.images.record.RECORD_BYTES` bytes; a file that cannot be used gives one that holds
        nothing but the reason.
    """
    try:
        picture = decode_picture(path)
    except PictureError as error:
        return pack_record(PictureRecord(status=error.status))
    normalized = normalize_picture(picture.pixels)
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
