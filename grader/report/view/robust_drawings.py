"""Curve, map and zones of one set of digits: what is read where, what of it counts, and where a network is weakest."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.analysis.cells import cell_size, cells_of, counting, sum_between, worst_cell, worst_scored_cell
from grader.core.count import EMPTY, Count
from grader.core.measurement import Cell
from grader.report.charts import Curve, HeatMap, angle_curve, heat_map
from grader.report.numbers import NOTHING, cell_text, count_text, number_text
from grader.report.view.robust_numbers import DigitSet


@dataclass(frozen=True, kw_only=True)
class ZoneRow:
    """One zone, summed up in tests: digits times sets of parameters."""

    key: str
    """"scored", "reported" or "information"."""
    low: float
    high: float
    tests: Count
    """How many tests count, of all."""
    student: Count
    """How many of those the network reads."""
    referee: Count
    """How many of all tests the referee reads."""
    worst: str
    """Where the network reads least of what counts."""


@dataclass(frozen=True, kw_only=True)
class AngleRow:
    """One angle."""

    angle: float
    zone: str
    """Key of its zone."""
    student: Count
    counted: Count
    """What the network reads of the digits that count there."""
    referee: Count


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """The rotation part."""

    id: str
    headline: str
    curve: Curve | None
    chart_title: str
    threshold: str
    """What the rubric asks for, in words; "" when it draws no line."""
    zones: tuple[ZoneRow, ...]
    counting: str
    """How many tests count, and why others do not."""
    rows: tuple[AngleRow, ...]


@dataclass(frozen=True, kw_only=True)
class ShiftMap:
    """One drawing."""

    id: str
    title: str
    drawing: HeatMap
    chart_title: str


@dataclass(frozen=True, kw_only=True)
class ShiftTable:
    """A grid of counts: rows dy, columns dx."""

    id: str
    title: str
    total: str
    columns: tuple[float, ...]
    rows: tuple[tuple[float, tuple[str, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The shift part."""

    id: str
    headline: str
    zones: tuple[ZoneRow, ...]
    counting: str
    """How many tests count, and why others do not."""
    maps: tuple[ShiftMap, ...]
    tables: tuple[ShiftTable, ...]
    has_marks: bool
    """Whether some cells count for fewer digits than others."""


def rotation(digits: DigitSet, threshold: float | None) -> Rotation:
    """Return the part; without numbers where rotations were not tried.

    Args:
        digits: what was perturbed.
        threshold: share that the rubric asks for, or None.
    """
    words, zone = digits.words, digits.zone
    own, counted, theirs = (_by_parameters(cells) for cells in _cells(digits, "rotation"))
    edges = [(at[0], count.interval()) for at, count in own.items()]
    curve = None
    if any(count.total for count in (*own.values(), *theirs.values())):
        curve = angle_curve(
            student=[(at[0], count.share) for at, count in own.items()],
            reference=[(at[0], count.share) for at, count in theirs.items()],
            low=[(angle, edge[0]) for angle, edge in edges if edge],
            high=[(angle, edge[1]) for angle, edge in edges if edge],
            scored_degrees=zone.angle_degrees,
            reported_degrees=zone.reported_degrees,
            threshold=threshold,
        )
    bounds = _bounds(digits, "rotation")
    return Rotation(
        id=f"{digits.prefix}rotation",
        headline=_headline(digits, "rotation"),
        curve=curve,
        chart_title=words("robustness.chart_title", who=digits.subject_name, digits=digits.title),
        threshold=""
        if threshold is None
        else words("robustness.threshold", percent=number_text(100 * threshold)),
        zones=_zones(digits, "rotation"),
        counting=_counting_note(digits, "rotation"),
        rows=tuple(
            AngleRow(
                angle=at[0],
                zone=next(key for key, low, high in bounds if low < abs(at[0]) <= high),
                student=own.get(at, EMPTY),
                counted=counted.get(at, EMPTY),
                referee=theirs.get(at, EMPTY),
            )
            for at in sorted({*own, *theirs})
        )
        if curve
        else (),
    )


def shift(digits: DigitSet) -> Shift:
    """Return the part; without numbers where shifts were not tried."""
    own, counted, theirs = _cells(digits, "shift")
    maps, tables = [], []
    if any(cell.count.total for cell in own):
        maps.append(_map(digits, "student", digits.subject_name, own, counted))
        tables.append(_table(digits, "student", own))
        tables.append(_table(digits, "counted", counted))
    if any(cell.count.total for cell in theirs):
        maps.append(_map(digits, "referee", digits.words("who.referee"), theirs, ()))
        tables.append(_table(digits, "referee", theirs))
    return Shift(
        id=f"{digits.prefix}shift",
        headline=_headline(digits, "shift"),
        zones=_zones(digits, "shift"),
        counting=_counting_note(digits, "shift"),
        maps=tuple(maps),
        tables=tuple(tables),
        has_marks=any(cell.mark for drawn in maps for cell in drawn.drawing.cells),
    )


