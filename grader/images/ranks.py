"""Values → the one at a rank; NumPy's own median and percentile spend most of their time on checks."""

from typing import Any

import numpy as np
import numpy.typing as npt


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
