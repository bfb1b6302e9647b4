"""How many digits the model still reads when they are turned."""

from collections.abc import Iterator
from decimal import Decimal

from grader.core.evidence import STUDENT, Evidence
from grader.core.robustness import SCORED, rotation_shares
from grader.core.trials import Trials
from grader.grading.criteria.base import Outcome, Problem, criterion, measured
from grader.grading.criteria.perturbed import PerturbedSettings, interval_of, nothing_readable, trials_of
from grader.grading.fields import Degrees
from grader.grading.robustness import Robustness

MAX_ANGLE_DEGREES = Decimal(SCORED.angle_degrees)
"""Largest rotation that counts unless a rubric says otherwise: an augmented network reads every digit up to it."""


class Rotation(PerturbedSettings):
    """Settings of `rotation`."""

    max_angle_degrees: Degrees = MAX_ANGLE_DEGREES
    """Largest rotation to either side that counts; up to 30 degrees an augmented network reads 99 %."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield what the fields' own rules cannot see."""
        yield from super().problems(robustness)
        limit = float(self.max_angle_degrees)
        yield from self.limit_problems(robustness, name="rotation", key="max_angle_degrees", limit=limit)


_SLUGS = {
    "handwriting": ("reason-rotation", "reason-rotation-shown"),
    "probe": ("reason-rotation-probe", "reason-rotation-probe-shown"),
}


@criterion("rotation", Rotation, anchor="rotation")
def grade_rotation(settings: Rotation, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Take the mean over digits of the area under each one's curve, only where the referee still reads it."""
    trials = trials_of(settings, evidence)
    if not isinstance(trials, Trials):
        return trials
    limit = float(settings.max_angle_degrees)
    weighed = rotation_shares(trials, STUDENT, limit)
    if weighed is None or not weighed.n:
        return nothing_readable(settings)
    slug, information_slug = _SLUGS[settings.measured_on]
    return measured(
        weighed.mean(),
        slug,
        information_slug=information_slug,
        max_angle=f"{settings.max_angle_degrees.normalize():f}",
        digits=weighed.n,
        interval=interval_of(weighed),
    )
