"""Arrays → small PNG pictures inside the page."""

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

HOT = (213, 94, 0)
"""Color of the hottest parts: the vermillion of the pages."""
HEAT_COVER = 0.85
"""How much of the picture the hottest parts hide."""
HEAT_WHITE = 200
"""Brightness of full ink below the colors, so that they stand out."""
HEAT_COLORS = 48
"""Size of the palette."""


def grey_png(image: npt.NDArray[np.float32]) -> str:
    """Return a 28x28 picture exactly as a network sees it, as a data URI.

    Args:
        image: float32, shape (height, width, 1), values in [0, 1]; 0 is shown black, 1 white.
    """
    levels = np.rint(np.clip(image[..., 0], 0, 1) * 255).astype(np.uint8)
    return _data_uri(Image.fromarray(levels))


def ink_png(image: npt.NDArray[np.uint8]) -> str:
    """Return a picture that was stored as levels, as a data URI.

    Args:
        image: uint8, shape (height, width); 0 is shown black, 255 white.
    """
    return _data_uri(Image.fromarray(image))


def strip_png(images: npt.NDArray[np.uint8]) -> str:
    """Return pictures side by side, as a data URI.

    Args:
        images: uint8, shape (n, height, width); 0 is shown black, 255 white.
    """
    return _data_uri(Image.fromarray(np.concatenate(list(images), axis=1)))


def heat_png(image: npt.NDArray[np.float32], heat: npt.NDArray[np.float32]) -> str:
    """Return a picture with its hot parts colored, as a data URI.

    Args:
        image: float32, shape (height, width, 1), values in [0, 1]; 0 is shown black, 1 white.
        heat: float32, shape (height, width); 0 or less leaves the picture as it is, 1 covers it most.
    """
    grey = np.repeat(np.clip(image, 0, 1), 3, axis=2) * HEAT_WHITE
    share = HEAT_COVER * np.clip(heat, 0, 1)[..., np.newaxis]
    mixed = grey * (1 - share) + np.array(HOT, np.float32) * share
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
