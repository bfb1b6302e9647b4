"""What runs inside the locked child: picture file → record. Import it before the child is locked."""

from pathlib import Path

from grader.images.codes import PictureStatus
from grader.images.decode import PictureError, decode_picture
from grader.images.normalize import normalize_picture
from grader.images.record import PictureRecord, pack_record


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
