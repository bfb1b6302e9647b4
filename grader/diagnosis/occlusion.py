"""A picture and a pair of classes → which part of it speaks for which: cover it piece by piece and ask again."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images
from grader.diagnosis.asker import Predict

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
    places = np.argwhere(inked.any(axis=(3, 4)))
    covered = images[places[:, 0]]
    for picture, (_, row, column) in zip(covered, places.tolist(), strict=True):
        picture[row : row + PATCH, column : column + PATCH] = 0
    answers = predict(np.concatenate([images, covered]))
    owners = np.concatenate([np.arange(n), places[:, 0]])
    every = np.arange(len(answers))
    leads = answers[every, np.asarray(labels)[owners]] - answers[every, np.asarray(competitors)[owners]]
    maps[tuple(places.T)] = leads[n:] - leads[places[:, 0]]
    return maps
