import numpy as np

from grader.measuring.explain import Neighbours, occlusion_maps
from tests.fakes import Counting


def corner_ink(images):
    """Class 1 by the share of ink in the upper left 7 x 7 pixels, else class 0."""
    share = images[:, :7, :7, 0].mean(axis=(1, 2))
    return np.stack([1 - share, share], axis=1).astype(np.float32)


def test_map_when_the_deciding_corner_is_covered_then_the_lead_changes_there_alone() -> None:
    image = np.ones((1, 28, 28, 1), np.float32)
    [map_] = occlusion_maps(image, [1], [0], corner_ink)
    assert map_.shape == (22, 22)
    assert map_[0, 0] == -2
    # a patch moved down by r and right by c covers (7 - r) x (7 - c) of the 49 pixels
    np.testing.assert_allclose(map_[3, 2], -2 * 4 * 5 / 49, rtol=1e-5)
    assert not map_[7:].any()
    assert not map_[:, 7:].any()
    np.testing.assert_array_equal(occlusion_maps(image, [0], [1], corner_ink)[0], -map_)


def test_map_when_several_pictures_then_as_each_alone_in_one_call() -> None:
    images = np.random.default_rng(0).random((3, 28, 28, 1)).astype(np.float32)
    asked = Counting(corner_ink)
    together = occlusion_maps(images, [1, 0, 1], [0, 1, 0], asked.predict)
    assert (asked.calls, asked.predictions) == (1, 3 * 485)
    for number in range(3):
        alone = occlusion_maps(images[[number]], [(1, 0, 1)[number]], [(0, 1, 0)[number]], corner_ink)[0]
        np.testing.assert_array_equal(alone, together[number])


def test_map_when_nothing_is_there_then_nothing_is_asked() -> None:
    asked = Counting(corner_ink)
    assert not occlusion_maps(np.zeros((1, 28, 28, 1), np.float32), [1], [0], asked.predict).any()
    assert asked.predictions == 1
    assert occlusion_maps(np.zeros((0, 28, 28, 1), np.float32), [], [], asked.predict).shape == (0, 22, 22)


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
