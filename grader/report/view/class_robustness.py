"""How the models of a class hold up: median and quartiles, beside the references."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from grader.analysis.cells import cell_size
from grader.analysis.robustness import FLIP_DEGREES, Robustness, robustness
from grader.core.count import EMPTY, Count, Estimate
from grader.core.evidence import STUDENT
from grader.core.measurement import Cell
from grader.core.run import Assignment
from grader.report.charts import Curve, angle_curve
from grader.report.numbers import NOTHING, angle_text, confidence_text, number_text
from grader.report.view.class_summary import quartiles
from grader.report.view.page import Page, measured
from grader.texts.catalog import Texts

SELDOM = 10
"""Fewer students than this, and the page says that medians mean little."""

Shares = dict[tuple[float, ...], float]
"""Share in [0, 1] of one submission at each place that was looked at."""


@dataclass(frozen=True, kw_only=True)
class QuartileRow:
    """One place of a measurement over the class."""

    where: str
    quartiles: tuple[str, str, str]
    """25 %, median, 75 %."""
    referee: str


@dataclass(frozen=True, kw_only=True)
class NumberQuartiles:
    """One number of the students' pages over the class."""

    name: str
    quartiles: tuple[str, str, str]
    """25 %, median, 75 %."""
    references: tuple[str, ...]
    """Median of each further reference, on the same pictures."""


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
    """Return median and quartiles of the accuracy at every angle and shift distance."""
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
            QuartileRow(where=angle_text(angle), quartiles=_texts(q), referee=_texts(r)[1])
            for (angle, q), (_, r) in zip(own, theirs, strict=True)
        ),
        shifts=tuple(
            QuartileRow(
                where=f"{number_text(at[0])} px",
                quartiles=_texts(_at(moved[0], at)),
                referee=_texts(_at(moved[1], at))[1],
            )
            for at in radii
        ),
    )


def _all_shares(
    pages: Sequence[Page], name: str, place: Callable[[Cell], tuple[float, ...]]
) -> tuple[list[Shares], list[Shares]]:
    own = [_shares(page, STUDENT, name, place) for page in pages]
    theirs = [_shares(page, page.referee_id, name, place) for page in pages]
    return [s for s in own if s], [s for s in theirs if s]


def _shares(page: Page, subject: str, name: str, place: Callable[[Cell], tuple[float, ...]]) -> Shares:
    found = measured(page, subject, name)
    counts: dict[tuple[float, ...], Count] = {}
    for cell in found.cells if found else ():
        counts[place(cell)] = counts.get(place(cell), EMPTY) + cell.count
    return {at: count.share for at, count in counts.items() if count.share is not None}


def _at(all_shares: Sequence[Shares], at: tuple[float, ...]) -> tuple[float, float, float] | None:
    values = [shares[at] for shares in all_shares if at in shares]
    return quartiles(values) if values else None


def _texts(quartiles: tuple[float, float, float] | None) -> tuple[str, str, str]:
    if quartiles is None:
        return NOTHING, NOTHING, NOTHING
    low, middle, high = map(confidence_text, quartiles)
    return low, middle, high


def _numbers(
    pages: Sequence[Page], info: Assignment, words: Texts, references: Sequence[str]
) -> tuple[NumberQuartiles, ...]:
    own = _found(pages, info, STUDENT)
    theirs = [_found(pages, info, name) for name in references]
    angle, shift = number_text(info.zone.angle_degrees), number_text(info.zone.shift_pixels)
    wanted: Mapping[str, Callable[[Robustness], Estimate | Count | None]] = {
        words("robustness.row.rotation", zone=angle): lambda found: found.rotation,
        words("robustness.row.shift", zone=shift): lambda found: found.shift,
        words("robustness.row.grid"): lambda found: found.grid,
        words("robustness.row.grid_worst"): lambda found: found.grid_worst,
        words("robustness.row.flips", angle=number_text(FLIP_DEGREES)): lambda found: found.flip_rate,
    }
    rows = []
    for name, pick in wanted.items():
        spread = _spread([pick(found) for found in own])
        if spread is not None:
            medians = [_texts(_spread([pick(found) for found in each]))[1] for each in theirs]
            rows.append(NumberQuartiles(name=name, quartiles=_texts(spread), references=tuple(medians)))
    return tuple(rows)


def _found(pages: Sequence[Page], info: Assignment, subject: str) -> list[Robustness]:
    found = (robustness(page.evidence.own, subject, info.zone) for page in pages)
    return [each for each in found if each is not None]


def _spread(numbers: Sequence[Estimate | Count | None]) -> tuple[float, float, float] | None:
    shares = [
        number.share if isinstance(number, Count) else number.value
        for number in numbers
        if number is not None
    ]
    known = [share for share in shares if share is not None]
    return quartiles(known) if known else None
