"""Pixels of a picture → the square image that a data set has."""

import numpy as np
import numpy.typing as npt

from grader.core.dataset import PictureForm
from grader.images.codes import NO_FLAGS, QUALITY_NAMES, PictureFlag
from grader.images.record import NormalizedPicture
from grader.images.resample import resample
from grader.images.values import middle_color

LEAST_CONTRAST = 0.02
"""Distance in [0, 1] between the brightest and the darkest value of an image below which it shows nothing."""

_LUMINANCE = np.array((0.299, 0.587, 0.114))
"""Weights of red, green and blue, as Pillow's mode L has them (ITU-R 601-2)."""


def prepare_picture(pixels: npt.NDArray[np.float32], form: PictureForm) -> NormalizedPicture:
    """Make a picture square, resize it, and take its colors away where the data set is grey.

    Where the data set shows bright things on a background of 0, a picture with a bright border is turned over, as
    Fashion-MNIST was made from photos on white ("negating the intensities", Xiao et al. 2017, arXiv 1708.07747, table 1),
    and the color of its border becomes 0.

    Args:
        pixels: (h, w, 3) in [0, 1], upright and opaque.
        form: shape of the image, and whether the middle is cut out ("crop") or the picture is filled up to a square with
            the color of its border ("pad").
    """
    height, width, channels = form.shape
    square = (_cropped if form.fit == "crop" else _padded)(pixels.astype(np.float64))
    if channels == 1:
        square = (square @ _LUMINANCE)[..., np.newaxis]
    image = np.moveaxis(resample(np.moveaxis(square, 2, 0), height, width), 0, 2)
    if form.is_ink:
        border = float(np.median(_border(image)))
        image = (border - image) / border if border > 0.5 else (image - border) / (1 - border)
    levels = np.clip(image, 0, 1).astype(np.float32)
    is_blank = float(levels.max() - levels.min()) < LEAST_CONTRAST
    return NormalizedPicture(
        image=levels,
        quality=dict.fromkeys(QUALITY_NAMES, 0.0),
        flags=PictureFlag.BLANK if is_blank else NO_FLAGS,
    )


def _cropped(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    height, width, _ = pixels.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def _padded(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    height, width, _ = pixels.shape
    side = max(height, width)
    square = np.empty((side, side, 3))
    square[:] = middle_color(_border(pixels).astype(np.float32))
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square


def _border(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the values (n, channels) along the edge of an image."""
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
