"""Values at a rank: what NumPy's median gives, and the nearest rank below a share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.images.values import at_share, middle

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
