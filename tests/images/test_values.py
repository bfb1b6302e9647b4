"""Medians, ranks, distances and thresholds: what NumPy's own give, and what can be checked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.images.values import at_share, color_distance, hysteresis, middle, middle_color, otsu
from tests.loops import every

_VALUES = st.lists(st.floats(-1000, 1000, width=32), min_size=1, max_size=40)


@given(values=_VALUES)
def test_middle_is_the_median(values: list[float]) -> None:
    assert middle(np.array(values, np.float32)) == pytest.approx(float(np.median(values)), rel=1e-6, abs=1e-6)


@given(values=_VALUES, share=st.floats(0, 0.999))
def test_share_of_the_values_lies_at_or_below_the_one_returned(values: list[float], share: float) -> None:
    array = np.array(values, np.float32)
    found = at_share(array, share)
    assert found in array
    assert np.mean(array <= found) >= share
    assert np.mean(array < found) <= share


def test_shape_does_not_matter() -> None:
    values = np.arange(12, dtype=np.float32)
    assert middle(values.reshape(3, 4)) == middle(values) == 5.5
    assert at_share(values.reshape(2, 6), 0.25) == 3


@every("n", [1, 2, 7, 40])
def test_middle_color_when_compared_with_numpy_then_agrees(n: int) -> None:
    colors = np.random.default_rng(n).random((n, 3), np.float32)
    assert np.array_equal(middle_color(colors), np.median(colors, axis=0))


def test_color_distance_when_black_and_white_then_is_one() -> None:
    colors = np.array([[[1, 1, 1], [0, 0, 0], [1, 0, 0]]], np.float32)
    assert np.allclose(color_distance(colors, np.zeros(3, np.float32)), [[1, 0, np.sqrt(1 / 3)]])


def test_otsu_when_values_form_two_groups_parts_them():
    values = np.array([0.1, 0.12, 0.11, 0.8, 0.82], dtype=np.float32)
    assert (values > otsu(values)).tolist() == [False, False, False, True, True]


def test_otsu_when_all_values_are_equal_puts_none_above():
    values = np.full(9, 0.4, dtype=np.float32)
    assert not (values > otsu(values)).any()


def test_hysteresis_when_a_weak_region_reaches_no_strong_pixel_drops_it():
    values = np.array([[0.4, 0.9, 0.0, 0.4], [0.0, 0.0, 0.4, 0.0], [0.4, 0.0, 0.0, 0.0]], dtype=np.float32)
    labels, count = hysteresis(values, weak=0.3, strong=0.5)
    assert count == 1
    assert labels.tolist() == [[1, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]
