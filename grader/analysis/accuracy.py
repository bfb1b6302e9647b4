"""What a network answered → how many images it read rightly, question by question, or why there is no number."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from grader.analysis.robustness import counted
from grader.core.evidence import Evidence
from grader.core.finding import Reason
from grader.core.measurement import Cell, Measurement, MeasurementStatus
from grader.core.picture import ImageSet, Picture
from grader.core.submission import Role

_Classes = npt.NDArray[np.integer]


def graded_pictures(images: ImageSet) -> tuple[Picture, ...]:
    """Return the usable pictures with a label, outside `ambiguous/`."""
    return tuple(
        picture for picture in images.usable if picture.group is Role.PICTURE and picture.label is not None
    )


def accuracy(evidence: Evidence, subject: str, question: str) -> Measurement | None:
    """Count what `subject` read rightly.

    Args:
        evidence: of one submission.
        subject: `STUDENT` or id of a reference model.
        question: "test_set", by class; "handwriting", the normalized pictures by class; "handwriting_as_submitted", the
            same as handed in; or "handwriting_readable", the normalized ones that the referee reads.

    Returns:
        None when nobody asked: the grader itself failed, or there is no such subject.
    """
    answered = evidence.subjects.get(subject)
    if answered is None:
        return None
    if answered.normalized is None or answered.as_submitted is None or answered.test_set is None:
        return _without_number(question, *_why_unanswered(evidence))
    if question == "test_set":
        return _measured(question, by_class(answered.test_set, evidence.test_labels))
    pictures = graded_pictures(evidence.images)
    if not pictures:
        handed_in = any(picture.group is Role.PICTURE for picture in evidence.images.pictures)
        status = MeasurementStatus.FAILED if handed_in else MeasurementStatus.MISSING
        slug = "unmeasured-no-usable-picture" if handed_in else "unmeasured-no-picture"
        return _without_number(question, status, Reason(slug=slug))
    rows = np.array([picture.index for picture in pictures], np.int64)
    labels = np.array([picture.label for picture in pictures], np.int64)
    kept = np.ones(len(rows), np.bool_)
    referee = evidence.subjects.get(evidence.settings.referee)
    if question == "handwriting_readable" and referee is not None and referee.normalized is not None:
        kept = referee.normalized[rows].argmax(axis=1) == labels
    answers = answered.as_submitted if question == "handwriting_as_submitted" else answered.normalized
    return _measured(question, by_class(answers[rows].argmax(axis=1)[kept], labels[kept]))


def by_class(predictions: _Classes, labels: _Classes) -> tuple[Cell, ...]:
    """Count right answers by class.

    Args:
        predictions: predicted class, (n,).
        labels: true class, (n,).

    Returns:
        One cell (class,) for each class that occurs.
    """
    return tuple(
        Cell(at=(float(label),), count=counted(predictions == label, labels == label))
        for label in np.unique(labels)
    )


def _why_unanswered(evidence: Evidence) -> tuple[MeasurementStatus, Reason]:
    if evidence.model is None:
        return MeasurementStatus.MISSING, Reason(slug="unmeasured-no-model")
    reason = Reason(slug="unmeasured-model-unusable", values={"file": evidence.model.file})
    return MeasurementStatus.FAILED, reason


def _without_number(question: str, status: MeasurementStatus, reason: Reason) -> Measurement:
    return Measurement(name=question, status=status, reason=reason)


def _measured(question: str, cells: Sequence[Cell]) -> Measurement:
    status = MeasurementStatus.MEASURED if cells else MeasurementStatus.NOT_APPLICABLE
    return Measurement(name=question, status=status, cells=tuple(cells))
