"""File → pixels: the only module that lets Pillow look at a student's bytes. Runs inside a locked child."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from grader.core.picture import PREVIEW_SIDE
from grader.images.codes import MAX_PIXELS, PictureFormat, PictureStatus, PixelMode, ends_early, sniff_format

_PROBE_SIDE = 64
"""Longest side in pixels of the small copy on which the colors are judged."""

_SEE_THROUGH = 0.35
"""Largest difference in [0, 1] between visible pixels that still counts as one color."""


def flatten_alpha(image: Image.Image) -> Image.Image:
    """Lay a picture over the background on which its content can be seen.

    Pixels hidden under full transparency carry arbitrary colors, so dropping the alpha channel (as
    `convert("L")` does) may show something that nobody drew. If the visible pixels share one color, the shape
    is in the alpha
    channel: it is laid on white, or on black where the color is nearly white. If they differ, the picture
    holds its own background: a mostly opaque picture is laid on the color of its visible border, any other on
    white.

    Args:
        image: mode RGBA.

    Returns:
        Mode RGB, same size.
    """
    if np.asarray(image.getchannel("A")).min() == 255:
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (*_ground_color(image), 255))
    return Image.alpha_composite(ground, image).convert("RGB")


def _ground_color(image: Image.Image) -> tuple[int, int, int]:
    probe = image.copy()
    probe.thumbnail((_PROBE_SIDE, _PROBE_SIDE), Image.Resampling.BOX)
    values = np.asarray(probe, dtype=np.float32) / 255
    visible = values[..., 3] > 0.5
    if not visible.any():
        visible = values[..., 3] > 0
    if not visible.any():
        return 255, 255, 255
    colors = values[..., :3][visible]
    low, high = np.percentile(colors, [2, 98], axis=0)
    if float((high - low).max()) <= _SEE_THROUGH:
        is_light = float(np.median(colors, axis=0).min()) > 1 - _SEE_THROUGH
        return (0, 0, 0) if is_light else (255, 255, 255)
    if visible.mean() < 0.5:
        return 255, 255, 255
    inner = np.zeros_like(visible)
    inner[2:-2, 2:-2] = True
    edge = visible & ~inner
    red, green, blue = np.median(values[..., :3][edge] if edge.any() else colors, axis=0)
    return round(255 * float(red)), round(255 * float(green)), round(255 * float(blue))


_PLUGINS = (
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
"""Imported up front, as what `preinit` imports: a locked child can no longer read Python's own files."""
Image.preinit()

pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)

Shape = tuple[int, int, int]
"""Height, width and channels of an image; 1 channel is grey, 3 are RGB."""

Pixels = npt.NDArray[np.float32]
"""(h, w, 3) in [0, 1]."""

_LEAST_WORK_SIDE = 200
"""Longest side in pixels of the pixels handed to the preparation; ten times the 20-pixel box of MNIST. A data set of large
images gets four times their side, so that the middle of a wide picture still has as many pixels as the image."""

_ORIENTATION_TAG = 0x0112

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture with this EXIF orientation upright (EXIF 2.32, tag 0x0112)."""

_MODES = {
    "1": PixelMode.BILEVEL,
    "L": PixelMode.GREY,
    "LA": PixelMode.GREY_ALPHA,
    "La": PixelMode.GREY_ALPHA,
    "P": PixelMode.PALETTE,
    "PA": PixelMode.PALETTE,
    "RGB": PixelMode.COLOR,
    "RGBX": PixelMode.COLOR,
    "RGBA": PixelMode.COLOR_ALPHA,
    "RGBa": PixelMode.COLOR_ALPHA,
    "CMYK": PixelMode.CMYK,
    "I": PixelMode.INTEGER,
    "F": PixelMode.REAL,
    "YCbCr": PixelMode.LUMINANCE_CHROMA,
    "LAB": PixelMode.LUMINANCE_CHROMA,
    "HSV": PixelMode.LUMINANCE_CHROMA,
}


class PictureError(Exception):
    """A file that could not become a picture; carries a number and no text of the library's."""

    def __init__(self, status: PictureStatus) -> None:
        super().__init__(status.name)
        self.status = status
        """Why."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DecodedPicture:
    """A picture, upright and opaque."""

    pixels: Pixels
    """(h, w, 3) in [0, 1], longest side at most 200 pixels or four times that of the images; shrunk by averaging."""
    as_submitted: npt.NDArray[np.float32]
    """(height, width, channels) of the images, in [0, 1]: the picture resized without regard to its aspect, polarity as in
    the file."""
    preview: npt.NDArray[np.uint8]
    """(96, 96, 3): scaled to fit, centered on the color of the border."""
    width_pixels: int
    """Width of the upright picture as handed in."""
    height_pixels: int
    """Height of the upright picture as handed in."""
    format: PictureFormat
    """By the first bytes."""
    mode: PixelMode
    """How the pixels were stored."""
    exif_orientation: int
    """1 to 8; 1 where none is recorded."""
    frames: int
    """How many pictures the file holds; only the first is used."""


def decode_picture(path: Path, shape: Shape) -> DecodedPicture:
    """Read one picture file.

    Args:
        path: PNG, JPEG, BMP, WEBP, TIFF, GIF or HEIF, told by its first bytes.
        shape: of the images of the data set.

    Returns:
        The first frame, turned upright by its EXIF orientation and laid on an opaque background. 16-bit
        pictures are scaled by 65535, or by 4095 if no value is above that (12 bits in 16).

    Raises:
        PictureError: with the status that says why; no other exception leaves this function.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PictureError(PictureStatus.FILE_NOT_READABLE) from error
    if not data:
        raise PictureError(PictureStatus.EMPTY_FILE)
    picture_format = sniff_format(data)
    if picture_format is PictureFormat.UNKNOWN:
        raise PictureError(PictureStatus.UNKNOWN_FORMAT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decode(data, picture_format, shape)
    except PictureError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError) as error:
        raise PictureError(PictureStatus.TOO_LARGE) from error
    except Exception as error:
        early = ends_early(data, picture_format)
        status = PictureStatus.TRUNCATED if early else PictureStatus.DECODE_FAILED
        raise PictureError(status) from error


