"""How many digits the model still reads when they are turned and moved at once."""

from collections.abc import Iterator
from typing import Literal

from grader.core.evidence import STUDENT, Evidence
from grader.core.robustness import grid_shares, grid_worst
from grader.core.trials import Trials
from grader.grading.criteria.base import Outcome, Problem, criterion, measured
from grader.grading.criteria.perturbed import PerturbedSettings, interval_of, nothing_readable, trials_of
from grader.grading.facts import interval_text
from grader.grading.robustness import Robustness


class Grid(PerturbedSettings):
    """Settings of `grid`."""

    judged_by: Literal["mean", "worst"] = "mean"
    """"mean": over digits, of each one's share of the counted cells that are read; "worst": share of the digits that are
    read in all of theirs."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield what the fields' own rules cannot see."""
        yield from super().problems(robustness)
        yield from self.limit_problems(robustness, name="grid")


_SLUGS = {
    ("mean", "handwriting"): ("reason-grid", "reason-grid-shown"),
    ("mean", "probe"): ("reason-grid-probe", "reason-grid-probe-shown"),
    ("worst", "handwriting"): ("reason-grid-worst", "reason-grid-worst-shown"),
    ("worst", "probe"): ("reason-grid-worst-probe", "reason-grid-worst-probe-shown"),
}


@criterion("grid", Grid, anchor="grid")
def grade_grid(settings: Grid, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Take the mean over digits of each one's share of the grid, or the digits read in all of it."""
    trials = trials_of(settings, evidence)
    if not isinstance(trials, Trials):
        return trials
    weighed, worst = grid_shares(trials, STUDENT), grid_worst(trials, STUDENT)
    if weighed is None or worst is None or not weighed.n:
        return nothing_readable(settings)
    slug, information_slug = _SLUGS[settings.judged_by, settings.measured_on]
    is_mean = settings.judged_by == "mean"
    return measured(
        weighed.mean() if is_mean else worst,
        slug,
        information_slug=information_slug,
        digits=worst.total,
        cells=len(trials.places["grid"]),
        interval=interval_of(weighed) if is_mean else interval_text(worst),
    )
