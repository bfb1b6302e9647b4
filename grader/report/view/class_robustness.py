"""How the models of a class hold up: median and quartiles, beside the references."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.analysis.cells import cell_size, cells_of
from grader.analysis.rows import Kind, Reader, Row, rows, share_of
from grader.core.count import EMPTY, Count
from grader.core.evidence import STUDENT
from grader.core.measurement import Cell
from grader.core.run import Assignment
from grader.report.charts import Curve, angle_curve
from grader.report.numbers import angle_text, number_text
from grader.report.view.class_summary import quartiles
from grader.report.view.page import Page
from grader.report.view.rows import row_title
from grader.texts.catalog import Texts

SELDOM = 10
"""Fewer students than this, and the page says that medians mean little."""

Shares = dict[tuple[float, ...], float]
"""Share in [0, 1] of one submission at each place that was looked at."""


Quartiles = tuple[float, float, float] | None
"""25 %, median, 75 %, in [0, 1]; None where nobody has a share."""


@dataclass(frozen=True, kw_only=True)
class QuartileRow:
    """One place of a measurement over the class."""

    where: str
    quartiles: Quartiles
    referee: Quartiles


@dataclass(frozen=True, kw_only=True)
class NumberQuartiles:
    """One number of the students' pages over the class."""

    name: str
    quartiles: Quartiles
    references: tuple[Quartiles, ...]
    """Of each further reference, on the same pictures."""


@dataclass(frozen=True, kw_only=True)
class ClassRobustness:
    """Median and quartiles against the reference."""

    note: str
    numbers: tuple[NumberQuartiles, ...]
    references: tuple[str, ...]
    """Names of the further references, in the order of their medians."""
    curve: Curve | None
    angles: tuple[QuartileRow, ...]
    shifts: tuple[QuartileRow, ...]


def class_robustness(pages: Sequence[Page], info: Assignment, words: Texts) -> ClassRobustness:
    """Return median and quartiles of the accuracy at every angle and shift distance.

    The students' models are measured where a miss counts, as for the points; the referee everywhere, because by
    definition all that it reads counts.
    """
    turned = _all_shares(pages, "rotation", lambda cell: cell.at)
    moved = _all_shares(pages, "shift", lambda cell: (cell_size(cell),))
    angles = sorted({at for shares in (*turned[0], *turned[1]) for at in shares})
    radii = sorted({at for shares in (*moved[0], *moved[1]) for at in shares})
    own = [(at[0], _at(turned[0], at)) for at in angles]
    theirs = [(at[0], _at(turned[1], at)) for at in angles]
    curve = None
    if turned[0] or turned[1]:
        curve = angle_curve(
            student=[(angle, q[1] if q else None) for angle, q in own] if turned[0] else (),
            reference=[(angle, q[1] if q else None) for angle, q in theirs] if turned[1] else (),
            low=[(angle, q[0]) for angle, q in own if q],
            high=[(angle, q[2]) for angle, q in own if q],
            scored_degrees=info.scored_angle_degrees,
            reported_degrees=info.reported_angle_degrees,
            threshold=info.rotation_full_share,
        )
    n = len(turned[0])
    references = next((page.further_references for page in pages), ())
    return ClassRobustness(
        note=words("class.robustness_few" if n < SELDOM else "class.robustness_note", n=n),
        numbers=_numbers(pages, info, words, references),
        references=references,
        curve=curve,
        angles=tuple(
            QuartileRow(where=angle_text(angle), quartiles=q, referee=r)
            for (angle, q), (_, r) in zip(own, theirs, strict=True)
        ),
        shifts=tuple(
            QuartileRow(
                where=f"{number_text(at[0])} px",
                quartiles=_at(moved[0], at),
                referee=_at(moved[1], at),
            )
            for at in radii
        ),
    )


def _all_shares(
    pages: Sequence[Page], name: str, place: Callable[[Cell], tuple[float, ...]]
) -> tuple[list[Shares], list[Shares]]:
    """Return the shares of every submission that has some: of the student where it counts, of the referee everywhere."""
    found: tuple[list[Shares], list[Shares]] = ([], [])
    for page in pages:
        readers = ((STUDENT, True), (page.referee_id, False))
        for shares, (network, only_valid) in zip(found, readers, strict=True):
            counts: dict[tuple[float, ...], Count] = {}
            for cell in cells_of(page.evidence.own, network, name, only_valid=only_valid):
                counts[place(cell)] = counts.get(place(cell), EMPTY) + cell.count
            known = {at: count.share for at, count in counts.items() if count.share is not None}
            if known:
                shares.append(known)
    return found


def _at(all_shares: Sequence[Shares], at: tuple[float, ...]) -> Quartiles:
    values = [shares[at] for shares in all_shares if at in shares]
    return quartiles(values) if values else None


def _numbers(
    pages: Sequence[Page], info: Assignment, words: Texts, references: Sequence[str]
) -> tuple[NumberQuartiles, ...]:
    """Return every mean, worst case and flip rate of the students' pages."""
    readers = [Reader(network=name) for name in (STUDENT, *references)]
    by_key: dict[str, list[Row]] = {}
    for page in pages:
        for row in rows(page.evidence.own, readers, info.zone):
            if row.kind in (Kind.MEAN, Kind.WORST, Kind.FLIPS):
                by_key.setdefault(row.key, []).append(row)
    found = []
    for same in by_key.values():
        shares = [
            [share for row in same if (share := share_of(row.numbers[at])) is not None]
            for at in range(len(readers))
        ]
        if shares[0]:
            spread, *others = (quartiles(each) if each else None for each in shares)
            title = row_title(same[0], words)
            found.append(NumberQuartiles(name=title, quartiles=spread, references=tuple(others)))
    return tuple(found)
