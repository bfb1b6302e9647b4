"""28x28 picture that already follows MNIST's convention → itself."""

import numpy as np
import numpy.typing as npt

from grader.images.background import Pixels
from grader.images.placement import CENTER, SIDE, center_of_mass, quantize

BOX_RANGE = (19, 22)
"""Longest side of the ink in pixels. MNIST: 20 on all but 16 of 70,000 digits, 19 on those."""

CENTER_TOLERANCE = 1.0
"""Distance of the center of mass from (14, 14) in each direction. MNIST: at most 0.52."""

PEAK = 0.9
"""Least brightness of the brightest pixel. MNIST: 0.996."""

WIDE_SHARE = 0.5
"""Least share of the inked pixels that lie in an inked square of two by two. MNIST: above it on all but 12 of
10,000 digits; drawings made of single pixels have 0 to 0.3."""

_INKED = 0.3
"""Ink from which a pixel counts as inked when the width of strokes is judged."""


def as_mnist(pixels: Pixels) -> npt.NDArray[np.float32] | None:
    """Return the picture as ink on 0 if it needs no normalizing, whichever way round its brightness is.

    Args:
        pixels: (h, w, 3) in [0, 1].

    Returns:
        (28, 28, 1), ink 1 on background 0, multiples of 1/255; None if the picture is anything else than a
        grey digit of 28x28 pixels on an even black or white background, as large and as central as MNIST's.
    """
    if pixels.shape[:2] != (SIDE, SIDE):
        return None
    grey = pixels[..., 0]
    if float(np.abs(pixels - grey[..., None]).max()) > 1 / 255:
        return None
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = quantize(grey if float(np.median(edge)) < 0.5 else 1 - grey)
    inked = ink > 0
    if float(ink.max()) < PEAK:
        return None
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    if not BOX_RANGE[0] <= longest <= BOX_RANGE[1]:
        return None
    row, column = center_of_mass(ink)
    if max(abs(row - CENTER), abs(column - CENTER)) > CENTER_TOLERANCE:
        return None
    return ink[..., None] if _wide_share(ink) >= WIDE_SHARE else None


def _wide_share(ink: npt.NDArray[np.float32]) -> float:
    inked = ink > _INKED
    square = inked[1:, 1:] & inked[:-1, 1:] & inked[1:, :-1] & inked[:-1, :-1]
    wide = np.zeros_like(inked)
    for rows in (slice(1, None), slice(None, -1)):
        for columns in (slice(1, None), slice(None, -1)):
            wide[rows, columns] |= square
    return float(wide.sum() / inked.sum())
