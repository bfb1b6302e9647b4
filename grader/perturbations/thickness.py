"""Wider or thinner strokes."""

from collections.abc import Callable
from math import floor

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images
from grader.perturbations.base import blend, change

_Extreme = Callable[[Images, Images], Images]


@change("thickness", neutral=(0.0,), limits=((-14.0, 14.0),))
def thickness(images: Images, pixels: float) -> Images:
    """Move the edges of the strokes outwards by `pixels`, or inwards when negative.

    Grey-level dilation or erosion, once for each pixel, by a disc of radius 1: a pixel and its four neighbours. A part
    of a pixel blends: 0.5 is halfway between the picture and its dilation. Outside the frame there is background (0).

    Source: scipy.ndimage.grey_dilation and grey_erosion with that footprint.
    """
    extreme: _Extreme = np.maximum if pixels > 0 else np.minimum
    whole = floor(abs(pixels))
    part = abs(pixels) - whole
    for _ in range(whole):
        images = _once(images, extreme)
    return blend(images, _once(images, extreme), part) if part else images.copy()


def _once(images: Images, extreme: _Extreme) -> Images:
    """The largest or smallest of each pixel and its four neighbours."""
    padded: npt.NDArray[np.float32] = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    across = extreme(padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    along = extreme(padded[:, :-2, 1:-1], padded[:, 2:, 1:-1])
    return extreme(images, extreme(across, along))
