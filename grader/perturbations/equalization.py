"""Histogram equalization."""

import numpy as np

from grader.core.picture import Images
from grader.perturbations.base import blend, change

_LEVELS = 256


@change("equalization", neutral=(0.0,), limits=((0.0, 1.0),))
def equalization(images: Images, strength: float) -> Images:
    """Spread the grey levels of each image evenly; `strength` 1 does it fully, 0 not at all.

    Each of 256 levels becomes (pixels up to this level - pixels of the lowest level) / (all pixels - pixels of the
    lowest level): the background stays 0, the strongest ink becomes 1. An image of a single level stays as it is.

    Source: OpenCV's equalizeHist, without its rounding to whole levels.
    """
    n = len(images)
    levels = np.rint(np.clip(images.reshape(n, -1), 0, 1) * (_LEVELS - 1)).astype(np.intp)
    own_bins = levels + _LEVELS * np.arange(n)[:, np.newaxis]
    counts = np.bincount(own_bins.ravel(), minlength=n * _LEVELS).reshape(n, _LEVELS)
    lowest = np.take_along_axis(counts, (counts > 0).argmax(axis=1)[:, np.newaxis], axis=1)
    others = levels.shape[1] - lowest
    table = ((counts.cumsum(axis=1) - lowest) / np.maximum(others, 1)).astype(np.float32)
    equalized = np.take_along_axis(table, levels, axis=1).reshape(images.shape)
    is_plain = (others == 0).reshape(n, 1, 1, 1)
    return blend(images, np.where(is_plain, images, equalized), strength)
