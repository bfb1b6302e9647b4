"""Percentages and Wilson intervals; expected intervals are the published ones for ten trials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.count import EMPTY, Count

counts = st.integers(0, 500).flatmap(
    lambda total: st.integers(0, total).map(lambda correct: Count(correct=correct, total=total))
)


@pytest.mark.parametrize(
    ("correct", "low", "high"),
    [(10, 0.72, 1.00), (9, 0.60, 0.98), (8, 0.49, 0.94), (7, 0.40, 0.89), (5, 0.24, 0.76)],
)
def test_interval_when_ten_were_tried_then_is_wilsons(correct: int, low: float, high: float) -> None:
    interval = Count(correct=correct, total=10).interval()
    assert interval == (pytest.approx(low, abs=0.005), pytest.approx(high, abs=0.005))


@given(counts)
def test_interval_when_there_is_a_share_then_holds_it(count: Count) -> None:
    interval = count.interval()
    if count.share is None:
        assert interval is None
    else:
        assert interval is not None
        assert 0 <= interval[0] <= count.share + 1e-12
        assert count.share - 1e-12 <= interval[1] <= 1


@pytest.mark.parametrize(
    ("correct", "total", "text"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (9999, 10000, "99.9 %"),
        (1, 10000, "0.1 %"),
        (46, 50, "92.0 %"),
        (0, 0, "–"),
    ],
)
def test_percent_when_shown_then_0_and_100_only_if_exact(correct: int, total: int, text: str) -> None:
    assert Count(correct=correct, total=total).percent_text == text


@given(counts, counts)
def test_sum_when_counts_are_added_then_both_parts_add(a: Count, b: Count) -> None:
    assert a + b == Count(correct=a.correct + b.correct, total=a.total + b.total)
    assert a + EMPTY == a


def test_count_when_more_right_than_tried_then_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        Count(correct=3, total=2)
