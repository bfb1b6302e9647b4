"""Which way up, by the real referee."""

import numpy as np
from scipy import ndimage

from grader.measuring.ink import NO_TURN, Turn
from grader.measuring.upright import find_turns
from grader.models.references import load_reference
from tests.digits import MNIST, load_test_set
from tests.loops import every

IMAGES, LABELS = load_test_set()
REFEREE = load_reference("referee").predict


def some(digit: int, n: int = 10) -> np.ndarray:
    return IMAGES[np.flatnonzero(digit == LABELS)[:n]]


def turns(images: np.ndarray, label: int) -> list[Turn]:
    return list(find_turns(np.ascontiguousarray(images), [label] * len(images), REFEREE, MNIST))


def test_turns_when_digits_are_upright_then_hardly_any() -> None:
    rows = np.concatenate([np.flatnonzero(digit == LABELS)[:10] for digit in range(10)])
    found = find_turns(IMAGES[rows], LABELS[rows].tolist(), REFEREE, MNIST)
    assert sum(turn == NO_TURN for turn in found) >= 85


@every("digit", [3, 4, 7])
@every("quarters", [1, 2, 3])
def test_turns_when_turned_by_quarters_then_turned_back(digit: int, quarters: int) -> None:
    found = turns(np.rot90(some(digit), quarters, (1, 2)), digit)
    assert (
        found.count(Turn(angle_degrees=360 - 90.0 * quarters)) >= 5
    )  # a 3 the other way round often reads as a 3


@every("digit", [4, 7])
def test_turns_when_mirrored_then_mirrored_back(digit: int) -> None:
    assert turns(some(digit)[:, :, ::-1], digit).count(Turn(is_mirrored=True)) >= 7


@every("degrees", [35, -35])
def test_turns_when_tilted_then_turned_back_about_as_far(degrees: int) -> None:
    """SciPy turns counter-clockwise, as `numpy.rot90` does."""
    tilted = ndimage.rotate(some(4), degrees, axes=(1, 2), reshape=False, order=1)
    found = [turn.angle_degrees for turn in turns(np.clip(tilted, 0, 1), 4)]
    assert sum(abs(angle + degrees) <= 15 for angle in found) >= 7
    assert len({np.sign(angle) for angle in found if angle}) == 1


@every("drawn, named", [(6, 9), (9, 6)])
def test_turns_when_another_name_explains_it_then_no_half_turn(drawn: int, named: int) -> None:
    assert all(abs(turn.angle_degrees) != 180 for turn in turns(some(drawn), named))


@every("digit", [0, 1, 8])
def test_turns_when_the_digit_is_symmetrical_then_neither_half_turned_nor_mirrored(digit: int) -> None:
    for images in (some(digit), some(digit)[:, :, ::-1], np.rot90(some(digit), 2, (1, 2))):
        assert not any(turn.is_mirrored or turn.angle_degrees == 180 for turn in turns(images, digit))


def test_turns_when_no_pictures_then_none() -> None:
    assert find_turns(IMAGES[:0], [], REFEREE, MNIST) == ()
