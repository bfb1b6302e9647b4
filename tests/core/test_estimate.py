"""An estimate holds together or is refused."""

import pytest

from grader.core.count import Estimate


@pytest.mark.parametrize(("n", "is_small"), [(1, True), (9, True), (10, False), (200, False)])
def test_estimate_when_of_fewer_than_ten_images_then_says_so(n: int, is_small: bool) -> None:
    assert Estimate(value=0.5, low=0.25, high=0.75, n=n).is_small is is_small


@pytest.mark.parametrize(
    ("value", "low", "high", "n"),
    [
        (0.5, 0.6, 0.7, 10),
        (0.8, 0.6, 0.7, 10),
        (0.5, -1.1, 0.7, 10),
        (0.5, 0.1, 1.1, 10),
        (0.5, 0.1, 0.9, 0),
        (float("nan"), 0.1, 0.9, 10),
    ],
)
def test_estimate_when_it_does_not_hold_together_then_refused(
    value: float, low: float, high: float, n: int
) -> None:
    with pytest.raises(ValueError, match="estimate"):
        Estimate(value=value, low=low, high=high, n=n)
