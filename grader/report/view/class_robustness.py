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

Quartiles = tuple[float, float, float] | None
"""25 %, median, 75 %, in [0, 1]; None where nobody has a share."""


@dataclass(frozen=True, kw_only=True)
class QuartileRow:
    """One number of the students' pages, or one place of a measurement, over the class."""

    name: str
    quartiles: Quartiles
    references: tuple[Quartiles, ...]
    """Of the references on the same pictures: of a number each further one, of a place the referee."""


@dataclass(frozen=True, kw_only=True)
class ClassRobustness:
    """Median and quartiles against the reference."""

    note: str
    numbers: tuple[QuartileRow, ...]
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
    angles = _spread(pages, "rotation", lambda cell: cell.at[0])
    curve = None
    if angles:
        own = [(at, q) for at, (q, _) in angles.items()]
        theirs = [(at, q) for at, (_, q) in angles.items()]
        curve = angle_curve(
            student=[(at, q[1] if q else None) for at, q in own] if any(q for _, q in own) else (),
            reference=[(at, q[1] if q else None) for at, q in theirs] if any(q for _, q in theirs) else (),
            low=[(at, q[0]) for at, q in own if q],
            high=[(at, q[2]) for at, q in own if q],
            scored_degrees=info.scored_angle_degrees,
            reported_degrees=info.reported_angle_degrees,
            threshold=info.rotation_full_share,
        )
    n = sum(any(cell.count.total for cell in _cells(page, STUDENT, "rotation")) for page in pages)
    references = next((page.further_references for page in pages), ())
    return ClassRobustness(
        note=words("class.robustness_few" if n < SELDOM else "class.robustness_note", n=n),
        numbers=_numbers(pages, info, words, references),
        references=references,
        curve=curve,
        angles=tuple(
            QuartileRow(name=angle_text(at), quartiles=own_share, references=(referee_share,))
            for at, (own_share, referee_share) in angles.items()
        ),
        shifts=tuple(
            QuartileRow(name=f"{number_text(at)} px", quartiles=own_share, references=(referee_share,))
            for at, (own_share, referee_share) in _spread(pages, "shift", cell_size).items()
        ),
    )


def _spread(
    pages: Sequence[Page], name: str, place: Callable[[Cell], float]
) -> dict[float, tuple[Quartiles, Quartiles]]:
    """Return by place, in order, the quartiles over the class: of the students' models, and of the referee."""
    found: dict[float, tuple[list[float], list[float]]] = {}
    for page in pages:
        for reader, network in enumerate((STUDENT, page.referee_id)):
            counts: dict[float, Count] = {}
            for cell in _cells(page, network, name):
                counts[place(cell)] = counts.get(place(cell), EMPTY) + cell.count
            for at, count in counts.items():
                if count.share is not None:
                    found.setdefault(at, ([], []))[reader].append(count.share)
    return {
        at: (quartiles(own) if own else None, quartiles(theirs) if theirs else None)
        for at, (own, theirs) in sorted(found.items())
    }


def _cells(page: Page, network: str, name: str) -> Sequence[Cell]:
    return cells_of(page.evidence.own, network, name, only_valid=network == STUDENT)


def _numbers(
    pages: Sequence[Page], info: Assignment, words: Texts, references: Sequence[str]
) -> tuple[QuartileRow, ...]:
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
            found.append(QuartileRow(name=title, quartiles=spread, references=tuple(others)))
    return tuple(found)