def _cells(digits: DigitSet, name: str) -> tuple[tuple[Cell, ...], tuple[Cell, ...], tuple[Cell, ...]]:
    """Return all cells of the network, those that count, and all of the referee where it stands beside the network."""
    predictions = digits.predictions
    return (
        cells_of(predictions, digits.subject, name, only_valid=False),
        cells_of(predictions, digits.subject, name, only_valid=True),
        cells_of(predictions, digits.referee, name, only_valid=False) if digits.judge else (),
    )


def _by_parameters(cells: Sequence[Cell]) -> dict[tuple[float, ...], Count]:
    return {cell.at: cell.count for cell in sorted(cells, key=lambda cell: cell.at)}


def _bounds(digits: DigitSet, name: str) -> tuple[tuple[str, float, float], ...]:
    """Return key, lower and upper end of each zone of rotations or shifts."""
    zone = digits.zone
    if name == "shift":
        return ("scored", -1.0, zone.shift_pixels), ("information", zone.shift_pixels, float("inf"))
    return (
        ("scored", -1.0, zone.angle_degrees),
        ("reported", zone.angle_degrees, zone.reported_degrees),
        ("information", max(zone.angle_degrees, zone.reported_degrees), float("inf")),
    )


def _zones(digits: DigitSet, name: str) -> tuple[ZoneRow, ...]:
    """Return the zones of rotations or shifts that were tried."""
    words = digits.words
    counted = cells_of(digits.predictions, digits.subject, name, only_valid=True)
    judged = cells_of(digits.predictions, digits.referee, name, only_valid=True)
    everything = cells_of(digits.predictions, digits.referee, name, only_valid=False)
    rows = []
    for key, low, high in _bounds(digits, name):
        of_all = sum_between(everything, low, high)
        if of_all.total == 0:
            continue
        worst = worst_cell(cell for cell in counted if low < cell_size(cell) <= high)
        told = worst and words(
            "robustness.worst", where=cell_text(worst), count=count_text(worst.count, words)
        )
        rows.append(
            ZoneRow(
                key=key,
                low=low,
                high=high,
                tests=Count(correct=sum_between(judged, low, high).total, total=of_all.total),
                student=sum_between(counted, low, high),
                referee=of_all,
                worst=told or NOTHING,
            )
        )
    return tuple(rows)


def _headline(digits: DigitSet, name: str) -> str:
    """Return where in the scored zone the network is weakest, in one sentence; "" where it read nothing."""
    worst = worst_scored_cell(digits.predictions, digits.subject, name, digits.zone)
    if worst is None:
        return ""
    return digits.words(
        f"robustness.headline.{name}",
        zone=number_text(digits.zone.limits[name][0]),
        where=cell_text(worst),
        who=digits.subject_name,
        count=count_text(worst.count, digits.words),
    )


def _counting_note(digits: DigitSet, name: str) -> str:
    """Return how many tests of the scored zone count and why the others do not; "" where nothing was tried."""
    found = counting(digits.predictions, digits.referee, name, digits.zone.limits[name])
    if found is None or found.tried == 0:
        return ""
    words = digits.words
    if found.counted == found.tried:
        return words("robustness.all_count", n=found.tried)
    why = [
        words(f"robustness.uncounted.{key}", n=n)
        for key in ("contested", "unread", "without_ink")
        if (n := getattr(found, key))
    ]
    return words("robustness.some_count", n=found.counted, total=found.tried, why="; ".join(why))


def _map(digits: DigitSet, who: str, name: str, cells: Sequence[Cell], counted: Sequence[Cell]) -> ShiftMap:
    return ShiftMap(
        id=f"{digits.prefix}map-{who}",
        title=name,
        drawing=heat_map(
            cells,
            scored_pixels=digits.zone.shift_pixels,
            counted={cell.at: cell.count.total for cell in counted},
        ),
        chart_title=digits.words("robustness.map_title", who=name, digits=digits.title),
    )


def _table(digits: DigitSet, key: str, cells: Sequence[Cell]) -> ShiftTable:
    columns = sorted({cell.at[0] for cell in cells})
    rows = sorted({cell.at[1] for cell in cells})
    at = _by_parameters(cells)
    is_counted = key == "counted"

    def text(dx: float, dy: float) -> str:
        count = at.get((dx, dy), EMPTY)
        if count.total == 0:
            return NOTHING
        return f"{count.correct}/{count.total}" if is_counted else str(count.correct)

    return ShiftTable(
        id=f"{digits.prefix}shift-{key}",
        title=digits.words(f"robustness.map.{key}", who=digits.subject_name),
        total=digits.words("robustness.map_counted")
        if is_counted
        else digits.words("robustness.map_total", n=max(cell.count.total for cell in cells)),
        columns=tuple(columns),
        rows=tuple((dy, tuple(text(dx, dy) for dx in columns)) for dy in rows),
    )
