"""Reading against the angle: curve, zones and table."""

from dataclasses import dataclass

from grader.analysis.cells import cells_of
from grader.core.count import EMPTY
from grader.report.charts import Curve, angle_curve
from grader.report.numbers import NOTHING, angle_text, count_text, interval_text, number_text
from grader.report.view.robustness.tried import Tried
from grader.report.view.robustness.zones import ZoneRow, counting_note, headline, zone_word, zones


@dataclass(frozen=True, kw_only=True)
class AngleRow:
    """One angle."""

    angle: str
    zone: str
    student: str
    interval: str
    counted: str
    """What the network reads of the digits that count there."""
    referee: str
    is_scored: bool


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


def rotation(tried: Tried, threshold: float | None) -> Rotation:
    """Return the part; without numbers where rotations were not tried.

    Args:
        tried: the digits.
        threshold: share that the rubric asks for, or None.
    """
    predictions, words, zone = tried.predictions, tried.words, tried.zone
    own = sorted(cells_of(predictions, tried.subject, "rotation", only_valid=False), key=lambda cell: cell.at)
    theirs = sorted(
        cells_of(predictions, tried.referee, "rotation", only_valid=False) if tried.judge else (),
        key=lambda cell: cell.at,
    )
    edges = [(cell.at[0], cell.count.interval()) for cell in own]
    curve = None
    if any(cell.count.total for cell in (*own, *theirs)):
        curve = angle_curve(
            student=[(cell.at[0], cell.count.share) for cell in own],
            reference=[(cell.at[0], cell.count.share) for cell in theirs],
            low=[(angle, edge[0]) for angle, edge in edges if edge],
            high=[(angle, edge[1]) for angle, edge in edges if edge],
            scored_degrees=zone.angle_degrees,
            reported_degrees=zone.reported_degrees,
            threshold=threshold,
        )
    return Rotation(
        id=f"{tried.prefix}rotation",
        headline=headline(tried, "rotation"),
        curve=curve,
        chart_title=words("robustness.chart_title", who=tried.subject_name, digits=tried.digits),
        threshold=""
        if threshold is None
        else words("robustness.threshold", percent=number_text(100 * threshold)),
        zones=zones(tried, "rotation"),
        counting=counting_note(tried, "rotation"),
        rows=_rows(tried) if curve else (),
    )


def _rows(tried: Tried) -> tuple[AngleRow, ...]:
    predictions = tried.predictions
    own = {cell.at: cell.count for cell in cells_of(predictions, tried.subject, "rotation", only_valid=False)}
    counted = {
        cell.at: cell.count for cell in cells_of(predictions, tried.subject, "rotation", only_valid=True)
    }
    theirs = {
        cell.at: cell.count for cell in cells_of(predictions, tried.referee, "rotation", only_valid=False)
    }
    return tuple(
        AngleRow(
            angle=angle_text(at[0]),
            zone=zone_word(tried, "rotation", abs(at[0])),
            student=count_text(own.get(at), tried.words),
            interval=interval_text(own.get(at, EMPTY), tried.words),
            counted=count_text(counted.get(at), tried.words),
            referee=NOTHING if tried.judge is None else count_text(theirs.get(at), tried.words),
            is_scored=abs(at[0]) <= tried.zone.angle_degrees,
        )
        for at in sorted({*own, *theirs})
    )
