"""Counts by class, worked out by hand, and every reason why there is none."""

import numpy as np

from grader.analysis.accuracy import accuracy, by_class
from grader.core.count import Count
from grader.core.evidence import STUDENT
from grader.core.measurement import MeasurementStatus
from tests.builders import make_evidence, make_model

EVERY = ("test_set", "handwriting", "handwriting_as_submitted", "handwriting_readable")


def test_by_class_then_one_cell_for_each_class_that_occurs() -> None:
    cells = by_class(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 7]))
    assert [(cell.at, cell.count) for cell in cells] == [
        ((0,), Count(correct=1, total=2)),
        ((1,), Count(correct=1, total=1)),
        ((7,), Count(correct=0, total=1)),
    ]
    assert by_class(np.zeros(0, int), np.zeros(0, int)) == ()


def test_accuracy_when_measured_then_as_counted_by_hand() -> None:
    """The student misreads the 1, the referee the 3."""
    evidence = make_evidence(
        [0, 1, 2, 3],
        [0, 7, 2, 3],
        [0, 1, 2, 8],
        test_set=Count(correct=90, total=100),
    )
    counts = {
        "test_set": (90, 100),
        "handwriting": (3, 4),
        "handwriting_as_submitted": (3, 4),
        "handwriting_readable": (2, 3),
    }
    for question, (correct, total) in counts.items():
        found = accuracy(evidence, STUDENT, question)
        assert found is not None
        assert (found.status, found.reason) == (MeasurementStatus.MEASURED, None)
        assert found.count == Count(correct=correct, total=total), question


def test_accuracy_when_there_is_no_number_then_state_and_reason() -> None:
    none = make_evidence(model=None)
    refused = make_evidence(model=make_model(file="my.h5", loaded=False))
    no_picture, unusable = make_evidence([]), make_evidence([], unreadable=["a.png"])
    contested = make_evidence([3], referee_predictions=[8])
    missing, failed, empty = (
        MeasurementStatus.MISSING,
        MeasurementStatus.FAILED,
        MeasurementStatus.NOT_APPLICABLE,
    )
    of_pictures = EVERY[1:]
    for evidence, questions, status, slug in (
        (none, EVERY, missing, "unmeasured-no-model"),
        (refused, EVERY, failed, "unmeasured-model-unusable"),
        (no_picture, of_pictures, missing, "unmeasured-no-picture"),
        (unusable, of_pictures, failed, "unmeasured-no-usable-picture"),
        (contested, [each for each in EVERY if "readable" in each], empty, None),
    ):
        for question in questions:
            found = accuracy(evidence, STUDENT, question)
            assert found is not None
            assert (found.status, found.cells) == (status, ()), (question, slug)
            assert (None if found.reason is None else found.reason.slug) == slug, question
    assert accuracy(make_evidence(failure="grader-failed"), STUDENT, "test_set") is None
    assert accuracy(none, "nobody", "test_set") is None
