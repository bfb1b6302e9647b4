"""How many of the student's digits the model still reads when they are moved."""

from collections.abc import Iterator

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.core.submission import Role
from grader.grading import facts
from grader.grading.criteria.base import Outcome, Problem, ScaledSettings, bad_value, criterion, measured
from grader.grading.fields import Pixels
from grader.grading.robustness import Robustness


MAX_SHIFT_PIXELS = 3
"""Largest shift that counts unless a rubric says otherwise: a digit of MNIST's size keeps 99 % of its ink."""


class Shift(ScaledSettings):
    """Settings of `shift`."""

    max_shift_pixels: Pixels = MAX_SHIFT_PIXELS
    """Largest shift to any side that counts."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield what the fields' own rules cannot see."""
        yield from super().problems(robustness)
        if self.max_shift_pixels > robustness.shift_limit_pixels:
            yield bad_value(
                "max_shift_pixels", str(self.max_shift_pixels), f"≤ {robustness.shift_limit_pixels}"
            )


@criterion("shift", Shift, anchor="shift")
def grade_shift(settings: Shift, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Take the share read over the scored shifts, each digit only where the referee still reads it."""
    if obstacle := facts.without_model_or_pictures(evidence, Role.PICTURE):
        return obstacle
    limit = float(settings.max_shift_pixels)
    count = facts.student_count(evidence, "shift_readable", within=(limit, limit))
    if not isinstance(count, Count):
        return count
    return measured(
        count, "reason-shift", information_slug="reason-shift-shown", max_shift=settings.max_shift_pixels
    )
