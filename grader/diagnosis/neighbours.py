"""A picture → the known digits of a class that look most like it.

Distances are Euclidean between pictures blurred by 0.75 pixels: a stroke one pixel beside another is then near it. Measured
by whether the nearest digit has the right class: 91.9 % of the 1,000 probe digits, each left out in turn, and 75.4 % of 394
real pictures; 89.1 and 71.8 % without blur, 91.4 and 74.9 % with one pixel, 88.0 and 65.7 % with two.
"""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grader.core.diagnosis import NearestDigits
from grader.core.picture import Images

BLUR_PIXELS = 0.75
"""Standard deviation of the blur."""

HOW_MANY = 3
"""Digits of each class."""


class Neighbours:
    """Known digits, ready to be compared with."""

    def __init__(self, images: Images, labels: npt.NDArray[np.integer]) -> None:
        self._images, self._labels = images, labels
        self._blurred = _blurred(images)

    def nearest(self, image: npt.NDArray[np.float32], digit: int) -> NearestDigits:
        """Return the nearest digits of one class, nearest first; the first of equally near ones.

        Args:
            image: (28, 28, 1), ink 1 on background 0.
            digit: the class.
        """
        rows = np.flatnonzero(self._labels == digit)
        away = self._blurred[rows] - _blurred(image[np.newaxis])
        distances = np.sqrt((away**2).sum(axis=(1, 2), dtype=np.float64))
        order = np.argsort(distances, kind="stable")[:HOW_MANY]
        chosen = rows[order]
        return NearestDigits(
            digit=digit,
            rows=tuple(int(row) for row in chosen),
            distances=tuple(float(distance) for distance in distances[order]),
            pictures=np.round(255 * self._images[chosen, ..., 0]).astype(np.uint8),
        )


def _blurred(images: Images) -> npt.NDArray[np.float32]:
    return np.asarray(ndimage.gaussian_filter(images[..., 0], (0, BLUR_PIXELS, BLUR_PIXELS)), np.float32)
