"""Digit by digit: the robust radius, where a digit is lost first, and turned digits that became others."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.analysis.cells import UPSIDE_DOWN_DEGREES, PlausibleReading, plausible_readings
from grader.analysis.robustness import RobustRadius, robust_radii
from grader.core.evidence import FirstFailure
from grader.report.numbers import NOTHING, angle_text, count_text, signed_points_text
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

    label: str
    link: str
    student_angles: str
    referee_angles: str
    student_shift: str
    referee_shift: str
    cells: str
    everywhere: str
    """Whether it is read in every test that counts, as a word."""
    mark: str
    """"right", "wrong" or "" where nothing counts."""
    margin: str
    failure: str
    """Where it is lost first, in words."""
    thumbnail: str
    """What the network saw there, as a data URI; "" for none."""
    alt: str


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
            _row(
                digits,
                each,
                student.get(each.row),
                referee.get(each.row),
                failure,
                thumbnail if room >= 0 else "",
            )
        )
    return tuple(rows)


def _row(
    digits: DigitSet,
    listed: Listed,
    digit: RobustRadius | None,
    judged: RobustRadius | None,
    failure: FirstFailure | None,
    thumbnail: str,
) -> RadiusRow:
    words = digits.words
    is_everywhere = None if digit is None else digit.is_right_everywhere
    told = _failure_text(digits, digit, failure)
    return RadiusRow(
        label=listed.label,
        link=listed.link,
        student_angles=_angles(digits, digit),
        referee_angles=_angles(digits, judged),
        student_shift=_pixels(digits, digit),
        referee_shift=_pixels(digits, judged),
        cells=NOTHING if digit is None else count_text(digit.cells, words),
        everywhere=NOTHING
        if is_everywhere is None
        else words("robustness.yes" if is_everywhere else "robustness.no"),
        mark="" if is_everywhere is None else "right" if is_everywhere else "wrong",
        margin=NOTHING if listed.margin is None else signed_points_text(listed.margin),
        failure=told,
        thumbnail=thumbnail,
        alt="" if not thumbnail else words("robustness.failure_alt", label=listed.label, what=told),
    )


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


def _angles(digits: DigitSet, digit: RobustRadius | None) -> str:
    if digit is None or "rotation" not in digits.predictions.parameter_sets:
        return NOTHING
    if digit.angles_degrees is None:
        return digits.words("robustness.not_upright")
    low, high = digit.angles_degrees
    return digits.words("robustness.range", low=angle_text(low), high=angle_text(high))


def _pixels(digits: DigitSet, digit: RobustRadius | None) -> str:
    if digit is None or "shift" not in digits.predictions.parameter_sets:
        return NOTHING
    return (
        digits.words("robustness.not_centered") if digit.shift_pixels is None else f"{digit.shift_pixels} px"
    )


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
