"""Counts by class and by transform, worked out by hand."""

import numpy as np

from grader.core.count import Count
from grader.core.measurement import MeasurementStatus
from grader.measuring.subjects import accuracy_per_class, accuracy_per_transform

LABELS = np.array([0, 0, 1, 7])
PREDICTIONS = np.array([0, 1, 1, 2])


def test_per_class_when_all_count_then_one_cell_for_each_class_that_occurs() -> None:
    measurement = accuracy_per_class("handwriting", PREDICTIONS, LABELS)
    assert [(cell.at, cell.count) for cell in measurement.cells] == [
        ((0,), Count(correct=1, total=2)),
        ((1,), Count(correct=1, total=1)),
        ((7,), Count(correct=0, total=1)),
    ]
    assert measurement.count == Count(correct=2, total=4)


def test_per_class_when_some_do_not_count_then_they_are_in_no_total() -> None:
    counted = np.array([True, False, True, False])
    assert accuracy_per_class("x", PREDICTIONS, LABELS, counted).count == Count(correct=2, total=2)


def test_per_class_when_there_is_nothing_then_not_applicable_and_not_zero() -> None:
    empty = np.zeros(0, int)
    measurement = accuracy_per_class("x", empty, empty)
    assert (measurement.status, measurement.cells) == (MeasurementStatus.NOT_APPLICABLE, ())


def test_per_transform_when_images_drop_out_then_totals_shrink_there_only() -> None:
    predictions = np.array([[0, 0, 1, 7], [0, 1, 7, 1]])
    counted = np.array([[True] * 4, [True, True, False, False]])
    measurement = accuracy_per_transform("rotation", ((0.0,), (45.0,)), predictions, LABELS, counted)
    assert measurement.count_at(0.0) == Count(correct=4, total=4)
    assert measurement.count_at(45.0) == Count(correct=1, total=2)
    assert measurement.count_at(46.0) is None
