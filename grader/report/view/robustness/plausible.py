"""Turned digits that became others, and are read as these: told in words, never held against anybody."""

from grader.analysis.cells import UPSIDE_DOWN_DEGREES, PlausibleReading, plausible_readings
from grader.report.numbers import angle_text
from grader.report.view.robustness.tried import Tried

MOST_READINGS = 8
"""Readings listed, those of most digits first."""

MOST_ANGLES = 3
"""Angles named one by one; of more, the smallest and the largest turn."""


def plausible(tried: Tried) -> tuple[str, ...]:
    """Return the plausible readings, one line each, and how many more there are."""
    if tried.judge is None:
        return ()
    found = plausible_readings(tried.predictions, tried.subject, tried.referee)
    lines = [_line(tried, reading) for reading in found[:MOST_READINGS]]
    if len(found) > MOST_READINGS:
        lines.append(tried.words("robustness.plausible_more", n=len(found) - MOST_READINGS))
    return tuple(lines)


def _line(tried: Tried, reading: PlausibleReading) -> str:
    words, angles = tried.words, reading.angles_degrees
    if abs(angles[0]) == UPSIDE_DOWN_DEGREES:
        where = words("robustness.upside_down")
    elif len(angles) > MOST_ANGLES:
        where = words("robustness.range", low=angle_text(angles[0]), high=angle_text(angles[-1]))
    else:
        where = ", ".join(map(angle_text, angles))
    return words.plural(
        "robustness.plausible_reading",
        reading.digits,
        label=tried.class_name(reading.label),
        prediction=tried.class_name(reading.prediction),
        where=where,
    )
