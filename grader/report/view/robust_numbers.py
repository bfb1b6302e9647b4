"""One set of digits, and tables of its numbers: each network beside the others, and how far apart they are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from grader.analysis.rows import Kind, Number, Reader, Row, difference_rows, n_of, rows
from grader.core.count import SMALL_N, Count, Estimate
from grader.core.perturbed import PerturbedPredictions, Zone
from grader.report.numbers import (
    NOTHING,
    count_text,
    interval_text,
    points_range_text,
    share_text,
    signed_points_text,
)
from grader.report.view.rows import perturbation_title, row_hint, row_title
from grader.texts.catalog import Texts


@dataclass(frozen=True, kw_only=True, eq=False)
class DigitSet:
    """One set of digits that was perturbed, the network a page is about, and those beside it."""

    key: Literal["own", "test_set"]
    """Which digits: pictures that were handed in, or test images."""
    predictions: PerturbedPredictions
    """What was read."""
    subject: str
    """Name of the network in the predictions."""
    subject_name: str
    """Its name on the page."""
    referee: str
    """Who judges what can be read."""
    references: tuple[str, ...]
    """Further networks."""
    zone: Zone
    """What is scored."""
    class_names: tuple[str, ...]
    """Name of each class."""
    words: Texts
    """The language."""
    is_alone: bool = field(default=True)
    """Whether no other set of digits on the page has drawings, so that ids need no prefix."""

    @property
    def prefix(self) -> str:
        """What the ids of this set begin with."""
        return "" if self.is_alone else f"{self.key}-"

    @property
    def title(self) -> str:
        """The digits in words."""
        return self.words(f"robustness.set.{self.key}")

    @property
    def is_measured(self) -> bool:
        """Whether the network read anything."""
        return self.subject in self.predictions.perturbed and self.predictions.labels.size > 0

    @property
    def judge(self) -> str | None:
        """The referee as another column; None where the page is about the referee itself, or it read nothing."""
        is_other = self.referee in self.predictions.perturbed and self.referee != self.subject
        return self.referee if is_other else None

    @property
    def others(self) -> tuple[str, ...]:
        """The further networks that read something."""
        named = (name for name in self.references if name not in (self.subject, self.referee))
        return tuple(name for name in named if name in self.predictions.perturbed)

    def rows(self) -> tuple[Row, ...]:
        """Return the numbers of the network alone."""
        return rows(self.predictions, [Reader(network=self.subject)], self.zone) if self.is_measured else ()

    def class_name(self, index: int) -> str:
        """Return the name of a class."""
        return self.class_names[index] if 0 <= index < len(self.class_names) else "?"


@dataclass(frozen=True, kw_only=True)
class NumberCell:
    """One number of one network, or how much more one network reads than another."""

    value: str
    interval: str = ""
    """Its 95 % interval; "" without a number."""
    word: str = ""
    """Of a difference: more, less, or no clear difference."""
    tone: str = ""
    """CSS class of the word."""


@dataclass(frozen=True, kw_only=True)
class NumberRow:
    """One way of trying digits."""

    name: str
    hint: str = ""
    """How much was tried, and what the number is; "" for nothing to add."""
    n: str
    """Digits that count, of the network the page is about."""
    is_small: bool = False
    """Whether these are few."""
    cells: tuple[NumberCell, ...]


@dataclass(frozen=True, kw_only=True)
class NumberTable:
    """Numbers of several networks."""

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[NumberRow, ...]

    @property
    def has_small(self) -> bool:
        """Whether a row rests on few digits."""
        return any(row.is_small for row in self.rows)


def number_table(digits: DigitSet, *, is_changed_otherwise: bool = False) -> NumberTable | None:
    """Return the numbers of every network; None where nobody read anything, or nothing of this kind was tried.

    Args:
        digits: what was perturbed.
        is_changed_otherwise: the mean of each unscored perturbation; else everything but that.
    """
    words = digits.words
    n_digits = len(digits.predictions.labels)
    readers = {Reader(network=digits.subject): digits.subject_name} if digits.is_measured else {}
    if digits.judge is not None:
        judge = Reader(network=digits.judge, only_valid=False)
        readers[judge] = words("robustness.column.judge", n=n_digits)
    readers |= {Reader(network=other): other for other in digits.others}
    if n_digits == 0 or not readers:
        return None
    found = [
        row
        for row in rows(digits.predictions, tuple(readers), digits.zone)
        if (row.kind is Kind.MEAN and not row.is_scored) == is_changed_otherwise
    ]
    if not found:
        return None
    name = "others" if is_changed_otherwise else "numbers"
    counting = next((at for at, reader in enumerate(readers) if reader.only_valid), None)
    return NumberTable(
        id=f"{name}-{digits.key}",
        caption=words(f"robustness.{name}_caption.{digits.key}", n=n_digits),
        columns=tuple(readers.values()),
        rows=tuple(_number_row(row, digits, counting) for row in found),
    )


def difference_table(sets: Sequence[DigitSet]) -> NumberTable | None:
    """Return how much more the network reads than each further reference; None without any.

    The referee is left out: only what it reads counts, so that it reads all of it.
    """
    columns = next((each.others for each in sets if each.is_measured and each.others), ())
    if not columns:
        return None
    words = sets[0].words
    found = [
        NumberRow(
            name=f"{each.title}: {_part(row, words)}",
            n=str(next(n for number in row.numbers if (n := n_of(number)) is not None)),
            cells=tuple(_difference_cell(number, words) for number in row.numbers),
        )
        for each in sets
        if each.is_measured and each.others == columns
        for row in difference_rows(each.predictions, each.subject, columns, each.zone)
        if any(number is not None for number in row.numbers)
    ]
    return NumberTable(
        id="differences",
        caption=words("robustness.differences_caption", who=sets[0].subject_name),
        columns=columns,
        rows=tuple(found),
    )


def _part(row: Row, words: Texts) -> str:
    key = f"robustness.part.{row.perturbation}"
    return words(key) if key in words else perturbation_title(row.perturbation, words)


def _number_row(row: Row, digits: DigitSet, counting: int | None) -> NumberRow:
    n = None if counting is None else n_of(row.numbers[counting])
    return NumberRow(
        name=row_title(row, digits.words),
        hint=row_hint(row, digits.zone, digits.words),
        n=NOTHING if n is None else str(n),
        is_small=n is not None and n < SMALL_N,
        cells=tuple(_number_cell(number, digits.words) for number in row.numbers),
    )


def _number_cell(number: Number, words: Texts) -> NumberCell:
    if number is None or n_of(number) == 0:
        return NumberCell(value=NOTHING)
    value = count_text(number, words) if isinstance(number, Count) else share_text(number.value)
    return NumberCell(value=value, interval=interval_text(number, words))


def _difference_cell(number: Number, words: Texts) -> NumberCell:
    if not isinstance(number, Estimate):
        return NumberCell(value=NOTHING)
    key, tone = (
        ("more", "good") if number.low > 0 else ("less", "part") if number.high < 0 else ("alike", "quiet")
    )
    return NumberCell(
        value=signed_points_text(number.value),
        interval=points_range_text(number, words),
        word=words(f"robustness.difference.{key}"),
        tone=tone,
    )
