import numpy as np

from grader.measuring.explain import Neighbours


def bar(column: int) -> np.ndarray:
    image = np.zeros((28, 28, 1), np.float32)
    image[6:22, column] = 1
    return image


def test_nearest_when_bars_stand_side_by_side_then_the_closest_first() -> None:
    images = np.stack([bar(column) for column in (5, 12, 15, 25, 14)])
    known = Neighbours(images, np.array([1, 1, 1, 1, 2]))
    found = known.nearest(bar(14), 1)
    assert found.label == 1
    assert found.rows[:2] == (2, 1)
    assert found.distances == tuple(sorted(found.distances))
    same = known.nearest(bar(14), 2)
    assert same.rows == (4,)
    assert same.distances == (0.0,)


def test_nearest_when_the_class_is_not_known_then_empty() -> None:
    found = Neighbours(np.stack([bar(3)]), np.array([1])).nearest(bar(3), 7)
    assert found.rows == found.distances == ()
