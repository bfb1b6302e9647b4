"""Points, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from grader.core.finding import Reason

LocalizedText = Mapping[str, str]
"""Text by language: "ko" and "en"."""


class CriterionStatus(StrEnum):
    """How the points of a criterion came about."""

    GRADED = "graded"
    """Measured and turned into points."""
    WAITING = "waiting"
    """A person gives these points."""
    MISSING = "missing"
    """Not handed in: 0 points, and the reason says what was missing."""
    NOT_MEASURED = "not_measured"
    """Handed in and could not be measured: no points yet, a person decides."""
    INFORMATION = "information"
    """Shown, worth no points."""


class SubmissionStatus(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    INCOMPLETE = "incomplete"
    """Graded on what was usable."""
    REJECTED = "rejected"
    """Nothing in it may be opened."""
    NOT_SUBMITTED = "not_submitted"
    """The folder holds nothing."""
    COULD_NOT_GRADE = "could_not_grade"
    """Our failure; never 0 points."""


@dataclass(frozen=True, kw_only=True)
class CriterionResult:
    """The outcome of one line of the rubric."""

    id: str
    """Key in the rubric."""
    title: LocalizedText
    """What it asks for."""
    kind: str
    """Registered criterion kind, or "manual"."""
    status: CriterionStatus
    """How the points came about."""
    points: Decimal | None
    """None while nobody knows: waiting or not measured."""
    points_possible: Decimal
    """The most it can give."""
    reason: Reason
    """Measured value, band and points in words."""
    passed: bool | None = None
    """At or above the pass mark; None when the criterion has none or there are no points."""
    guidance: LocalizedText = field(default_factory=dict)
    """What the student can do about it, or what a grading person should look for."""
    anchor: str = ""
    """Section of the student page that holds its evidence, for example "digits"."""
    is_visible_to_students: bool = True
    """False: only the instructor sees it; then it is worth no points."""


@dataclass(frozen=True, kw_only=True)
class Grade:
    """The outcome of one submission: a pure function of rubric and evidence."""

    submission_id: str
    """Name of the folder or zip."""
    name: str
    """Name to show."""
    status: SubmissionStatus
    """What became of it."""
    points: Decimal | None
    """Sum of the points known so far; None when the submission could not be graded."""
    points_possible: Decimal
    """Sum over the rubric."""
    points_open: Decimal
    """How many of them nobody knows yet."""
    criteria: tuple[CriterionResult, ...]
    """In the order of the rubric."""

    def for_students(self) -> "Grade":
        """Return it without the criteria that students do not see; these are worth no points, so that sums stay."""
        visible = tuple(each for each in self.criteria if each.is_visible_to_students)
        return replace(self, criteria=visible)

    @property
    def is_waiting(self) -> bool:
        """Whether a criterion waits for points that only a person gives."""
        return any(each.status is CriterionStatus.WAITING for each in self.criteria)

    @property
    def needs_person(self) -> bool:
        """Whether anything is left for a person to decide."""
        return self.points is None or self.points_open > 0 or self.status is not SubmissionStatus.GRADED
