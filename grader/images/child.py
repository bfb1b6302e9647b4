"""x"""

import json
import socket
from pathlib import Path

from grader.images.decode import PictureError, decode_picture
from grader.images.normalize import normalize_picture
from grader.images.record import pack_record
from grader.sandbox import channel as wire


def read_one(path: Path) -> bytes:
    try:
        d = decode_picture(path)
    except PictureError as e:
        return pack_record(e.status)
    n = normalize_picture(d.pixels)
    return pack_record(
        0, d.width_pixels, d.height_pixels, n.flags, n.quality, d.as_submitted, n.image, d.preview
    )


def serve(channel: socket.socket) -> None:
    for path in json.loads(wire.receive_block(channel)):
        wire.send(channel, read_one(Path(path)))
