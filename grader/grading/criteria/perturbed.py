"""What the criteria on turned and moved digits share: on which digits they look, and how they count."""

from collections.abc import Iterator
from typing import Literal

from grader.core.count import Count
from grader.core.evidence import STUDENT, Evidence
from grader.core.finding import Reason
from grader.core.intervals import mean_interval
from grader.core.robustness import Shares
from grader.core.submission import Role
from grader.core.trials import Trials
from grader.grading import facts
from grader.grading.criteria.base import Outcome, Problem, ScaledSettings, bad_value, not_measured
from grader.grading.robustness import Robustness


class PerturbedSettings(ScaledSettings):
    """A criterion on perturbed digits."""

    measured_on: Literal["handwriting", "probe"] = "handwriting"
    """The student's own digits, of which there are few, or the probe digits, of which there are enough to grade on."""

    def limit_problems(
        self, robustness: Robustness, *, name: str, key: str, limits: tuple[float, ...]
    ) -> Iterator[Problem]:
        """Yield a problem where the criterion looks farther than `robustness` measures.

        Args:
            robustness: says what is tried.
            name: of the perturbation.
            key: of the limit in the rubric file.
            limits: largest value of each parameter that the criterion looks at.
        """
        tried = robustness.places(self.measured_on).get(name, ())
        largest = tuple(max(abs(value) for value in values) for values in zip(*tried, strict=True))
        if not tried:
            yield bad_value(key, robustness.level, "standard | full")
        elif any(limit > most for limit, most in zip(limits, largest, strict=True)):
            yield bad_value(key, f"{max(limits):g}", f"≤ {max(largest):g}")


def trials_of(settings: PerturbedSettings, evidence: Evidence) -> Trials | Outcome:
    """Return the trials that a criterion looks at, or the outcome where the student's model has none."""
    on_probe = settings.measured_on == "probe"
    obstacle = (
        facts.without_model(evidence) if on_probe else facts.without_model_or_pictures(evidence, Role.PICTURE)
    )
    if obstacle:
        return obstacle
    basis = facts.student_count(evidence, "probe" if on_probe else "handwriting")
    if not isinstance(basis, Count):
        return basis
    trials = evidence.probe if on_probe else evidence.own
    if STUDENT not in trials.perturbed:
        return not_measured(Reason(slug="reason-not-measured", values={"measurement": settings.kind}))
    return trials


def nothing_readable(settings: PerturbedSettings) -> Outcome:
    """Return the outcome where no cell counts."""
    return not_measured(
        Reason(slug="reason-not-measured-nothing-readable", values={"measurement": settings.kind})
    )


def interval_of(shares: Shares | None) -> str:
    """Return the 95 % interval of a mean over digits as text, "72–100 %"; "–" where there is none."""
    estimate = None if shares is None else mean_interval(shares)
    if estimate is None:
        return "–"
    decimals = 0 if estimate.n < 100 else 1
    return f"{100 * estimate.low:.{decimals}f}–{100 * estimate.high:.{decimals}f} %"
