"""Bytes of a file → its picture format, and whether it ends too early."""

from grader.images.codes import PictureFormat

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
    (b"\xff\xd8\xff", PictureFormat.JPEG),
    (b"GIF87a", PictureFormat.GIF),
    (b"GIF89a", PictureFormat.GIF),
    (b"II*\x00", PictureFormat.TIFF),
    (b"MM\x00*", PictureFormat.TIFF),
    (b"II+\x00", PictureFormat.TIFF),
    (b"MM\x00+", PictureFormat.TIFF),
    (b"BM", PictureFormat.BMP),
)

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
"""Major brands of HEIF stills and sequences (ISO/IEC 23008-12)."""


def sniff_format(head: bytes) -> PictureFormat:
    """Return the picture format that the first bytes tell.

    Args:
        head: the first twelve bytes of the file, or more.

    Returns:
        The format; `PictureFormat.UNKNOWN` for anything that is not read here (SVG, HTML, PDF, AVIF, ...).
    """
    for magic, picture_format in _MAGIC:
        if head.startswith(magic):
            return picture_format
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureFormat.WEBP
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return PictureFormat.HEIF
    return PictureFormat.UNKNOWN


def ends_early(data: bytes, picture_format: PictureFormat) -> bool:
    """Tell whether the file stops before the end that its format announces.

    Used only to name the cause after decoding has failed: trailing rubbish does not matter, and a format
    without an announced end (TIFF, HEIF) gives False.

    Args:
        data: the whole file.
        picture_format: what `sniff_format` said.
    """
    match picture_format:
        case PictureFormat.PNG:
            return b"IEND" not in data
        case PictureFormat.JPEG:
            return b"\xff\xd9" not in data[-4096:]
        case PictureFormat.GIF:
            return not data.rstrip(b"\x00").endswith(b";")
        case PictureFormat.WEBP:
            return len(data) < 8 + int.from_bytes(data[4:8], "little")
        case PictureFormat.BMP:
            return len(data) < 54 or len(data) < int.from_bytes(data[2:6], "little")
        case _:
            return False
