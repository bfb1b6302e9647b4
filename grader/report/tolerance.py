"""How far one picture can be turned or moved before its reading changes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def angle_range(
    predictions: npt.NDArray[np.int8], angles_degrees: Sequence[float], *, label: int
) -> tuple[float, float] | None:
    """Return the largest unbroken range of angles around 0 where the label is read; None when it is not read at 0.

    Args:
        predictions: int8, shape (angles,), the predicted class at each angle.
        angles_degrees: the angles, in any order, 0 among them.
        label: the true class.
    """
    order = np.argsort(np.asarray(angles_degrees), kind="stable")
    angles = np.asarray(angles_degrees, dtype=float)[order]
    is_right = predictions[order] == label
    start = int(np.argmin(np.abs(angles)))
    if angles[start] != 0 or not is_right[start]:
        return None
    low = high = start
    while low > 0 and is_right[low - 1]:
        low -= 1
    while high < len(angles) - 1 and is_right[high + 1]:
        high += 1
    return float(angles[low]), float(angles[high])


def shift_radius(
    predictions: npt.NDArray[np.int8], shifts_pixels: Sequence[tuple[int, int]], *, label: int
) -> int | None:
    """Return the largest r such that every measured shift with |dx| <= r and |dy| <= r is read; None when none is.

    Args:
        predictions: int8, shape (shifts,), the predicted class at each shift.
        shifts_pixels: (dx, dy) of each.
        label: the true class.
    """
    sizes = [max(abs(dx), abs(dy)) for dx, dy in shifts_pixels]
    wrong = [size for size, k in zip(sizes, predictions, strict=True) if k != label]
    radius = max(sizes) if not wrong else min(wrong) - 1
    return radius if radius >= 0 and sizes else None