def _decode(data: bytes, picture_format: PictureFormat, shape: Shape) -> DecodedPicture:
    longest = max(_LEAST_WORK_SIDE, 4 * max(shape[:2]))
    with Image.open(BytesIO(data), formats=[picture_format.name]) as image:
        width, height = image.size
        if width < 1 or height < 1:
            raise PictureError(PictureStatus.DECODE_FAILED)
        if width * height > MAX_PIXELS:
            raise PictureError(PictureStatus.TOO_LARGE)
        mode = image.mode
        frames = int(getattr(image, "n_frames", 1))
        if picture_format is PictureFormat.JPEG:
            image.draft(mode, (2 * longest, 2 * longest))
        orientation = _orientation(image)
        image.load()
        left_to_do = _orientation(image)
        plain = _opaque(image)
    if left_to_do != 1:  # Pillow turns TIFF pictures by itself and takes the tag out
        plain = plain.transpose(_UPRIGHT[left_to_do])
    if (plain.width > plain.height) != (width > height):
        width, height = height, width
    return DecodedPicture(
        pixels=_shrink(plain, longest),
        as_submitted=_resize_plainly(plain, shape),
        preview=_preview(plain),
        width_pixels=width,
        height_pixels=height,
        format=picture_format,
        mode=PixelMode.SIXTEEN_BIT if mode.startswith("I;16") else _MODES.get(mode, PixelMode.OTHER),
        exif_orientation=orientation,
        frames=frames,
    )


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # a damaged EXIF block does not make the picture unreadable
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _opaque(image: Image.Image) -> Image.Image:
    """Return the picture as mode RGB (8 bits) or as mode F in [0, 1]."""
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        return Image.fromarray(_unit_range(np.asarray(image).astype(np.float32)))
    if image.has_transparency_data:
        return flatten_alpha(image.convert("RGBA"))
    return image.convert("RGB")


def _unit_range(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if not np.isfinite(values).all():
        raise PictureError(PictureStatus.DECODE_FAILED)
    low, high = float(values.min()), float(values.max())
    if low < 0:  # in double precision: the width of the range may exceed single precision
        return ((values.astype(np.float64) - low) / max(high - low, 1e-12)).astype(np.float32)
    for full in (1.0, 255.0, 4095.0, 65535.0):
        if high <= full:
            return values / np.float32(full)
    return values / np.float32(high)


def _shrink(image: Image.Image, most: int) -> Pixels:
    longest = max(image.size)
    if longest > most:
        width, height = (max(1, round(side * most / longest)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BOX)
    return _floats(image)


def _floats(image: Image.Image) -> npt.NDArray[np.float32]:
    values = np.asarray(image, dtype=np.float32)
    if image.mode == "F":
        return np.repeat(values[..., None], 3, axis=2)
    return values / np.float32(255)


def _resize_plainly(image: Image.Image, shape: Shape) -> npt.NDArray[np.float32]:
    height, width, channels = shape
    toned = image if image.mode == "F" or channels == 3 else image.convert("L")
    small = np.asarray(toned.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
    scaled = np.clip(small if image.mode == "F" else small / np.float32(255), 0, 1)
    return scaled if scaled.ndim == 3 else np.repeat(scaled[..., None], channels, axis=2)


def _preview(image: Image.Image) -> npt.NDArray[np.uint8]:
    scale = PREVIEW_SIDE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    small = np.round(255 * np.clip(_floats(image.resize((width, height), how)), 0, 1)).astype(np.uint8)
    edge = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    canvas = np.empty((PREVIEW_SIDE, PREVIEW_SIDE, 3), np.uint8)
    canvas[:] = np.median(edge, axis=0)
    top, left = (PREVIEW_SIDE - height) // 2, (PREVIEW_SIDE - width) // 2
    canvas[top : top + height, left : left + width] = small
    return canvas
