"""How torn networks are, by hand."""

import math

import numpy as np
import pytest

from grader.analysis.ambiguity import Pattern, ambiguity, entropy_bits, total_variation


def votes(**shares: float) -> np.ndarray:
    """Return votes of ten classes: votes(d4=0.5, d9=0.5)."""
    found = np.zeros(10, np.float32)
    for name, share in shares.items():
        found[int(name[1:])] = share
    return found


@pytest.mark.parametrize(
    ("given", "bits"),
    [
        (votes(d3=1), 0.0),
        (votes(d4=0.5, d9=0.5), 1.0),
        (votes(d1=0.25, d2=0.25, d3=0.25, d7=0.25), 2.0),
        (votes(d1=0.5, d2=0.25, d3=0.25), 1.5),
        (np.full(10, 0.1), math.log2(10)),
    ],
)
def test_entropy_then_bits_by_hand(given: np.ndarray, bits: float) -> None:
    assert entropy_bits(given) == pytest.approx(bits, abs=1e-6)


def test_entropy_when_sure_then_not_a_negative_zero() -> None:
    assert math.copysign(1, entropy_bits(votes(d3=1))) == 1


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        (votes(d4=1), votes(d4=1), 0.0),
        (votes(d4=1), votes(d9=1), 1.0),
        (votes(d4=0.75, d9=0.25), votes(d4=0.5, d9=0.5), 0.25),
        # 0.97 stays on 4 against 0.5: 0.47 would have to move.
        (votes(d4=0.97, d1=0.03), votes(d4=0.5, d9=0.5), 0.5),
    ],
)
def test_total_variation_then_the_share_that_would_have_to_move(
    one: np.ndarray, other: np.ndarray, distance: float
) -> None:
    assert total_variation(one, other) == pytest.approx(distance, abs=1e-6)
    assert total_variation(other, one) == total_variation(one, other)


def test_total_variation_when_rounding_makes_the_sum_larger_then_one_at_most() -> None:
    assert total_variation(votes(d1=1.0000001), votes(d2=1)) == 1.0


@pytest.mark.parametrize(
    ("student", "referee", "pattern"),
    [
        (votes(d4=0.95, d9=0.05), votes(d4=0.91, d9=0.09), Pattern.AGREE),
        (votes(d4=0.95, d9=0.05), votes(d9=0.97, d4=0.03), Pattern.SPLIT),
        (votes(d4=0.97, d9=0.03), votes(d4=0.55, d9=0.45), Pattern.ONLY_STUDENT_SURE),
        (votes(d4=0.6, d9=0.4), votes(d4=0.99, d9=0.01), Pattern.ONLY_OTHER_SURE),
        (votes(d4=0.6, d9=0.4), votes(d9=0.6, d4=0.4), Pattern.TORN),
    ],
)
def test_pattern_then_who_is_sure(student: np.ndarray, referee: np.ndarray, pattern: Pattern) -> None:
    assert ambiguity(student, referee).pattern is pattern


def test_ambiguity_when_half_of_the_votes_differ_then_that_is_the_distance() -> None:
    assert ambiguity(votes(d4=1), votes(d4=0.5, d9=0.5)).distance == pytest.approx(0.5)
