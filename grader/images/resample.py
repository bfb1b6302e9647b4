"""The one resampler: an axis, or the two axes of a picture, at another length."""

from functools import cache

import numpy as np
import numpy.typing as npt


@cache
def resizing(old: int, new: int) -> npt.NDArray[np.float64]:
    """Return the matrix (new, old) that resizes one axis; every row sums to 1.

    Enlarging is bilinear between the centers of the pixels, the outermost values going on to the border:
    output i lies at (i + 0.5) * old / new - 0.5. Shrinking takes the mean over what output i covers, from i * old / new
    to (i + 1) * old / new, pixels cut by the border in part.
    """
    inputs = np.arange(old)
    if new < old:
        edges = np.arange(new + 1) * (old / new)
        covered = np.minimum(edges[1:, None], inputs + 1) - np.maximum(edges[:-1, None], inputs)
        weights = np.clip(covered, 0, None) * (new / old)
    else:
        at = np.clip((np.arange(new) + 0.5) * (old / new) - 0.5, 0, old - 1)
        weights = np.clip(1 - np.abs(at[:, None] - inputs), 0, None)
    weights.setflags(write=False)
    return np.asarray(weights)


def resample(values: npt.NDArray[np.float64], height: int, width: int) -> npt.NDArray[np.float64]:
    """Return values (..., h, w) as (..., height, width)."""
    return np.asarray(resizing(values.shape[-2], height) @ values @ resizing(values.shape[-1], width).T)
