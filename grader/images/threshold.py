"""Values → where to cut them in two."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

EIGHT = np.ones((3, 3), dtype=np.bool_)
"""Neighborhood in which pixels that touch by a corner belong together."""


def otsu(values: npt.NDArray[np.float32], bins: int = 128) -> float:
    """Return the threshold that parts the values with the largest variance between the two classes.

    Args:
        values: any shape; finite.
        bins: resolution over the range of the values.

    Returns:
        A value such that `values > threshold` is the upper class; the maximum when all values are equal.

    Source: Otsu 1979, "A threshold selection method from gray-level histograms".
    """
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        return high
    places = ((values.ravel() - low) * (bins / (high - low))).astype(np.intp)
    counts = np.bincount(np.minimum(places, bins - 1), minlength=bins)
    edges = np.linspace(low, high, bins + 1)
    centers = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = values.size - below
    sums = np.cumsum(counts * centers)
    means_below = sums[:-1] / np.maximum(below, 1)
    means_above = (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    between = below * above * (means_above - means_below) ** 2
    return float(edges[1:-1][int(np.argmax(between))])


def hysteresis(
    values: npt.NDArray[np.float32], *, weak: float, strong: float
) -> tuple[npt.NDArray[np.int32], int]:
    """Label the connected regions above `weak` that reach `strong` somewhere.

    Args:
        values: (h, w).
        weak: lower threshold.
        strong: upper threshold.

    Returns:
        Labels (h, w), 0 outside, and their number; regions are 8-connected and numbered from the top.

    Source: Canny 1986, "A computational approach to edge detection".
    """
    labels, count = ndimage.label(values > weak, EIGHT)
    if count == 0:
        return labels.astype(np.int32), 0
    reaches = np.zeros(count + 1, dtype=np.bool_)
    reaches[labels[values > strong]] = True
    numbers = np.cumsum(reaches) * reaches
    return numbers[labels].astype(np.int32), int(reaches.sum())
