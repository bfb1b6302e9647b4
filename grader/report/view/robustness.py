"""Does it hold up: accuracy against angle and against shift, and how far each picture can go."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from grader.core.count import EMPTY, Count
from grader.core.evidence import STUDENT
from grader.core.measurement import Cell, Measurement
from grader.core.robustness import DigitRobustness, digit_robustness
from grader.report.charts import Curve, HeatMap, angle_curve, heat_map
from grader.report.numbers import NOTHING, angle_text, count_text, interval_text, number_text, shift_text
from grader.report.view.page import Page, asked, measured


@dataclass(frozen=True, kw_only=True)
class ZoneRow:
    """One zone of a measurement, summed up."""

    name: str
    student: str
    readable: str
    """Over the pictures that the referee still reads there."""
    referee: str
    worst: str
    """Where the student's model reads least, and how much."""


@dataclass(frozen=True, kw_only=True)
class AngleRow:
    """One angle."""

    angle: str
    student: str
    interval: str
    readable: str
    referee: str
    is_scored: bool


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """The rotation part."""

    why_not: str
    """"" when the student's model was measured."""
    headline: str
    curve: Curve | None
    chart_title: str
    threshold: str
    """What the rubric asks for, in words; "" when it draws no line."""
    zones: tuple[ZoneRow, ...]
    rows: tuple[AngleRow, ...]


