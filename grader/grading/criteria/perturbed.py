"""How many digits the model still reads when they are turned, moved, or both."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from grader.analysis.intervals import mean_interval
from grader.analysis.robustness import Weighed, worst_case, zone_shares
from grader.core.count import SMALL_N, Count, range_text
from grader.core.evidence import STUDENT, Evidence
from grader.core.finding import Reason
from grader.core.perturbed import SCORED, PerturbedPredictions
from grader.core.submission import Role
from grader.grading import facts
from grader.grading.criteria.base import (
    Outcome,
    Problem,
    ScaledSettings,
    bad_value,
    criterion,
    measured,
    not_measured,
)
from grader.grading.facts import interval_text
from grader.grading.fields import Degrees, Pixels, Robustness


class PerturbedSettings(ScaledSettings):
    """A criterion on perturbed digits."""

    measured_on: Literal["handwriting", "test_set"] = "handwriting"
    """The student's own digits, of which there are few, or the test images, of which there are enough to grade on."""

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
        tried = robustness.parameter_sets(self.measured_on).get(name, ())
        if not tried:
            levels = " | ".join(robustness.levels_with(name, self.measured_on))
            if levels:  # else the data set does not allow it at all, which is said of the rubric
                yield bad_value(key, f"robustness.level = {robustness.level}", f"robustness.level = {levels}")
        elif limit is not None:
            sizes = sorted({abs(value) for at in tried for value in at})
            if limit not in sizes:
                yield bad_value(key, f"{limit:g}", " | ".join(f"{size:g}" for size in sizes))


def predictions_of(settings: PerturbedSettings, evidence: Evidence) -> PerturbedPredictions | Outcome:
    """Return the perturbed predictions that a criterion looks at, or the outcome where there are none."""
    on_test_set = settings.measured_on == "test_set"
    obstacle = (
        facts.without_model(evidence)
        if on_test_set
        else facts.without_model_or_pictures(evidence, Role.PICTURE)
    )
    if obstacle:
        return obstacle
    basis = facts.student_count(evidence, "test_set" if on_test_set else "handwriting")
    if not isinstance(basis, Count):
        return basis
    predictions = evidence.test_set if on_test_set else evidence.own
    if STUDENT not in predictions.perturbed:
        return not_measured(Reason(slug="reason-not-measured", values={"measurement": settings.kind}))
    return predictions


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


MAX_ANGLE_DEGREES = Decimal(SCORED.angle_degrees)
"""Largest rotation that counts unless a rubric says otherwise: an augmented network reads every digit up to it."""


class Rotation(PerturbedSettings):
    """Settings of `rotation`."""

    max_angle_degrees: Degrees = MAX_ANGLE_DEGREES
    """Largest rotation to either side that counts; up to 30 degrees an augmented network reads 99 %."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield problems that the rules of single fields cannot find."""
        yield from super().problems(robustness)
        limit = float(self.max_angle_degrees)
        yield from self.limit_problems(robustness, name="rotation", key="max_angle_degrees", limit=limit)


_ROTATION_SLUGS = {
    "handwriting": ("reason-rotation", "reason-rotation-shown"),
    "test_set": ("reason-rotation-test-set", "reason-rotation-test-set-shown"),
}


@criterion("rotation", Rotation, anchor="rotation")
def grade_rotation(settings: Rotation, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Take the mean over digits of the area under each one's curve, only where the referee still reads it."""
    predictions = predictions_of(settings, evidence)
    if not isinstance(predictions, PerturbedPredictions):
        return predictions
    limit = float(settings.max_angle_degrees)
    weighed = zone_shares(predictions, STUDENT, "rotation", (limit,))
    if weighed is None or not weighed.n:
        return nothing_readable(settings)
    slug, information_slug = _ROTATION_SLUGS[settings.measured_on]
    return measured(
        weighed.mean(),
        slug,
        information_slug=information_slug,
        max_angle=f"{settings.max_angle_degrees.normalize():f}",
        digits=weighed.n,
        interval=interval_of(weighed),
    )


MAX_SHIFT_PIXELS = int(SCORED.shift_pixels)
"""Largest shift that counts unless a rubric says otherwise: a digit of MNIST's size keeps 99 % of its ink."""


class Shift(PerturbedSettings):
    """Settings of `shift`."""

    max_shift_pixels: Pixels = MAX_SHIFT_PIXELS
    """Largest shift to any side that counts."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield problems that the rules of single fields cannot find."""
        yield from super().problems(robustness)
        limit = float(self.max_shift_pixels)
        yield from self.limit_problems(robustness, name="shift", key="max_shift_pixels", limit=limit)


_SHIFT_SLUGS = {
    "handwriting": ("reason-shift", "reason-shift-shown"),
    "test_set": ("reason-shift-test-set", "reason-shift-test-set-shown"),
}


@criterion("shift", Shift, anchor="shift")
def grade_shift(settings: Shift, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Take the mean over digits of each one's share of the scored shifts, only where the referee still reads it."""
    predictions = predictions_of(settings, evidence)
    if not isinstance(predictions, PerturbedPredictions):
        return predictions
    limit = float(settings.max_shift_pixels)
    weighed = zone_shares(predictions, STUDENT, "shift", (limit, limit))
    if weighed is None or not weighed.n:
        return nothing_readable(settings)
    slug, information_slug = _SHIFT_SLUGS[settings.measured_on]
    return measured(
        weighed.mean(),
        slug,
        information_slug=information_slug,
        max_shift=settings.max_shift_pixels,
        digits=weighed.n,
        interval=interval_of(weighed),
    )


class Grid(PerturbedSettings):
    """Settings of `grid`."""

    judged_by: Literal["mean", "worst"] = "mean"
    """"mean": over digits, of each one's share of the counted cells that are read; "worst": share of the digits that are
    read in all of theirs."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield problems that the rules of single fields cannot find."""
        yield from super().problems(robustness)
        yield from self.limit_problems(robustness, name="grid")


_GRID_SLUGS = {
    ("mean", "handwriting"): ("reason-grid", "reason-grid-shown"),
    ("mean", "test_set"): ("reason-grid-test-set", "reason-grid-test-set-shown"),
    ("worst", "handwriting"): ("reason-grid-worst", "reason-grid-worst-shown"),
    ("worst", "test_set"): ("reason-grid-worst-test-set", "reason-grid-worst-test-set-shown"),
}


@criterion("grid", Grid, anchor="grid")
def grade_grid(settings: Grid, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Take the mean over digits of each one's share of the grid, or the digits read in all of it."""
    predictions = predictions_of(settings, evidence)
    if not isinstance(predictions, PerturbedPredictions):
        return predictions
    weighed = zone_shares(predictions, STUDENT, "grid")
    worst = worst_case(predictions, STUDENT, "grid")
    if weighed is None or worst is None or not weighed.n:
        return nothing_readable(settings)
    slug, information_slug = _GRID_SLUGS[settings.judged_by, settings.measured_on]
    is_mean = settings.judged_by == "mean"
    return measured(
        weighed.mean() if is_mean else worst,
        slug,
        information_slug=information_slug,
        digits=worst.total,
        cells=len(predictions.parameter_sets["grid"]),
        interval=interval_of(weighed) if is_mean else interval_text(worst),
    )
