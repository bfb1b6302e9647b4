"""What every criterion kind is made of: its part of the rubric file, and a function evidence → outcome."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Field, StrictBool

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.core.finding import Reason, Value
from grader.core.grade import CriterionStatus
from grader.grading.fields import Identifier, Points, Robustness, Table, Text
from grader.grading.scale import Band, Linear
from grader.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A value in a rubric that has the right form and makes no sense."""

    slug: str
    """Key of the message."""
    key: str
    """Key inside the table, with dots: "bands.2.points"; "" for the table itself."""
    values: Mapping[str, Value]
    """What the message names besides file and key."""


class CriterionSettings(Table):
    """What every criterion in a rubric file has."""

    id: Identifier
    """Name in results and tables; unique within the rubric."""
    kind: str
    """Registered criterion kind."""
    title: Text
    """What it asks for."""
    points: Points
    """The most it can give; 0: shown for information."""
    guidance: Text
    """What the student can do next; for a manual criterion what the grading person looks for."""
    visible_to_students: StrictBool = True
    """Whether the student's page shows it; only a criterion without points may be hidden."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield problems that the rules of single fields cannot find.

        Args:
            robustness: what is measured, for kinds that look at a part of it.
        """
        if not self.visible_to_students and self.points > 0:
            yield Problem(
                slug="rubric-hidden-points", key="visible_to_students", values={"points": str(self.points)}
            )


class AutomaticSettings(CriterionSettings):
    """A criterion that is graded from evidence."""

    pass_mark: Points | None = None
    """Points that a student should reach; `grader check --self` looks at it."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield problems that the rules of single fields cannot find."""
        yield from super().problems(robustness)
        if self.pass_mark is not None and self.pass_mark > self.points:
            yield bad_value("pass_mark", str(self.pass_mark), f"≤ {self.points}")


class ScaledSettings(AutomaticSettings):
    """A criterion whose points follow from a share, by bands or in proportion."""

    bands: Annotated[tuple[Band, ...], Field(max_length=20)] = ()
    """Steps of the scale; below all of them there are no points."""
    linear: Linear | None = None
    """Points in proportion."""

    def problems(self, robustness: Robustness) -> Iterator[Problem]:
        """Yield problems that the rules of single fields cannot find."""
        yield from super().problems(robustness)
        if self.bands and self.linear:
            yield Problem(slug="rubric-two-scales", key="", values={})
        if self.points > 0 and not self.bands and not self.linear:
            yield Problem(slug="rubric-no-scale", key="", values={})
        if self.linear and self.linear.zero_at >= self.linear.full_at:
            yield bad_value("linear.full_at", str(self.linear.full_at), f"> {self.linear.zero_at}")
        if self.bands:
            yield from self._band_problems()

    def _band_problems(self) -> Iterator[Problem]:
        for number, (upper, lower) in enumerate(zip(self.bands, self.bands[1:], strict=False), start=2):
            if lower.at_least >= upper.at_least:
                yield bad_value(f"bands.{number}.at_least", str(lower.at_least), f"< {upper.at_least}")
            if lower.points > upper.points:
                yield bad_value(f"bands.{number}.points", str(lower.points), f"≤ {upper.points}")
        if self.bands[0].points != self.points:
            yield bad_value("bands.1.points", str(self.bands[0].points), str(self.points))


def bad_value(key: str, found: str, needed: str) -> Problem:
    """Return the problem that `key` has the value `found` and needs `needed`, both as text."""
    return Problem(slug="rubric-bad-value", key=key, values={"found": found, "needed": needed})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a criterion found, before it is turned into points."""

    status: CriterionStatus
    """Graded, waiting, missing or not measured."""
    reason: Reason
    """Why; `grader.grading.score` adds percentage, rule and points to its values."""
    count: Count | None = None
    """What the points follow from; None unless graded, and then never empty."""
    information_slug: str = ""
    """Message to use instead of the reason's when the criterion is worth no points."""
    is_complete: bool = True
    """False when something that was needed is missing or unusable, whatever the points."""


def measured(
    count: Count,
    slug: str = "reason-by-share",
    *,
    information_slug: str = "reason-by-share-shown",
    is_complete: bool = True,
    **values: Value,
) -> Outcome:
    """Return the outcome of a measurement over a `count` that is not empty."""
    return Outcome(
        status=CriterionStatus.GRADED,
        reason=Reason(slug=slug, values=values),
        count=count,
        information_slug=information_slug,
        is_complete=is_complete,
    )


def decided(is_met: bool, slug: str, *, is_complete: bool = True, **values: Value) -> Outcome:
    """Return the outcome of a yes-or-no question: all points or none."""
    count = Count(correct=int(is_met), total=1)
    return measured(count, slug, information_slug=slug, is_complete=is_complete, **values)


def missing(slug: str, **values: Value) -> Outcome:
    """Return the outcome for something that was not handed in: 0 points."""
    return Outcome(status=CriterionStatus.MISSING, reason=Reason(slug=slug, values=values), is_complete=False)


def not_measured(reason: Reason) -> Outcome:
    """Return the outcome for something that was handed in and could not be measured: a person decides."""
    return Outcome(status=CriterionStatus.NOT_MEASURED, reason=reason, is_complete=False)


Judge = Callable[[Any, Evidence, tuple[str, ...]], Outcome]
"""Settings, evidence and names of the classes → outcome."""


@dataclass(frozen=True, kw_only=True)
class CriterionKind:
    """A registered kind."""

    settings: type[CriterionSettings]
    """Its part of the rubric file."""
    grade: Judge
    """Settings, evidence and names of the classes → outcome."""
    anchor: str
    """Section of the student page that holds its evidence."""


CRITERIA: Registry[CriterionKind] = Registry("criteria")
"""Every kind of criterion by the name that rubric files use."""

S = TypeVar("S", bound=CriterionSettings)


def criterion(
    kind: str, settings: type[S], *, anchor: str
) -> Callable[
    [Callable[[S, Evidence, tuple[str, ...]], Outcome]], Callable[[S, Evidence, tuple[str, ...]], Outcome]
]:
    """Register the decorated function as the criterion `kind`.

    Args:
        kind: name in rubric files.
        settings: its part of the rubric file.
        anchor: section of the student page that holds its evidence.
    """

    def register(
        grade: Callable[[S, Evidence, tuple[str, ...]], Outcome],
    ) -> Callable[[S, Evidence, tuple[str, ...]], Outcome]:
        CRITERIA.add(kind, CriterionKind(settings=settings, grade=grade, anchor=anchor))
        return grade

    return register
