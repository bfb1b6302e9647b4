"""Bytes of a file → its picture format, and whether it ends too early."""

from enum import IntEnum, IntFlag

MAX_PIXELS = 50_000_000
"""Largest picture that is decoded; phone cameras stay below it."""


class PictureStatus(IntEnum):
    """Whether a file became a picture, and if not, why."""

    READABLE = 0
    EMPTY_FILE = 1
    """The file has no bytes."""
    UNKNOWN_FORMAT = 2
    """The first bytes are those of no picture format that is read here."""
    TRUNCATED = 3
    """The file ends before the picture does."""
    TOO_LARGE = 4
    """More pixels, or more memory, than allowed."""
    DECODE_FAILED = 5
    """The format was recognized and the content could not be decoded."""
    FILE_NOT_READABLE = 6
    """The file itself could not be opened."""


class PictureFormat(IntEnum):
    """Format by the first bytes of the file; the name of the file does not count."""

    UNKNOWN = 0
    PNG = 1
    JPEG = 2
    BMP = 3
    WEBP = 4
    TIFF = 5
    GIF = 6
    HEIF = 7


class PixelMode(IntEnum):
    """How the pixels were stored, as Pillow names it."""

    OTHER = 0
    BILEVEL = 1
    """Mode 1."""
    GREY = 2
    """Mode L."""
    GREY_ALPHA = 3
    """Modes LA and La."""
    PALETTE = 4
    """Modes P and PA."""
    COLOR = 5
    """Modes RGB and RGBX."""
    COLOR_ALPHA = 6
    """Modes RGBA and RGBa."""
    CMYK = 7
    SIXTEEN_BIT = 8
    """The modes that start with I;16."""
    INTEGER = 9
    """Mode I, 32 bits."""
    REAL = 10
    """Mode F."""
    LUMINANCE_CHROMA = 11
    """Modes YCbCr, LAB and HSV."""


class PictureFlag(IntFlag):
    """What was noticed while a picture was normalized."""

    BLANK = 1
    """No ink was found; the normalized picture is empty."""
    SEVERAL_DIGITS = 2
    """Several separate shapes of similar height stand side by side."""
    TOUCHES_BORDER = 4
    """The digit runs into the edge of the picture and may be cut."""
    LOW_CONTRAST = 8
    """Ink and background differ by little."""
    MANY_PIECES = 16
    """The digit fell into more than three pieces."""
    UNEVEN_BACKGROUND = 32
    """The background varies so much that ink and background are hard to tell apart."""
    NOT_A_DIGIT = 64
    """What was found does not look like pen strokes."""
    PASSED_THROUGH = 128
    """The picture already follows MNIST's convention and was left as it is."""
    TRIMMED_FRAME = 256
    """A frame or bar around the paper was cut off."""


NO_FLAGS = PictureFlag(0)
"""Nothing was noticed."""

QUALITY_NAMES = (
    "contrast",
    "background_unevenness",
    "noise",
    "ink_share",
    "box_height_share",
    "box_width_share",
    "pieces",
    "pieces_dropped",
    "stroke_width",
    "stroke_width_before",
    "fill",
    "offset_right",
    "offset_down",
    "ink_is_light",
)
"""Names of the quality measures in the order in which they travel; `grader.datasets.mnist.quality` explains each."""


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
