"""Reading against the shift: maps, zones and tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.analysis.cells import cells_of
from grader.core.measurement import Cell
from grader.report.charts import HeatMap, heat_map
from grader.report.numbers import NOTHING, number_text
from grader.report.view.robustness.tried import Tried
from grader.report.view.robustness.zones import ZoneRow, counting_note, headline, zones


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
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


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


def shift(tried: Tried) -> Shift:
    """Return the part; without numbers where shifts were not tried."""
    predictions, words = tried.predictions, tried.words
    own = cells_of(predictions, tried.subject, "shift", only_valid=False)
    counted = cells_of(predictions, tried.subject, "shift", only_valid=True)
    theirs = cells_of(predictions, tried.referee, "shift", only_valid=False) if tried.judge else ()
    maps, tables = [], []
    if any(cell.count.total for cell in own):
        maps.append(_map(tried, "student", tried.subject_name, own, counted))
        tables.append(_table(tried, "student", own))
        tables.append(_table(tried, "counted", counted))
    if any(cell.count.total for cell in theirs):
        maps.append(_map(tried, "referee", words("who.referee"), theirs, ()))
        tables.append(_table(tried, "referee", theirs))
    return Shift(
        id=f"{tried.prefix}shift",
        headline=headline(tried, "shift"),
        zones=zones(tried, "shift"),
        counting=counting_note(tried, "shift"),
        maps=tuple(maps),
        tables=tuple(tables),
        has_marks=any(cell.mark for drawn in maps for cell in drawn.drawing.cells),
    )


def _map(tried: Tried, who: str, name: str, cells: Sequence[Cell], counted: Sequence[Cell]) -> ShiftMap:
    return ShiftMap(
        id=f"{tried.prefix}map-{who}",
        title=name,
        drawing=heat_map(
            cells,
            scored_pixels=tried.zone.shift_pixels,
            counted={cell.at: cell.count.total for cell in counted},
        ),
        chart_title=tried.words("robustness.map_title", who=name, digits=tried.digits),
    )


def _table(tried: Tried, key: str, cells: Sequence[Cell]) -> ShiftTable:
    columns = sorted({cell.at[0] for cell in cells})
    rows = sorted({cell.at[1] for cell in cells})
    at = {cell.at: cell.count for cell in cells}
    is_counted = key == "counted"

    def text(dx: float, dy: float) -> str:
        count = at.get((dx, dy))
        if count is None or count.total == 0:
            return NOTHING
        return f"{count.correct}/{count.total}" if is_counted else str(count.correct)

    return ShiftTable(
        id=f"{tried.prefix}shift-{key}",
        title=tried.words(f"robustness.map.{key}", who=tried.subject_name),
        total=tried.words("robustness.map_counted")
        if is_counted
        else tried.words("robustness.map_total", n=max(cell.count.total for cell in cells)),
        columns=tuple(map(number_text, columns)),
        rows=tuple((number_text(dy), tuple(text(dx, dy) for dx in columns)) for dy in rows),
    )