@dataclass(frozen=True, kw_only=True)
class ShiftTable:
    """A grid of counts: rows dy, columns dx."""

    id: str
    title: str
    drawing: HeatMap
    chart_title: str
    total: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The shift part."""

    why_not: str
    headline: str
    zones: tuple[ZoneRow, ...]
    maps: tuple[ShiftTable, ...]


@dataclass(frozen=True, kw_only=True)
class ReachRow:
    """How far one picture can go."""

    label: str
    link: str
    student_angles: str
    referee_angles: str
    student_shift: str
    referee_shift: str


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """The section."""

    rotation: Rotation
    shift: Shift
    reach: tuple[ReachRow, ...]


def robustness(page: Page, row_ids: dict[str, str]) -> Robustness:
    """Return the section.

    Args:
        page: the submission.
        row_ids: id of the row of each listed picture, by file.
    """
    return Robustness(rotation=_rotation(page), shift=_shift(page), reach=_reach(page, row_ids))


def sum_where(found: Measurement | None, keep: Callable[[Cell], bool]) -> Count:
    """Return the sum of the cells that `keep` accepts."""
    total = EMPTY
    for cell in found.cells if found is not None else ():
        if keep(cell):
            total += cell.count
    return total


def worst_cell(cells: Iterable[Cell]) -> Cell | None:
    """Return the cell with the lowest share; of equal ones the one nearest to the untouched picture; None for none."""
    looked_at = [cell for cell in cells if cell.count.total > 0]
    return min(looked_at, key=lambda c: (c.count.share, max(map(abs, c.at)), c.at), default=None)


def angle_size(cell: Cell) -> float:
    """Return how far a rotation cell is from upright, in degrees."""
    return abs(cell.at[0])


def shift_size(cell: Cell) -> float:
    """Return how far a shift cell is from the middle along the longer axis, in pixels."""
    return max(abs(cell.at[0]), abs(cell.at[1]))


def _zones(
    page: Page, name: str, bounds: tuple[tuple[str, float, float], ...], size: Callable[[Cell], float]
) -> tuple[ZoneRow, ...]:
    student = measured(page.evidence.student, name)
    readable = measured(page.evidence.student, f"{name}_readable")
    referee = measured(page.referee, name)
    rows = []
    for key, low, high in bounds:

        def inside(cell: Cell, low: float = low, high: float = high) -> bool:
            return low < size(cell) <= high

        if not any(inside(cell) for found in (student, referee) if found is not None for cell in found.cells):
            continue
        worst = worst_cell(cell for cell in (student.cells if student else ()) if inside(cell))
        rows.append(
            ZoneRow(
                name=page.words(key, low=number_text(low), high=number_text(high)),
                student=_sum_text(page, sum_where(student, inside)),
                readable=_sum_text(page, sum_where(readable, inside)),
                referee=_sum_text(page, sum_where(referee, inside)),
                worst=NOTHING if worst is None else _worst_text(page, worst),
            )
        )
    return tuple(rows)


def _sum_text(page: Page, count: Count) -> str:
    if count.total == 0:
        return NOTHING
    return page.words("robustness.sum", percent=count.percent_text, count=count_text(count, page.words))


def _worst_text(page: Page, worst: Cell) -> str:
    where = angle_text(worst.at[0]) if len(worst.at) == 1 else shift_text(*worst.at)
    return page.words("robustness.worst", where=where, count=count_text(worst.count, page.words))


def _headline(page: Page, name: str, is_scored: Callable[[Cell], bool], zone: str) -> str:
    student = measured(page.evidence.student, name)
    if student is None:
        return ""
    worst = worst_cell(cell for cell in student.cells if is_scored(cell))
    if worst is None:
        return ""
    referee = measured(page.referee, name)
    return page.words(
        f"robustness.headline.{name}",
        zone=zone,
        where=angle_text(worst.at[0]) if len(worst.at) == 1 else shift_text(*worst.at),
        count=count_text(worst.count, page.words),
        referee=count_text(referee.count_at(*worst.at) if referee else None, page.words),
    )


def _rotation(page: Page) -> Rotation:
    info, words = page.assignment, page.words
    student = measured(page.evidence.student, "rotation")
    readable = measured(page.evidence.student, "rotation_readable")
    referee = measured(page.referee, "rotation")
    own = sorted(student.cells if student else (), key=lambda c: c.at)
    theirs = sorted(referee.cells if referee else (), key=lambda c: c.at)
    edges = [(c.at[0], c.count.interval()) for c in own]
    curve = None
    if own or theirs:
        curve = angle_curve(
            student=[(c.at[0], c.count.share) for c in own],
            reference=[(c.at[0], c.count.share) for c in theirs],
            low=[(angle, edge[0]) for angle, edge in edges if edge],
            high=[(angle, edge[1]) for angle, edge in edges if edge],
            scored_degrees=info.scored_angle_degrees,
            reported_degrees=info.reported_angle_degrees,
            threshold=info.rotation_full_share,
        )
    scored, reported = info.scored_angle_degrees, info.reported_angle_degrees
    bounds = (
        ("robustness.zone.scored_angle", -1.0, scored),
        ("robustness.zone.reported_angle", scored, reported),
        ("robustness.zone.information_angle", reported, 360.0),
    )
    angles = sorted({c.at[0] for c in (*own, *theirs)})
    return Rotation(
        why_not=page.why_not(asked(page.evidence.student, "rotation")),
        headline=_headline(page, "rotation", lambda c: angle_size(c) <= scored, number_text(scored)),
        curve=curve,
        chart_title=words("robustness.chart_title"),
        threshold=""
        if info.rotation_full_share is None
        else words("robustness.threshold", percent=number_text(100 * info.rotation_full_share)),
        zones=_zones(page, "rotation", bounds, angle_size),
        rows=tuple(_angle_row(page, angle, student, readable, referee) for angle in angles),
    )


def _angle_row(
    page: Page,
    angle: float,
    student: Measurement | None,
    readable: Measurement | None,
    referee: Measurement | None,
) -> AngleRow:
    own = student.count_at(angle) if student else None
    return AngleRow(
        angle=angle_text(angle),
        student=count_text(own, page.words),
        interval=NOTHING if own is None else interval_text(own, page.words),
        readable=count_text(readable.count_at(angle) if readable else None, page.words),
        referee=count_text(referee.count_at(angle) if referee else None, page.words),
        is_scored=abs(angle) <= page.assignment.scored_angle_degrees,
    )


def _shift(page: Page) -> Shift:
    scored = page.assignment.scored_shift_pixels
    bounds = (
        ("robustness.zone.scored_shift", -1.0, float(scored)),
        ("robustness.zone.information_shift", float(scored), 28.0),
    )
    maps = tuple(
        _shift_table(page, who, found)
        for who, subject in (("student", page.evidence.student), ("referee", page.referee))
        if (found := measured(subject, "shift")) is not None and found.cells
    )
    return Shift(
        why_not=page.why_not(asked(page.evidence.student, "shift")),
        headline=_headline(page, "shift", lambda c: shift_size(c) <= scored, str(scored)),
        zones=_zones(page, "shift", bounds, shift_size),
        maps=maps,
    )


def _shift_table(page: Page, who: str, found: Measurement) -> ShiftTable:
    columns = sorted({cell.at[0] for cell in found.cells})
    rows = sorted({cell.at[1] for cell in found.cells})
    at = {cell.at: cell.count for cell in found.cells}
    totals = sorted({cell.count.total for cell in found.cells})
    most = totals[-1]
    return ShiftTable(
        id=f"shift-{who}",
        title=page.words(f"robustness.map.{who}"),
        drawing=heat_map(found.cells, scored_pixels=page.assignment.scored_shift_pixels),
        chart_title=page.words("robustness.map_title", who=page.words(f"who.{who}")),
        total=page.words("robustness.map_total", n=most),
        columns=tuple(number_text(dx) for dx in columns),
        rows=tuple(
            (number_text(dy), tuple(_shift_cell(at.get((dx, dy)), most) for dx in columns)) for dy in rows
        ),
    )


def _shift_cell(count: Count | None, usual_total: int) -> str:
    if count is None or count.total == 0:
        return NOTHING
    return str(count.correct) if count.total == usual_total else f"{count.correct}/{count.total}"


def _reach(page: Page, row_ids: dict[str, str]) -> tuple[ReachRow, ...]:
    own = page.evidence.own
    student = {digit.row: digit for digit in digit_robustness(own, STUDENT)}
    referee = {digit.row: digit for digit in digit_robustness(own, page.evidence.settings.referee)}

    def angles(digit: DigitRobustness | None) -> str:
        if digit is None or "rotation" not in own.places:
            return NOTHING
        if digit.angles_degrees is None:
            return page.words("robustness.not_upright")
        low, high = digit.angles_degrees
        return page.words("robustness.range", low=angle_text(low), high=angle_text(high))

    def pixels(digit: DigitRobustness | None) -> str:
        if digit is None or "shift" not in own.places:
            return NOTHING
        return (
            page.words("robustness.not_centered")
            if digit.shift_pixels is None
            else f"{digit.shift_pixels} px"
        )

    rows = []
    for picture in page.pictures:
        if picture.index is None or picture.label is None or picture.file not in row_ids:
            continue
        theirs, judged = student.get(picture.index), referee.get(picture.index)
        row = ReachRow(
            label=page.class_name(picture.label),
            link=row_ids[picture.file],
            student_angles=angles(theirs),
            referee_angles=angles(judged),
            student_shift=pixels(theirs),
            referee_shift=pixels(judged),
        )
        if {row.student_angles, row.referee_angles, row.student_shift, row.referee_shift} != {NOTHING}:
            rows.append(row)
    return tuple(rows)
