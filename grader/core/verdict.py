"""Where a miss comes from: the student's answer and the referee's, side by side."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from grader.core.evidence import Evidence, SubjectEvidence
from grader.core.picture import Picture


class Verdict(StrEnum):
    """What a pair of answers says about one labelled picture."""

    WELL_READ = "well_read"
    """Both read the label."""
    MODEL = "model"
    """The referee reads the label, the student's model does not: it is the model."""
    PICTURE = "picture"
    """Neither reads the label, and they differ: the picture or its normalization."""
    LABEL = "label"
    """Both read the same other class: the drawing or its label."""
    WELL_DONE = "well_done"
    """The student's model reads what the referee does not."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a network makes of one picture."""

    prediction: int
    """The class with the highest probability; the lower class of two equal ones."""
    confidence: float
    """Its probability, in [0, 1]."""


def verdict(*, label: int, student: int, referee: int) -> Verdict:
    """Return where a miss comes from, given the true class and both predicted classes."""
    if student == label:
        return Verdict.WELL_READ if referee == label else Verdict.WELL_DONE
    if referee == label:
        return Verdict.MODEL
    return Verdict.LABEL if student == referee else Verdict.PICTURE


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
    """Return by how much the label leads, in [-1, 1]: its probability less that of the best other class.

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


def picture_verdict(evidence: Evidence, picture: Picture) -> Verdict | None:
    """Return where a miss of `picture` comes from; None without a label, or without both answers."""
    student = answer(evidence.student, picture.index)
    referee = answer(evidence.subjects.get(evidence.settings.referee), picture.index)
    if picture.label is None or student is None or referee is None:
        return None
    return verdict(label=picture.label, student=student.prediction, referee=referee.prediction)
