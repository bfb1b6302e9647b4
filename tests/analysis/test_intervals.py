"""Intervals of means over images: by hand, against independent formulas, and their laws."""

import math
import random
import time

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.analysis.intervals import difference_interval, mean_interval
from grader.core.count import Count, Estimate
from tests.loops import every

NOTHING = float("nan")
Z_SQUARED = 1.959963984540054**2

shares = st.one_of(
    st.floats(0, 1),
    st.sampled_from([0.0, 1.0, 0.5, NOTHING]),
    st.integers(0, 31).map(lambda right: right / 31),
)
samples = st.lists(shares, max_size=40).map(np.array)
pairs = st.lists(st.tuples(shares, shares), max_size=40).map(lambda both: np.array(both).reshape(-1, 2))


def ends(estimate: Estimate | None) -> tuple[float, float]:
    assert estimate is not None
    return estimate.low, estimate.high


def mean_of(*values: float) -> Estimate | None:
    return mean_interval(np.array(values))


def likeliest_variance(difference: float, more: float, less: float) -> float:
    """Variance of the likeliest distribution on -1, 0, 1 with this mean, by trying a million."""
    minus = np.linspace(max(0, -difference), (1 - difference) / 2, 1_000_001)[1:-1]
    likelihood = (
        less * np.log(minus)
        + more * np.log(minus + difference)
        + (1 - more - less) * np.log(1 - 2 * minus - difference)
    )
    return float(2 * minus[likelihood.argmax()] + difference - difference**2)


def test_interval_when_no_image_counts_then_none() -> None:
    empty = np.zeros(0)
    assert mean_interval(empty) is None
    assert mean_of(NOTHING, NOTHING) is None
    assert difference_interval(empty, empty) is None
    assert difference_interval(np.array([NOTHING, 0.5]), np.array([0.5, NOTHING])) is None


def test_mean_when_some_images_do_not_count_then_they_are_left_out() -> None:
    assert mean_of(0.5, NOTHING, 1, 0.25) == mean_of(0.5, 1, 0.25)


@every("correct", range(11))
def test_mean_when_every_share_is_0_or_1_then_is_wilsons(correct: int) -> None:
    estimate = mean_of(*[1.0] * correct, *[0.0] * (10 - correct))
    assert ends(estimate) == pytest.approx(Count(correct=correct, total=10).interval())


@every("low, n", [(0.2065, 1), (0.7225, 10), (0.9630, 100)])
def test_mean_when_all_are_1_then_low_is_n_over_n_plus_z_squared(low: float, n: int) -> None:
    estimate = mean_interval(np.ones(n))
    assert estimate is not None
    assert (estimate.value, estimate.low, estimate.high) == (1.0, pytest.approx(low, abs=5e-5), 1.0)
    mirrored = mean_interval(np.zeros(n))
    assert mirrored is not None
    assert (mirrored.value, mirrored.low, mirrored.high) == (0.0, 0.0, pytest.approx(1 - low, abs=5e-5))


def test_mean_when_of_one_image_then_is_as_wide_as_wilsons_of_one() -> None:
    assert ends(mean_of(0.5)) == pytest.approx((0.0546, 0.9454), abs=5e-5)


def test_mean_when_all_are_one_half_then_still_has_width() -> None:
    """The weight alone is left, 0.0316 of 2.5316: ten images count as 800.6; 0.5 ± 1.96 * sqrt(0.25 / 804.4)."""
    assert ends(mean_interval(np.full(10, 0.5))) == pytest.approx((0.4654, 0.5346), abs=5e-5)


def test_mean_when_shares_spread_then_is_as_worked_out_by_hand() -> None:
    """Squares 0.25 * 10/9, at most 10 * 3/16, weight 0.01 * sqrt(10): ten images count as 61.623."""
    estimate = mean_interval(np.array([0.5, 1.0, 0.75, 0.75, 0.75, 0.75, 0.75, 0.75, 0.5, 1.0]))
    n = 10 * (1.875 + 0.0316228) / (0.25 * 10 / 9 + 0.0316228)
    centre = (0.75 + Z_SQUARED / (2 * n)) / (1 + Z_SQUARED / n)
    assert n == pytest.approx(61.623, abs=0.001)
    assert estimate is not None
    assert estimate.value == 0.75
    assert (estimate.low + estimate.high) / 2 == pytest.approx(centre)
    for end in ends(estimate):
        assert (end - 0.75) ** 2 * n == pytest.approx(Z_SQUARED * end * (1 - end))


