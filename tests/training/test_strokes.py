import numpy as np
import pytest
from scipy import ndimage

from grader.training.strokes import CLASS_SHARES, draw_digits, parse_stroke, prototypes
from tests.loops import every


def test_stroke_when_parsed_then_corner_points_come_twice() -> None:
    assert parse_stroke("0,0.5 1,0! -0.2,1") == ((0, 0.5), (1, 0), (1, 0), (-0.2, 1))


def test_prototypes_when_read_then_ten_digits_about_one_high() -> None:
    assert len(prototypes()) == 10
    for digit, ways in enumerate(prototypes()):
        assert len(ways) >= 5
        assert len({way.name for way in ways}) == len(ways)
        for way in ways:
            y = [y for stroke in way.strokes for _, y in stroke]
            assert 0.9 <= max(y) - min(y) <= 1.1, (digit, way.name)
            assert way.weight > 0


def test_prototypes_when_european_ways_are_asked_for_then_there() -> None:
    names = [{way.name for way in ways} for ways in prototypes()]
    assert {"upstroke", "upstroke and foot", "foot only", "long upstroke"} <= names[1]
    assert {"crossed", "serif", "curved", "crossed, serif"} <= names[7]
    assert "curled tail" in names[9]
    assert "open, two strokes" in names[4]
    assert "detached bar" in names[5]


def test_digits_when_drawn_then_classes_have_their_shares_and_values_are_ink() -> None:
    images, labels = draw_digits(500, np.random.default_rng(3))
    assert images.shape == (500, 28, 28)
    assert images.dtype == np.float32
    assert np.bincount(labels).tolist() == [30, 100, 30, 30, 75, 35, 30, 60, 30, 80]
    assert images.min() == 0
    assert images.max() == 1
    assert (images.max(axis=(1, 2)) > 0.8).all(), "no drawing is blank"


def test_class_shares_when_summed_then_one() -> None:
    assert sum(CLASS_SHARES) == pytest.approx(1)


def test_digits_when_drawn_then_placed_as_mnist_places_them() -> None:
    images, _ = draw_digits(400, np.random.default_rng(4))
    longer = [max(np.ptp(np.nonzero(image > 0.3), axis=1)) + 1 for image in images]
    assert max(longer) <= 22, "20 pixels and the soft edge on either side"
    assert np.mean([side >= 18 for side in longer]) > 0.9
    offsets = np.abs([ndimage.center_of_mass(image) for image in images] - np.array(13.5)).max(axis=1)
    assert np.mean(offsets < 1.2) > 0.95
    assert offsets.max() < 3


def test_digits_when_seed_is_the_same_then_identical() -> None:
    first, _ = draw_digits(40, np.random.default_rng(5))
    again, _ = draw_digits(40, np.random.default_rng(5))
    other, _ = draw_digits(40, np.random.default_rng(6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@every("n", [1, 7, 101])
def test_digits_when_shares_do_not_come_out_even_then_exactly_n(n: int) -> None:
    images, labels = draw_digits(n, np.random.default_rng(0))
    assert len(images) == len(labels) == n
    assert (np.diff(labels.astype(int)) >= 0).all()
