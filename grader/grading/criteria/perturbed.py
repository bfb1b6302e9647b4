"""What the criteria on turned and moved digits share: on which digits they look, and how they count."""

from collections.abc import Iterator
from typing import Literal

from grader.core.count import Count, range_text
from grader.core.estimate import SMALL_N
from grader.core.evidence import STUDENT, Evidence
from grader.core.finding import Reason
from grader.core.intervals import mean_interval
from grader.core.robustness import Weighed
from grader.core.submission import Role
from grader.core.trials import Trials
from grader.grading import facts
from grader.grading.criteria.base import Outcome, Problem, ScaledSettings, bad_value, not_measured
from grader.grading.robustness import Robustness, levels_with


class PerturbedSettings(ScaledSettings):
    """A criterion on perturbed digits."""

    measured_on: Literal["handwriting", "probe"] = "handwriting"
    """The student's own digits, of which there are few, or the probe digits, of which there are enough to grade on."""

    def limit_problems(
        self, robustness: Robustness, *, name: str, key: str = "kind", limit: float | None = None
    ) -> Iterator[Problem]:
        """Yield a problem where the criterion looks at something that `robustness` does not try.

        Args:
            robustness: says what is tried.
            name: of the perturbation.
            key: of the limit in the rubric file.
            limit: largest value of every parameter that the criterion looks at; between two values that are tried
                it would look at less than it says.
        """
        tried = robustness.places(self.measured_on).get(name, ())
        if not tried:
            levels = " | ".join(levels_with(name, self.measured_on))
            yield bad_value(key, f"robustness.level = {robustness.level}", f"robustness.level = {levels}")
        elif limit is not None:
            sizes = sorted({abs(value) for at in tried for value in at})
            if limit not in sizes:
                yield bad_value(key, f"{limit:g}", " | ".join(f"{size:g}" for size in sizes))


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


def interval_of(weighed: Weighed) -> str:
    """Return the 95 % interval of the mean over digits as text: "72–100 %", "16–100 %, n < 10"; "–" where there is none."""
    estimate = mean_interval(weighed.shares)
    if estimate is None:
        return "–"
    few = f", n < {SMALL_N}" if estimate.is_small else ""
    return f"{range_text(estimate.low, estimate.high, estimate.n)}{few}"
