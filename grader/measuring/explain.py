"""A misread picture → which part of it speaks for the wrong class, and the known images that look most like it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grader.core.diagnosis import NearestImages
from grader.core.picture import Images
from grader.measuring.search import Predict

PATCH = 7
"""Side in pixels of the square that is covered with background."""


def occlusion_maps(
    images: Images, labels: Sequence[int], competitors: Sequence[int], predict: Predict
) -> npt.NDArray[np.float32]:
    """Cover every 7 x 7 square in turn.

    One call; at most 485 predictions a picture of 28 x 28, fewer where squares hold nothing but background.

    Args:
        images: (n, height, width, 1), ink 1 on background 0.
        labels: true class of each.
        competitors: another class of each.
        predict: any network.

    Returns:
        (n, height - 6, width - 6): by the upper left corner of the square, the change of the probability of the label
        less that of the competitor, in [-2, 2]. Positive: what was covered speaks for the competitor. 0 where nothing
        was covered.

    Source: Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2.
    """
    n, height, width, _ = images.shape
    maps = np.zeros((n, height - PATCH + 1, width - PATCH + 1), np.float32)
    if n == 0:
        return maps
    inked = np.lib.stride_tricks.sliding_window_view(images[..., 0] > 0, (PATCH, PATCH), axis=(1, 2))
    parameter_sets = np.argwhere(inked.any(axis=(3, 4)))
    covered = images[parameter_sets[:, 0]]
    for picture, (_, row, column) in zip(covered, parameter_sets.tolist(), strict=True):
        picture[row : row + PATCH, column : column + PATCH] = 0
    answers = predict(np.concatenate([images, covered]))
    owners = np.concatenate([np.arange(n), parameter_sets[:, 0]])
    every = np.arange(len(answers))
    leads = answers[every, np.asarray(labels)[owners]] - answers[every, np.asarray(competitors)[owners]]
    maps[tuple(parameter_sets.T)] = leads[n:] - leads[parameter_sets[:, 0]]
    return maps


BLUR_PIXELS = 0.75
"""Standard deviation of the blur."""

HOW_MANY = 3
"""Digits of each class."""


class Neighbours:
    """Known digits, ready to be compared with."""

    def __init__(self, images: Images, labels: npt.NDArray[np.integer]) -> None:
        self._labels = labels
        self._blurred = _blurred(images)

    def nearest(self, image: npt.NDArray[np.float32], digit: int) -> NearestImages:
        """Return the nearest digits of one class, nearest first; the first of equally near ones.

        Args:
            image: (28, 28, 1), ink 1 on background 0.
            digit: the class.
        """
        rows = np.flatnonzero(self._labels == digit)
        away = self._blurred[rows] - _blurred(image[np.newaxis])
        distances = np.sqrt((away**2).sum(axis=(1, 2), dtype=np.float64))
        order = np.argsort(distances, kind="stable")[:HOW_MANY]
        return NearestImages(
            label=digit,
            rows=tuple(int(row) for row in rows[order]),
            distances=tuple(float(distance) for distance in distances[order]),
        )


def _blurred(images: Images) -> npt.NDArray[np.float32]:
    return np.asarray(ndimage.gaussian_filter(images[..., 0], (0, BLUR_PIXELS, BLUR_PIXELS)), np.float32)
