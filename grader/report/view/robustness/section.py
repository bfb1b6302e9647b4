"""Does it hold up: the parts of a page about one set of digits, or two."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.analysis.robustness import Robustness as Numbers
from grader.analysis.robustness import robustness as numbers_of
from grader.core.evidence import FirstFailure
from grader.report.numbers import NOTHING, count_text, estimate_interval_text, number_text, share_text
from grader.report.view.robustness.numbers import (
    DifferenceTable,
    NumberTable,
    difference_table,
    number_table,
    other_table,
)
from grader.report.view.robustness.plausible import plausible
from grader.report.view.robustness.reach import Listed, ReachRow, reach
from grader.report.view.robustness.rotation import Rotation, rotation
from grader.report.view.robustness.shift import Shift, shift
from grader.report.view.robustness.tried import Tried


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What is drawn and listed about one set of digits."""

    title: str
    rotation: Rotation
    shift: Shift
    others: NumberTable | None
    plausible: tuple[str, ...]
    reach: tuple[ReachRow, ...]
    has_failures: bool
    """Whether a row says where its picture is lost first."""
    reach_id: str


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """The section."""

    subject: str
    """Name of the network on the page."""
    headline: str
    """The numbers that matter in one sentence; "" where the network read nothing."""
    tables: tuple[NumberTable, ...]
    has_small: bool
    has_judge: bool
    differences: DifferenceTable | None
    grid: tuple[str, ...]
    """What holds for turning and moving at once, a sentence for each set of digits on which it was tried."""
    why_not: str
    """Why the network has no numbers; "" when it has."""
    drawn: tuple[Drawn, ...]


def robustness(
    sets: Sequence[Tried],
    drawn: Sequence[Drawn],
    *,
    why_not: str = "",
) -> Robustness:
    """Return the section.

    Args:
        sets: the sets of digits, the one that matters most first.
        drawn: what is drawn about some of them.
        why_not: why the network has no numbers; "" when it has.
    """
    first = next((tried for tried in sets if tried.is_measured), sets[0])
    found = numbers_of(first.predictions, first.subject, first.zone) if first.is_measured else None
    tables = tuple(table for tried in sets if (table := number_table(tried)) is not None)
    return Robustness(
        subject=first.subject_name,
        headline="" if found is None else _headline(first, found),
        tables=tables,
        has_small=any(table.has_small for table in tables),
        has_judge=any(tried.judge is not None for tried in sets),
        differences=difference_table(tuple(sets)),
        grid=tuple(sentence for tried in sets if (sentence := _grid(tried))),
        why_not=why_not,
        drawn=tuple(drawn),
    )


def drawn(
    tried: Tried,
    listed: Sequence[Listed] = (),
    first_failures: Sequence[FirstFailure] = (),
    *,
    threshold: float | None = None,
) -> Drawn:
    """Return everything about one set of digits that has a drawing or a list.

    Args:
        tried: the digits.
        listed: those that get a row of their own.
        first_failures: where the network first loses some of them.
        threshold: share of the scored rotations that the rubric asks for, or None.
    """
    rows = reach(tried, listed, first_failures)
    return Drawn(
        title=tried.digits,
        rotation=rotation(tried, threshold),
        shift=shift(tried),
        others=other_table(tried),
        plausible=plausible(tried),
        reach=rows,
        has_failures=any(row.failure != NOTHING for row in rows),
        reach_id=f"{tried.prefix}reach",
    )


def _headline(tried: Tried, found: Numbers) -> str:
    zone = tried.zone
    parts = [
        tried.words(
            f"robustness.key.{name}",
            zone=number_text(size),
            share=share_text(estimate.value),
            interval=estimate_interval_text(estimate, tried.words),
        )
        for name, size, estimate in (
            ("rotation", zone.angle_degrees, found.rotation),
            ("shift", zone.shift_pixels, found.shift),
        )
        if estimate is not None
    ]
    if not parts:
        return ""
    return tried.words(
        "robustness.key.sentence",
        who=tried.subject_name,
        digits=tried.digits,
        n=found.clean.total,
        parts="; ".join(parts),
    )


def _grid(tried: Tried) -> str:
    found = numbers_of(tried.predictions, tried.subject, tried.zone)
    if found is None or found.grid is None or found.grid_worst is None:
        return ""
    return tried.words(
        "robustness.grid_sentence",
        n=len(tried.predictions.parameter_sets["grid"]),
        digits=tried.digits,
        who=tried.subject_name,
        count=count_text(found.grid_worst, tried.words),
        share=share_text(found.grid.value),
        interval=estimate_interval_text(found.grid, tried.words),
    )
