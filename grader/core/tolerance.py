"""How far one picture can be turned or moved before its reading changes."""

import numpy as np
import numpy.typing as npt


def angle_range(
    is_right: npt.NDArray[np.bool_], angles_degrees: npt.NDArray[np.float64]
) -> tuple[float, float] | None:
    """Return the largest unbroken range of angles around 0 where the label is read; None when it is not read at 0.

    Args:
        is_right: (angles,), whether the label is read at each angle.
        angles_degrees: (angles,), in any order, 0 among them.
    """
    order = np.argsort(angles_degrees, kind="stable")
    angles, right = angles_degrees[order], is_right[order]
    start = int(np.argmin(np.abs(angles)))
    if angles[start] != 0 or not right[start]:
        return None
    low = high = start
    while low > 0 and right[low - 1]:
        low -= 1
    while high < len(angles) - 1 and right[high + 1]:
        high += 1
    return float(angles[low]), float(angles[high])


def shift_radius(is_right: npt.NDArray[np.bool_], shifts_pixels: npt.NDArray[np.float64]) -> int | None:
    """Return the largest r such that every measured shift with |dx| <= r and |dy| <= r is read; None when none is.

    Args:
        is_right: (shifts,), whether the label is read at each shift.
        shifts_pixels: (shifts, 2), whole (dx, dy).
    """
    if not is_right.size:
        return None
    sizes = np.abs(shifts_pixels).max(axis=1)
    radius = int(sizes.max() if is_right.all() else sizes[~is_right].min() - 1)
    return radius if radius >= 0 else None
