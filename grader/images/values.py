"""Values → the one at a rank, the middle color, where to cut them in two."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage


def middle(values: npt.NDArray[np.floating[Any]]) -> float:
    """Return the median of some values, any shape, at least one; the mean of the two in the middle."""
    flat = values.ravel()
    low, high = (flat.size - 1) // 2, flat.size // 2
    ordered = np.partition(flat, (low, high))
    return (float(ordered[low]) + float(ordered[high])) / 2


def at_share(values: npt.NDArray[np.floating[Any]], share: float) -> float:
    """Return the value below which `share`, in [0, 1), of the others lie: the nearest rank, rounded down.

    Args:
        values: any shape, at least one value.
        share: 0 gives the smallest.
    """
    flat = values.ravel()
    rank = int(share * flat.size)
    return float(np.partition(flat, rank)[rank])


Colors = npt.NDArray[np.float32]
"""(..., 3), in [0, 1]."""


def middle_color(colors: Colors) -> Colors:
    """Return the median of each channel, (..., 3), of colors (..., n, 3); n is at least 1."""
    ordered = np.sort(colors, axis=-2)
    n = ordered.shape[-2]
    return np.asarray((ordered[..., (n - 1) // 2, :] + ordered[..., n // 2, :]) / np.float32(2))


def color_distance(colors: Colors, color: Colors) -> npt.NDArray[np.float32]:
    """Return the root-mean-square distance of colors (..., 3) from a color, over the channels, in [0, 1].

    Args:
        colors: (..., 3).
        color: (3,), or any shape that goes with `colors`.
    """
    apart = colors - color
    return np.asarray(np.sqrt(np.einsum("...c,...c->...", apart, apart) / np.float32(3)), dtype=np.float32)


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
    parameter_sets = ((values.ravel() - low) * (bins / (high - low))).astype(np.intp)
    counts = np.bincount(np.minimum(parameter_sets, bins - 1), minlength=bins)
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
