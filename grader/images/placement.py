"""Digit on the fine grid → MNIST's 28x28 picture with the center of mass in its center."""

import numpy as np
import numpy.typing as npt

from grader.images.ranks import at_share
from grader.images.stroke import FINE

SIDE = 28
"""Side of the picture in pixels."""

CENTER = 14.0
"""Row and column index of the center of mass: the mean over MNIST's 60,000 training digits is 13.996 and
14.007."""

LEVELS = 255
"""Grey levels of the result: it survives being stored in an 8-bit file."""


def center_of_mass(image: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return the row and column of the center of mass, as indices of pixel centers.

    Args:
        image: (h, w), not negative, not all zero.
    """
    total = float(image.sum(dtype=np.float64))
    rows = float(image.sum(axis=1, dtype=np.float64) @ np.arange(image.shape[0]))
    columns = float(image.sum(axis=0, dtype=np.float64) @ np.arange(image.shape[1]))
    return rows / total, columns / total


def place(fine: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Put a digit into the 28x28 picture.

    The shift is a whole number of pixels, as in MNIST, and never pushes ink over the edge.

    Args:
        fine: (h, w) in [0, 1] on the fine grid, at most 28 pixels (84 fine ones) on a side, with some ink.

    Returns:
        (28, 28, 1) in [0, 1], multiples of 1/255, brightest ink near 1.
    """
    row, column = center_of_mass(fine)
    top = _offset(row, fine.shape[0])
    left = _offset(column, fine.shape[1])
    canvas = np.zeros((SIDE * FINE, SIDE * FINE), dtype=np.float32)
    canvas[top : top + fine.shape[0], left : left + fine.shape[1]] = fine
    small = canvas.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))
    bright = quantize(small / max(at_share(small[small > 0.1], 0.9), 0.05))
    return _recenter(bright)[..., None]


def quantize(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Round to multiples of 1/255 within [0, 1]."""
    return (np.round(np.clip(image, 0, 1) * LEVELS) / LEVELS).astype(np.float32)


def _recenter(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Shift by the whole pixels that the center of mass is off after clipping the brightest ink."""
    for axis, center in enumerate(center_of_mass(image)):
        inked = np.flatnonzero(image.any(axis=1 - axis))
        shift = int(np.clip(round(CENTER - center), -inked[0], SIDE - 1 - inked[-1]))
        image = np.roll(image, shift, axis=axis)
    return image


def _offset(center: float, length: int) -> int:
    """Return where the digit starts on the fine grid so that `center` comes to lie on `CENTER`."""
    wanted = (CENTER * FINE + (FINE - 1) / 2 - center) / FINE
    whole = FINE * round(wanted)
    return int(np.clip(whole, 0, FINE * ((SIDE * FINE - length) // FINE)))
