"""Does it hold up: the parts of a page about one set of digits, or two."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.analysis.rows import Kind, n_of
from grader.core.count import Count, Estimate
from grader.core.evidence import FirstFailure
from grader.report.numbers import NOTHING, count_text, interval_text, number_text, share_text
from grader.report.view.robust_drawings import Rotation, Shift, rotation, shift
from grader.report.view.robust_numbers import DigitSet, NumberTable, difference_table, number_table
from grader.report.view.robust_radius import Listed, RadiusRow, plausible, radius_rows


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What is drawn and listed about one set of digits."""

    title: str
    tried: frozenset[str]
    """Names of the perturbations."""
    rotation: Rotation
    shift: Shift
    others: NumberTable | None
    plausible: tuple[str, ...]
    radii: tuple[RadiusRow, ...]
    has_failures: bool
    """Whether a row says where its picture is lost first."""
    radii_id: str


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
    differences: NumberTable | None
    grid: tuple[str, ...]
    """What holds for turning and moving at once, a sentence for each set of digits on which it was tried."""
    why_not: str
    """Why the network has no numbers; "" when it has."""
    drawn: tuple[Drawn, ...]


def robustness(sets: Sequence[DigitSet], drawn: Sequence[Drawn], *, why_not: str = "") -> Robustness:
    """Return the section.

    Args:
        sets: of digits, at least one.
        drawn: what is drawn about some of them.
        why_not: why the network has no numbers; "" when it has.
    """
    first = next((each for each in sets if each.is_measured), sets[0])
    tables = tuple(table for each in sets if (table := number_table(each)) is not None)
    return Robustness(
        subject=first.subject_name,
        headline=_headline(first),
        tables=tables,
        has_small=any(table.has_small for table in tables),
        has_judge=any(each.judge is not None for each in sets),
        differences=difference_table(sets),
        grid=tuple(sentence for each in sets for sentence in _grid_sentences(each)),
        why_not=why_not,
        drawn=tuple(drawn),
    )


def drawn(
    digits: DigitSet,
    listed: Sequence[Listed] = (),
    first_failures: Sequence[FirstFailure] = (),
    *,
    threshold: float | None = None,
) -> Drawn:
    """Return everything about one set of digits that has a drawing or a list.

    Args:
        digits: what was perturbed.
        listed: those that get a row of their own.
        first_failures: where the network first loses some of them.
        threshold: share of the scored rotations that the rubric asks for, or None.
    """
    radii = radius_rows(digits, listed, first_failures)
    return Drawn(
        title=digits.title,
        tried=frozenset(digits.predictions.parameter_sets),
        rotation=rotation(digits, threshold),
        shift=shift(digits),
        others=number_table(digits, is_changed_otherwise=True),
        plausible=plausible(digits),
        radii=radii,
        has_failures=any(row.failure != NOTHING for row in radii),
        radii_id=f"{digits.prefix}reach",
    )


def _headline(digits: DigitSet) -> str:
    words = digits.words
    found = {row.key: row for row in digits.rows()}
    parts = [
        words(
            f"robustness.key.{row.perturbation}",
            zone=number_text(row.zone[0]),
            share=share_text(number.value),
            interval=interval_text(number, words),
        )
        for row in found.values()
        if row.kind is Kind.MEAN and f"robustness.key.{row.perturbation}" in words
        for number in row.numbers
        if isinstance(number, Estimate)
    ]
    if not parts:
        return ""
    return words(
        "robustness.key.sentence",
        who=digits.subject_name,
        digits=digits.title,
        n=n_of(found["clean"].numbers[0]) or 0,
        parts="; ".join(parts),
    )


def _grid_sentences(digits: DigitSet) -> list[str]:
    """Return a sentence for each perturbation that has a worst case."""
    found = {(row.perturbation, row.kind): row.numbers[0] for row in digits.rows()}
    return [
        digits.words(
            "robustness.grid_sentence",
            n=len(digits.predictions.parameter_sets[name]),
            digits=digits.title,
            who=digits.subject_name,
            count=count_text(worst, digits.words),
            share=share_text(mean.value),
            interval=interval_text(mean, digits.words),
        )
        for (name, kind), worst in found.items()
        if kind is Kind.WORST and isinstance(worst, Count)
        if isinstance(mean := found[name, Kind.MEAN], Estimate)
    ]
