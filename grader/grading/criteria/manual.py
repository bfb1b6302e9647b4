"""Points that a person gives."""

from collections.abc import Iterator

from grader.core.evidence import Evidence
from grader.core.finding import Reason
from grader.core.grade import CriterionStatus
from grader.grading.criteria.base import CriterionSettings, Outcome, Problem, bad_value, criterion
from grader.grading.fields import Robustness

MANUAL = "manual"
"""Name of the kind."""


class Manual(CriterionSettings):
    """Settings of `manual`; the guidance tells the grading person what to look for."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield problems that the rules of single fields cannot find."""
        yield from super().problems(robustness)
        if self.points == 0:
            yield bad_value("points", "0", "> 0")


@criterion(MANUAL, Manual, anchor="")
def grade_manual(settings: Manual, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Wait for a person, whatever was handed in."""
    return Outcome(status=CriterionStatus.WAITING, reason=Reason(slug="reason-waiting-for-person"))
