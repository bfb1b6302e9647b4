"""Arrays → small PNG pictures inside the page."""

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image


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
