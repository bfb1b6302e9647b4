"""Digit by digit: the robust radius, where a digit is lost first, and turned digits that became others."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.analysis.cells import UPSIDE_DOWN_DEGREES, PlausibleReading, plausible_readings
from grader.analysis.robustness import RobustRadius, robust_radii
from grader.core.evidence import FirstFailure
from grader.report.numbers import NOTHING, angle_text
from grader.report.thumbnails import ink_png
from grader.report.view.robust_numbers import DigitSet
from grader.report.view.rows import change_text

THUMBNAIL_BYTES = 16_000
"""Room for the thumbnails of a page's rows, as data URIs; what does not fit is told in words alone."""

MOST_READINGS = 8
"""Readings listed, those of most digits first."""

MOST_ANGLES = 3
"""Angles named one by one; of more, the smallest and the largest turn."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One picture that is to have a row."""

    row: int
    """As in `PerturbedPredictions.rows`."""
    label: str
    """Its digit, or file, in words."""
    link: str
    """Id of the row that shows it; "" for none."""
    margin: float | None
    """By how much the label leads, unperturbed; None when not known."""


@dataclass(frozen=True, kw_only=True)
class RadiusRow:
    """How far one picture can be turned and moved."""

    listed: Listed
    student: RobustRadius | None
    referee: RobustRadius | None
    failure: str
    """Where it is lost first, in words."""
    thumbnail: str
    """What the network saw there, as a data URI; "" for none."""


def radius_rows(
    digits: DigitSet, listed: Sequence[Listed], first_failures: Sequence[FirstFailure]
) -> tuple[RadiusRow, ...]:
    """Return a row for each listed picture that was perturbed.

    Args:
        digits: what was perturbed.
        listed: pictures, in the order to show them.
        first_failures: what the network saw where it first lost a digit.
    """
    student = {digit.row: digit for digit in robust_radii(digits.predictions, digits.subject, digits.zone)}
    referee = {digit.row: digit for digit in robust_radii(digits.predictions, digits.referee, digits.zone)}
    failures = {failure.row: failure for failure in first_failures} if student else {}
    rows, room = [], THUMBNAIL_BYTES
    for each in listed:
        if each.row not in student and each.row not in referee:
            continue
        failure = failures.get(each.row)
        thumbnail = "" if failure is None else ink_png(failure.image)
        room -= len(thumbnail)
        rows.append(
            RadiusRow(
                listed=each,
                student=student.get(each.row),
                referee=referee.get(each.row),
                failure=_failure_text(digits, student.get(each.row), failure),
                thumbnail=thumbnail if room >= 0 else "",
            )
        )
    return tuple(rows)


def _failure_text(digits: DigitSet, digit: RobustRadius | None, failure: FirstFailure | None) -> str:
    words = digits.words
    if failure is not None:
        what = change_text(failure.perturbation, failure.at, words)
        return words("robustness.failure", what=what, prediction=digits.class_name(failure.prediction))
    if digit is None:
        return NOTHING
    if not digit.is_readable:
        return words("robustness.failure_contested")
    if not digit.is_right:
        return words("robustness.failure_upright")
    return words("robustness.failure_none") if digit.is_right_everywhere else NOTHING


def plausible(digits: DigitSet) -> tuple[str, ...]:
    """Return the plausible readings, one line each, and how many more there are."""
    if digits.judge is None:
        return ()
    found = plausible_readings(digits.predictions, digits.subject, digits.referee)
    lines = [_line(digits, reading) for reading in found[:MOST_READINGS]]
    if len(found) > MOST_READINGS:
        lines.append(digits.words("robustness.plausible_more", n=len(found) - MOST_READINGS))
    return tuple(lines)


def _line(digits: DigitSet, reading: PlausibleReading) -> str:
    words, angles = digits.words, reading.angles_degrees
    if abs(angles[0]) == UPSIDE_DOWN_DEGREES:
        where = words("robustness.upside_down")
    elif len(angles) > MOST_ANGLES:
        where = words("robustness.range", low=angle_text(angles[0]), high=angle_text(angles[-1]))
    else:
        where = ", ".join(map(angle_text, angles))
    return words.plural(
        "robustness.plausible_reading",
        reading.digits,
        label=digits.class_name(reading.label),
        prediction=digits.class_name(reading.prediction),
        where=where,
    )
