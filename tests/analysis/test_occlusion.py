"""Where in a picture the wrong class comes from, by hand."""

import numpy as np
import pytest

from grader.analysis.occlusion import Region, influence, strongest_region
from tests.loops import every


def covered(**parameter_sets: float) -> np.ndarray:
    """Return a map of 22 x 22: covered(r3c4=0.5)."""
    found = np.zeros((22, 22), np.float32)
    for name, change in parameter_sets.items():
        row, column = name[1:].split("c")
        found[int(row), int(column)] = change
    return found


def test_influence_when_one_square_matters_then_shared_by_the_squares_over_each_pixel() -> None:
    found = influence(covered(r10c10=0.49))
    assert found.shape == (28, 28)
    # Pixels in the middle of the picture lie in 49 squares, of which one changes something.
    assert found[10, 10] == pytest.approx(0.01)
    assert found[16, 16] == pytest.approx(0.01)
    assert found[9, 10] == found[17, 10] == 0
    assert np.count_nonzero(found) == 49


def test_influence_when_at_the_corner_then_the_single_square_there_counts_alone() -> None:
    assert influence(covered(r0c0=0.5))[0, 0] == pytest.approx(0.5)


@every(
    "place, row, column",
    [
        ("r4c4", "upper", "left"),
        ("r0c21", "upper", "right"),
        ("r10c11", "middle", "center"),
        ("r21c10", "lower", "center"),
        ("r17c3", "lower", "left"),
        # The center of a square at 7 is 10.5, inside the first third (4 to 10.67); at 8 it is 11.5.
        ("r7c8", "upper", "center"),
    ],
)
def test_strongest_region_then_named_by_the_thirds_of_the_box(place: str, row: str, column: str) -> None:
    assert strongest_region(covered(**{place: 0.25})) == Region(row=row, column=column, change=0.25)


def test_strongest_region_when_nothing_helps_then_none() -> None:
    assert strongest_region(covered()) is None
    assert strongest_region(covered(r1c1=-0.5) - np.float32(0.1)) is None
