"""An image set → one picture with a row for each: as handed in, only resized, normalized."""

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from grader.core.picture import PREVIEW_SIDE, ImageSet

HOT = (213, 94, 0)
"""Color of the hottest parts: the vermillion of the pages."""
HEAT_COVER = 0.85
"""How much of the picture the hottest parts hide."""
HEAT_WHITE = 200
"""Brightness of full ink below the colors, so that they stand out."""
HEAT_COLORS = 48
"""Size of the palette."""


EXACT_SIDE = 32
"""Pictures up to this side are shown exactly; larger ones need too many bytes."""


def seen_png(image: npt.NDArray[np.float32], *, side_pixels: int = 96, colors: int = 32) -> str:
    """Return a picture as a network sees it, as a data URI; pictures above `EXACT_SIDE` are reduced.

    Args:
        image: float32, shape (height, width, 1) or (height, width, 3), values in [0, 1]; of one channel 0 is shown
            black and 1 white, three are RGB.
        side_pixels: as for `preview_png`.
        colors: as for `preview_png`.
    """
    picture = _picture(image)
    if picture.width > EXACT_SIDE:
        return preview_png(np.asarray(picture.convert("RGB")), side_pixels=side_pixels, colors=colors)
    return _data_uri(picture)


def _picture(image: npt.NDArray[np.float32]) -> Image.Image:
    levels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(levels[..., 0] if levels.shape[-1] == 1 else levels)


def ink_png(image: npt.NDArray[np.uint8]) -> str:
    """Return a picture that was stored as levels, as a data URI.

    Args:
        image: uint8, shape (height, width), 0 is shown black, 255 white; or (height, width, 3), RGB.
    """
    return _data_uri(Image.fromarray(image))


def strip_png(images: npt.NDArray[np.uint8]) -> str:
    """Return pictures side by side, as a data URI.

    Args:
        images: uint8, shape (n, height, width, 1), 0 is shown black, 255 white; or (n, height, width, 3), RGB.
    """
    row = np.concatenate(list(images), axis=1)
    return _data_uri(Image.fromarray(row[..., 0] if row.shape[-1] == 1 else row))


def heat_png(image: npt.NDArray[np.float32], heat: npt.NDArray[np.float32]) -> str:
    """Return a picture with its hot parts colored, as a data URI.

    Args:
        image: as for `seen_png`.
        heat: float32, shape (height, width); 0 or less leaves the picture as it is, 1 covers it most.
    """
    plain = np.broadcast_to(np.clip(image, 0, 1), (*heat.shape, 3)) * HEAT_WHITE
    share = HEAT_COVER * np.clip(heat, 0, 1)[..., np.newaxis]
    mixed = plain * (1 - share) + np.array(HOT, np.float32) * share
    colored = Image.fromarray(np.rint(mixed).astype(np.uint8))
    return _data_uri(colored.quantize(HEAT_COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE))


def preview_png(preview: npt.NDArray[np.uint8], *, side_pixels: int, colors: int) -> str:
    """Return a picture as it was handed in, reduced for the page, as a data URI.

    Args:
        preview: uint8, shape (side, side, 3), RGB.
        side_pixels: side of the square result; never larger than the preview.
        colors: size of the palette, 2 to 256.
    """
    image = Image.fromarray(preview)
    if side_pixels < preview.shape[0]:
        image = image.resize((side_pixels, side_pixels), Image.Resampling.BOX)
    return _data_uri(image.quantize(colors, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE))


def _data_uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


_ENLARGED = 4
_GAP = 8


def before_and_after_png(images: ImageSet) -> bytes:
    """Return the sheet as a PNG file; pictures that could not be used have no row.

    Args:
        images: the pictures.
    """
    side = images.normalized.shape[1] * _ENLARGED
    width = PREVIEW_SIDE + 2 * side + 4 * _GAP
    height = max(len(images.normalized), 1) * (side + _GAP) + _GAP
    sheet = Image.new("RGB", (width, height), (128, 128, 128))
    for row in range(len(images.normalized)):
        top = _GAP + row * (side + _GAP)
        sheet.paste(Image.fromarray(images.previews[row]), (_GAP, top + (side - PREVIEW_SIDE) // 2))
        for column, image in enumerate((images.as_submitted[row], images.normalized[row])):
            left = PREVIEW_SIDE + 2 * _GAP + column * (side + _GAP)
            sheet.paste(_enlarged(image), (left, top))
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG")
    return buffer.getvalue()


def _enlarged(image: npt.NDArray[np.float32]) -> Image.Image:
    return _picture(image.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1))
