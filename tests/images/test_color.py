"""The quick median and distance agree with NumPy's own."""

import numpy as np

from grader.images.values import color_distance, middle_color
from tests.loops import every


@every("n", [1, 2, 7, 40])
def test_middle_color_when_compared_with_numpy_then_agrees(n: int) -> None:
    colors = np.random.default_rng(n).random((n, 3), np.float32)
    assert np.array_equal(middle_color(colors), np.median(colors, axis=0))


def test_color_distance_when_black_and_white_then_is_one() -> None:
    colors = np.array([[[1, 1, 1], [0, 0, 0], [1, 0, 0]]], np.float32)
    assert np.allclose(color_distance(colors, np.zeros(3, np.float32)), [[1, 0, np.sqrt(1 / 3)]])
