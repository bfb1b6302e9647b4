"""How many of the student's digits the model still reads when they are turned."""

from collections.abc import Iterator
from decimal import Decimal

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.core.submission import Role
from grader.grading import facts
from grader.grading.criteria.base import Outcome, Problem, ScaledSettings, bad_value, criterion, measured
from grader.grading.fields import Degrees
from grader.grading.robustness import Robustness


MAX_ANGLE_DEGREES = Decimal(30)
"""Largest rotation that counts unless a rubric says otherwise: an augmented network reads every digit up to it."""


class Rotation(ScaledSettings):
    """Settings of `rotation`."""

    max_angle_degrees: Degrees = Decimal(30)
    """Largest rotation to either side that counts; up to 30 degrees an augmented network reads 99 %."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield what the fields' own rules cannot see."""
        yield from super().problems(robustness)
        if self.max_angle_degrees > robustness.angle_limit_degrees:
            yield bad_value(
                "max_angle_degrees", str(self.max_angle_degrees), f"≤ {robustness.angle_limit_degrees}"
            )


@criterion("rotation", Rotation, anchor="rotation")
def grade_rotation(settings: Rotation, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Take the share read over the scored angles, each digit only where the referee still reads it."""
    if obstacle := facts.without_model_or_pictures(evidence, Role.PICTURE):
        return obstacle
    count = facts.student_count(evidence, "rotation_readable", within=(float(settings.max_angle_degrees),))
    if not isinstance(count, Count):
        return count
    limit = f"{settings.max_angle_degrees.normalize():f}"
    return measured(count, "reason-rotation", information_slug="reason-rotation-shown", max_angle=limit)
