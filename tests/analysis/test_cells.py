"""Counts at every place, the worst of them, and what does not count, by hand on three digits."""

import numpy as np

from grader.analysis.cells import (
    Counting,
    PlausibleReading,
    cell_size,
    cells_of,
    counting,
    plausible_readings,
    sum_between,
    worst_cell,
)
from grader.core.count import Count
from grader.core.measurement import Cell
from grader.core.perturbed import NO_PREDICTIONS, PerturbedPredictions

ANGLES = (-90.0, -10.0, 0.0, 10.0, 90.0)
REFEREE = [
    # a 6, a 7, and a 1 that the referee takes for a 7 even upright
    [5, 2, 7],
    [6, 7, 7],
    [6, 7, 7],
    [6, 7, 7],
    [9, 2, 1],
]
STUDENT = [
    [5, 2, 7],
    [6, 1, 7],
    [6, 7, 1],
    [8, 7, 1],
    [9, 7, 1],
]


def predictions() -> PerturbedPredictions:
    labels = np.array([6, 7, 1], np.int8)
    referee, student = np.array(REFEREE, np.int8), np.array(STUDENT, np.int8)
    half_turned = np.array([[9, 2, 1]], np.int8)
    in_frame = np.ones((5, 3), np.bool_)
    in_frame[1, 0] = False  # the ink of the 6 left the frame
    return PerturbedPredictions(
        rows=np.arange(3),
        labels=labels,
        parameter_sets={
            "rotation": np.array(ANGLES)[:, np.newaxis],
            "lecture": np.array([[180.0, 0.0, 0.0]]),
        },
        in_frame={"rotation": in_frame, "lecture": np.ones((1, 3), np.bool_)},
        referee="referee",
        unperturbed={"referee": referee[2], "student": student[2]},
        perturbed={
            "referee": {"rotation": referee, "lecture": half_turned},
            "student": {"rotation": student, "lecture": np.array([[9, 7, 1]], np.int8)},
        },
    )


def at(angle: float, correct: int, total: int) -> Cell:
    return Cell(at=(angle,), count=Count(correct=correct, total=total))


def test_cells_when_all_digits_are_wanted_then_each_place_has_all() -> None:
    assert cells_of(predictions(), "student", "rotation", only_valid=False) == (
        at(-90, 0, 3),
        at(-10, 1, 3),
        at(0, 3, 3),
        at(10, 2, 3),
        at(90, 2, 3),
    )


def test_cells_when_only_counted_then_the_others_are_left_out() -> None:
    assert cells_of(predictions(), "student", "rotation", only_valid=True) == (
        at(-90, 0, 0),
        at(-10, 0, 1),
        at(0, 2, 2),
        at(10, 1, 2),
        at(90, 0, 0),
    )


def test_cells_when_not_tried_then_none() -> None:
    assert cells_of(predictions(), "student", "shift", only_valid=False) == ()
    assert cells_of(predictions(), "nobody", "rotation", only_valid=False) == ()
    assert cells_of(NO_PREDICTIONS, "student", "rotation", only_valid=False) == ()


def test_sum_between_then_the_lower_end_is_outside_and_the_upper_inside() -> None:
    cells = cells_of(predictions(), "student", "rotation", only_valid=False)
    assert sum_between(cells, -1, 10) == Count(correct=6, total=9)
    assert sum_between(cells, 10, 90) == Count(correct=2, total=6)
    assert sum_between(cells, 90, 360) == Count(correct=0, total=0)


def test_worst_cell_when_two_tie_then_the_nearer_one_and_empty_ones_never() -> None:
    cells = [at(-20, 4, 10), at(-10, 4, 10), at(0, 9, 10), at(30, 5, 10), at(5, 0, 0)]
    assert worst_cell(cells) == at(-10, 4, 10)
    assert worst_cell([at(5, 0, 0)]) is None


def test_cell_size_when_a_shift_then_its_longer_axis() -> None:
    assert cell_size(Cell(at=(-2.0, 1.0), count=Count(correct=0, total=1))) == 2


def test_counting_then_every_test_that_does_not_count_has_one_reason() -> None:
    found = counting(predictions(), "referee", "rotation", (90.0,))
    # 5 angles: the 1 is contested at all of them; 6 and 7 are unread at both ends; the 6 lost its ink once.
    assert found == Counting(tried=15, counted=5, contested=5, unread=4, without_ink=1)
    assert found.tried == found.counted + found.contested + found.unread + found.without_ink
    assert counting(predictions(), "referee", "rotation", (10.0,)) == Counting(
        tried=9, counted=5, contested=3, unread=0, without_ink=1
    )
    assert counting(predictions(), "referee", "shift", (1.0, 1.0)) is None


def test_plausible_readings_then_sides_apart_and_never_of_contested_digits() -> None:
    assert plausible_readings(predictions(), "student", "referee") == (
        PlausibleReading(label=6, prediction=5, angles_degrees=(-90.0,), digits=1),
        PlausibleReading(label=6, prediction=9, angles_degrees=(90.0,), digits=1),
        PlausibleReading(label=6, prediction=9, angles_degrees=(180.0,), digits=1),
        PlausibleReading(label=7, prediction=2, angles_degrees=(-90.0,), digits=1),
    )
    assert plausible_readings(NO_PREDICTIONS, "student", "referee") == ()
