"""How many digits the model still reads when they are moved."""

from collections.abc import Iterator

from grader.core.evidence import STUDENT, Evidence
from grader.core.robustness import SCORED, Zone, shift_shares
from grader.core.trials import Trials
from grader.grading.criteria.base import Outcome, Problem, criterion, measured
from grader.grading.criteria.perturbed import PerturbedSettings, interval_of, nothing_readable, trials_of
from grader.grading.fields import Pixels
from grader.grading.robustness import Robustness

MAX_SHIFT_PIXELS = int(SCORED.shift_pixels)
"""Largest shift that counts unless a rubric says otherwise: a digit of MNIST's size keeps 99 % of its ink."""


class Shift(PerturbedSettings):
    """Settings of `shift`."""

    max_shift_pixels: Pixels = MAX_SHIFT_PIXELS
    """Largest shift to any side that counts."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield what the fields' own rules cannot see."""
        yield from super().problems(robustness)
        limit = float(self.max_shift_pixels)
        yield from self.limit_problems(robustness, name="shift", key="max_shift_pixels", limit=limit)


_SLUGS = {
    "handwriting": ("reason-shift", "reason-shift-shown"),
    "probe": ("reason-shift-probe", "reason-shift-probe-shown"),
}


@criterion("shift", Shift, anchor="shift")
def grade_shift(settings: Shift, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Take the mean over digits of each one's share of the scored shifts, only where the referee still reads it."""
    trials = trials_of(settings, evidence)
    if not isinstance(trials, Trials):
        return trials
    limit = float(settings.max_shift_pixels)
    weighed = shift_shares(trials, STUDENT, Zone(shift_pixels=limit))
    if weighed is None or not weighed.n:
        return nothing_readable(settings)
    slug, information_slug = _SLUGS[settings.measured_on]
    return measured(
        weighed.mean(),
        slug,
        information_slug=information_slug,
        max_shift=settings.max_shift_pixels,
        digits=weighed.n,
        interval=interval_of(weighed),
    )
