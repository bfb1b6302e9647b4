"""What became of each labelled picture: read, or where its miss comes from, and whether it counts for points."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from grader.core.diagnosis import Cause, Diagnosis
from grader.core.evidence import Evidence, SubjectEvidence
from grader.core.picture import Picture


class Verdict(StrEnum):
    """What is known about one labelled picture, as handed in and normalized."""

    WELL_READ = "well_read"
    """The student's model and the referee read the label."""
    WELL_DONE = "well_done"
    """The student's model reads what the referee does not."""
    HANDED_IN = "handed_in"
    """Misread as handed in, but read once normalized or turned upright: the way it was handed in is the cause."""
    MODEL = "model"
    """The referee reads the normalized picture, the student's model does not: the model is the cause."""
    CONTESTED = "contested"
    """The referee does not read the normalized picture as its label: the digit itself is in doubt, and costs nothing."""


class Standing(StrEnum):
    """Whether a picture counts for the points for reading handwriting; its normalized form decides."""

    READ = "read"
    """It counts, as read."""
    MISSED = "missed"
    """It counts, as not read."""
    LEFT_OUT = "left_out"
    """It does not count: the referee does not read it."""


_BY_CAUSE = {
    Cause.PICTURE: Verdict.HANDED_IN,
    Cause.MODEL: Verdict.MODEL,
    Cause.CONTESTED: Verdict.CONTESTED,
}
_BY_READERS = {
    (True, True): Verdict.WELL_READ,
    (True, False): Verdict.WELL_DONE,
    (False, True): Verdict.MODEL,
    (False, False): Verdict.CONTESTED,
}
"""By whether the student's model reads the label, and whether the referee does."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a network makes of one picture."""

    prediction: int
    """The class with the highest probability; on ties the lower class."""
    confidence: float
    """Its probability, in [0, 1]."""


def answers(
    subject: SubjectEvidence | None, index: int | None, *, top: int = 1, as_submitted: bool = False
) -> tuple[Answer, ...]:
    """Return the `top` classes a network gives a picture, most probable first.

    Args:
        subject: what the network did; None when there is no such network.
        index: row of the picture; None when the picture could not be used.
        top: how many classes.
        as_submitted: ask for the picture as the file has it instead of the normalized one.

    Returns:
        Empty when there is no answer: no network, no picture, or scores that are not finite. Never a guess.
    """
    if subject is None or index is None:
        return ()
    probabilities = subject.as_submitted if as_submitted else subject.normalized
    if probabilities is None or not np.isfinite(probabilities[index]).all():
        return ()
    row = probabilities[index]
    order = np.argsort(-row, kind="stable")[:top]
    return tuple(Answer(prediction=int(k), confidence=float(row[k])) for k in order)


def answer(
    subject: SubjectEvidence | None, index: int | None, *, as_submitted: bool = False
) -> Answer | None:
    """Return the most probable class of `answers`, or None when there is no answer."""
    return next(iter(answers(subject, index, as_submitted=as_submitted)), None)


def margin(subject: SubjectEvidence | None, index: int | None, label: int | None) -> float | None:
    """Return by how much the label leads, in [-1, 1]: its probability minus that of the best other class.

    Args:
        subject: what the network did.
        index: row of the picture.
        label: the true class.

    Returns:
        Above 0 when the label is read; None without a label or an answer.
    """
    if label is None or index is None or subject is None or not answers(subject, index):
        return None
    row = np.asarray(subject.normalized, np.float64)[index]
    return float(row[label] - np.delete(row, label).max())


def diagnosis_of(evidence: Evidence, picture: Picture) -> Diagnosis | None:
    """Return why a picture was misread; None when it was read, or nobody asked."""
    if picture.index is None:
        return None
    return next((found for found in evidence.diagnoses if found.index == picture.index), None)


def picture_verdict(evidence: Evidence, picture: Picture) -> Verdict | None:
    """Return what became of `picture`; None without a label, or without both answers.

    A diagnosis decides where there is one, else the answers to the normalized picture.
    """
    reads, found = _reads(evidence, picture), diagnosis_of(evidence, picture)
    if reads is None:
        return None
    return _BY_READERS[reads] if found is None else _BY_CAUSE[found.cause]


def standing(evidence: Evidence, picture: Picture) -> Standing | None:
    """Return whether `picture` counts for reading handwriting; None without a label, or without both answers."""
    match _reads(evidence, picture):
        case None:
            return None
        case (is_read, True):
            return Standing.READ if is_read else Standing.MISSED
        case _:
            return Standing.LEFT_OUT


def _reads(evidence: Evidence, picture: Picture) -> tuple[bool, bool] | None:
    """Return whether the student's model and the referee read the label of the normalized picture."""
    student = answer(evidence.student, picture.index)
    referee = answer(evidence.subjects.get(evidence.settings.referee), picture.index)
    if picture.label is None or student is None or referee is None:
        return None
    return student.prediction == picture.label, referee.prediction == picture.label
