"""Counts by class and by place, worked out by hand, and every reason why there is none."""

import dataclasses

import numpy as np

from grader.analysis.accuracy import accuracy, by_class
from grader.core.count import Count
from grader.core.evidence import STUDENT
from grader.core.measurement import MeasurementStatus
from tests.builders import make_evidence, make_model

EVERY = (
    "test_set", "handwriting", "handwriting_as_submitted", "handwriting_readable", "rotation", "rotation_readable",
    "shift", "shift_readable",
)  # fmt: skip


def test_by_class_then_one_cell_for_each_class_that_occurs() -> None:
    cells = by_class(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 7]))
    assert [(cell.at, cell.count) for cell in cells] == [
        ((0,), Count(correct=1, total=2)),
        ((1,), Count(correct=1, total=1)),
        ((7,), Count(correct=0, total=1)),
    ]
    assert by_class(np.zeros(0, int), np.zeros(0, int)) == ()


def test_accuracy_when_measured_then_as_counted_by_hand() -> None:
    """The student misreads the 1, the referee the 3; turned by more than 10 degrees the student reads 5."""
    evidence = make_evidence(
        [0, 1, 2, 3],
        [0, 7, 2, 3],
        [0, 1, 2, 8],
        test_set=Count(correct=90, total=100),
        rotated={STUDENT: lambda angle, read: read if abs(angle) <= 10 else [5] * 4},
    )
    counts = {
        "test_set": (90, 100),
        "handwriting": (3, 4),
        "handwriting_as_submitted": (3, 4),
        "handwriting_readable": (2, 3),
        # Of 37 angles five are at most 10 degrees.
        "rotation": (5 * 3, 37 * 4),
        "rotation_readable": (5 * 2, 37 * 3),
    }
    for question, (correct, total) in counts.items():
        found = accuracy(evidence, STUDENT, question)
        assert found is not None
        assert (found.status, found.reason) == (MeasurementStatus.MEASURED, None)
        assert found.count == Count(correct=correct, total=total), question
    turned = accuracy(evidence, STUDENT, "rotation_readable")
    assert turned is not None
    assert turned.count_at(15) == Count(correct=0, total=3)


def test_accuracy_when_there_is_no_number_then_state_and_reason() -> None:
    none = make_evidence(model=None)
    refused = make_evidence(model=make_model(file="my.h5", loaded=False))
    no_picture, unusable = make_evidence([]), make_evidence([], unreadable=["a.png"])
    contested = make_evidence([3], referee_predictions=[8])
    ended = make_evidence([3])
    own = dataclasses.replace(
        ended.own, perturbed={who: read for who, read in ended.own.perturbed.items() if who != STUDENT}
    )
    ended = dataclasses.replace(ended, own=own)
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
        (ended, EVERY[4:], failed, "unmeasured-changes-not-tried"),
        (contested, [each for each in EVERY if "readable" in each], empty, None),
    ):
        for question in questions:
            found = accuracy(evidence, STUDENT, question)
            assert found is not None
            assert (found.status, found.cells) == (status, ()), (question, slug)
            assert (None if found.reason is None else found.reason.slug) == slug, question
    assert accuracy(make_evidence(failure="grader-failed"), STUDENT, "test_set") is None
    assert accuracy(none, "nobody", "test_set") is None