@every("n, end", [(10, 0.2775), (54, 0.0664), (30, 0.1135)])
def test_difference_when_both_always_agree_then_is_tangos(n: int, end: float) -> None:
    """n pairs without a difference: ±z² / (n + z²), from Tango's equation with no discordant pair."""
    estimate = difference_interval(np.ones(n), np.ones(n))
    assert ends(estimate) == (pytest.approx(-end, abs=5e-5), pytest.approx(end, abs=5e-5))


@every("more, less", [(0, 3), (1, 4), (5, 2), (10, 0), (3, 3), (0, 1)])
def test_difference_when_every_share_is_0_or_1_then_ends_solve_tangos_equation(more: int, less: int) -> None:
    ours = np.array([1.0] * more + [0.0] * less + [1.0] * (10 - more - less))
    others = np.array([0.0] * more + [1.0] * less + [1.0] * (10 - more - less))
    value = (more - less) / 10
    for end in ends(difference_interval(ours, others)):
        if abs(end) < 1:
            variance = likeliest_variance(end, more / 10, less / 10)
            assert abs(end - value) == pytest.approx(math.sqrt(Z_SQUARED * variance / 10), abs=1e-5)


@given(samples)
def test_difference_when_the_other_reads_everything_then_reaches_as_low_as_the_mean_less_one(
    values: npt.NDArray[np.float64],
) -> None:
    mean, difference = mean_interval(values), difference_interval(values, np.ones(len(values)))
    if mean is None:
        assert difference is None
    else:
        assert difference is not None
        assert difference.value == pytest.approx(mean.value - 1)
        assert difference.low == pytest.approx(mean.low - 1)
        assert difference.high >= mean.high - 1 - 1e-9


@every("share", [-0.01, 1.01, math.inf, -math.inf])
def test_interval_when_a_share_is_impossible_then_refused(share: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        mean_of(0.5, share)
    with pytest.raises(ValueError, match="outside"):
        difference_interval(np.array([0.5, 0.5]), np.array([0.5, share]))


def test_difference_when_of_unlike_images_then_refused() -> None:
    with pytest.raises(ValueError, match="images"):
        difference_interval(np.ones(3), np.ones(1))


@given(samples)
def test_mean_when_there_is_one_then_lies_within_and_mirrors(values: npt.NDArray[np.float64]) -> None:
    estimate, mirrored = mean_interval(values), mean_interval(1 - values)
    if estimate is None:
        assert np.isnan(values).all()
        assert mirrored is None
    else:
        assert mirrored is not None
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
        assert estimate.low < estimate.high
        assert ends(mirrored) == pytest.approx((1 - estimate.high, 1 - estimate.low), abs=1e-9)
        assert estimate.n == np.count_nonzero(~np.isnan(values))


@given(pairs)
def test_difference_when_there_is_one_then_lies_within_and_mirrors(both: npt.NDArray[np.float64]) -> None:
    ours, others = both.T
    estimate, mirrored = difference_interval(ours, others), difference_interval(others, ours)
    if estimate is None:
        assert np.isnan(both).any(axis=1).all()
        assert mirrored is None
    else:
        assert mirrored is not None
        assert -1 <= estimate.low <= estimate.value <= estimate.high <= 1
        assert estimate.low < estimate.high
        assert mirrored.value == -estimate.value
        assert ends(mirrored) == pytest.approx((-estimate.high, -estimate.low), abs=1e-6)


@given(pairs, st.randoms(use_true_random=False))
def test_interval_when_images_come_in_another_order_then_is_the_same_to_the_bit(
    both: npt.NDArray[np.float64], chance: random.Random
) -> None:
    order = list(range(len(both)))
    chance.shuffle(order)
    (ours, others), (ours_then, others_then) = both.T, both[order].T
    assert mean_interval(ours) == mean_interval(ours_then)
    assert difference_interval(ours, others) == difference_interval(ours_then, others_then)


@given(samples.filter(lambda values: np.count_nonzero(~np.isnan(values)) > 1))
def test_mean_when_the_images_are_there_four_times_then_is_surer(values: npt.NDArray[np.float64]) -> None:
    once, often = ends(mean_interval(values)), ends(mean_interval(np.tile(values, 4)))
    assert often[1] - often[0] < once[1] - once[0]


@every("n", [10, 200])
def test_interval_when_of_up_to_200_images_then_takes_under_two_milliseconds(n: int) -> None:
    ours, others = np.random.default_rng(0).random((2, n))
    taken = []
    for _ in range(20):
        start = time.perf_counter()
        mean_interval(ours)
        difference_interval(ours, others)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.002
