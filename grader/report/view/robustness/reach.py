"""Digit by digit: how far it can go, how many of its tests are read, and where it is lost first."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.analysis.robustness import DigitRobustness, digit_robustness
from grader.core.evidence import FirstFailure
from grader.report.numbers import NOTHING, angle_text, count_text, signed_points_text
from grader.report.thumbnails import ink_png
from grader.report.view.robustness.tried import Tried

THUMBNAIL_BYTES = 16_000
"""Room for the thumbnails of a page's rows, as data URIs; what does not fit is told in words alone."""


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
class ReachRow:
    """How far one picture can go."""

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


def reach(
    tried: Tried, listed: Sequence[Listed], first_failures: Sequence[FirstFailure]
) -> tuple[ReachRow, ...]:
    """Return a row for each listed picture that was tried.

    Args:
        tried: the digits.
        listed: pictures, in the order to show them.
        first_failures: what the network saw where it first lost a digit.
    """
    student = {digit.row: digit for digit in digit_robustness(tried.predictions, tried.subject, tried.zone)}
    referee = {digit.row: digit for digit in digit_robustness(tried.predictions, tried.referee, tried.zone)}
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
                tried,
                each,
                student.get(each.row),
                referee.get(each.row),
                failure,
                thumbnail if room >= 0 else "",
            )
        )
    return tuple(rows)


def _row(
    tried: Tried,
    listed: Listed,
    digit: DigitRobustness | None,
    judged: DigitRobustness | None,
    failure: FirstFailure | None,
    thumbnail: str,
) -> ReachRow:
    words = tried.words
    is_everywhere = None if digit is None else digit.is_right_everywhere
    told = _failure_text(tried, digit, failure)
    return ReachRow(
        label=listed.label,
        link=listed.link,
        student_angles=_angles(tried, digit),
        referee_angles=_angles(tried, judged),
        student_shift=_pixels(tried, digit),
        referee_shift=_pixels(tried, judged),
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


def _failure_text(tried: Tried, digit: DigitRobustness | None, failure: FirstFailure | None) -> str:
    words = tried.words
    if failure is not None:
        what = tried.change_text(failure.perturbation, failure.at)
        return words("robustness.failure", what=what, prediction=tried.class_name(failure.prediction))
    if digit is None:
        return NOTHING
    if not digit.is_readable:
        return words("robustness.failure_contested")
    if not digit.is_right:
        return words("robustness.failure_upright")
    return words("robustness.failure_none") if digit.is_right_everywhere else NOTHING


def _angles(tried: Tried, digit: DigitRobustness | None) -> str:
    if digit is None or "rotation" not in tried.predictions.parameter_sets:
        return NOTHING
    if digit.angles_degrees is None:
        return tried.words("robustness.not_upright")
    low, high = digit.angles_degrees
    return tried.words("robustness.range", low=angle_text(low), high=angle_text(high))


def _pixels(tried: Tried, digit: DigitRobustness | None) -> str:
    if digit is None or "shift" not in tried.predictions.parameter_sets:
        return NOTHING
    return (
        tried.words("robustness.not_centered") if digit.shift_pixels is None else f"{digit.shift_pixels} px"
    )
