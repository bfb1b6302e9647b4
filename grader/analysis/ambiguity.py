"""One picture and the votes of two networks → how torn each is, and how far their votes split."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Votes = npt.NDArray[np.floating]
"""(classes,): probabilities that a network gives the classes of one picture; they sum to 1."""

SURE = 0.9
"""A network is called sure when its best answer has at least this probability; no points depend on it."""


class Pattern(StrEnum):
    """What two networks make of one picture."""

    AGREE = "agree"
    """Both are sure of the same class."""
    SPLIT = "split"
    """Both are sure, of different classes."""
    ONLY_STUDENT_SURE = "only_student_sure"
    """The student's network is sure, the other is torn."""
    ONLY_OTHER_SURE = "only_other_sure"
    """The student's network is torn, the other is sure."""
    TORN = "torn"
    """Both are torn."""


@dataclass(frozen=True, kw_only=True)
class Ambiguity:
    """How two networks see one picture."""

    distance: float
    """Total variation distance of the votes: the share that would have to move to make them alike, 0 to 1."""
    pattern: Pattern
    """What the two make of it."""


def ambiguity(student: Votes, other: Votes) -> Ambiguity:
    """Return how two networks see one picture.

    Args:
        student: votes of the student's network.
        other: votes of the other one, of the same classes.
    """
    return Ambiguity(
        distance=total_variation(student, other),
        pattern=_pattern(student, other),
    )


def entropy_bits(votes: Votes) -> float:
    """Return the Shannon entropy of votes in bits: 0 for one sure class, 1 for two equal ones, log2(classes) at most."""
    share = np.asarray(votes, np.float64)
    share = share[share > 0]
    return max(0.0, float(-(share * np.log2(share)).sum()))


def total_variation(votes: Votes, others: Votes) -> float:
    """Return half the sum of absolute differences: 0 for equal votes, 1 for votes without a class in common."""
    apart = np.abs(np.asarray(votes, np.float64) - np.asarray(others, np.float64)).sum() / 2
    return min(float(apart), 1.0)


def _pattern(student: Votes, other: Votes) -> Pattern:
    is_sure, is_other_sure = float(student.max()) >= SURE, float(other.max()) >= SURE
    if is_sure and is_other_sure:
        return Pattern.AGREE if student.argmax() == other.argmax() else Pattern.SPLIT
    if is_sure:
        return Pattern.ONLY_STUDENT_SURE
    return Pattern.ONLY_OTHER_SURE if is_other_sure else Pattern.TORN
