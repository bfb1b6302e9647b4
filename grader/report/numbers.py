"""Numbers as the pages print them."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from grader.core import count
from grader.core.count import Count, Estimate
from grader.core.measurement import Cell
from grader.texts.catalog import Texts

MINUS = "−"
"""Typographic minus, as wide as a digit."""

NOTHING = "–"
"""Stands where there is no number."""


def decimals_needed(points: Iterable[Decimal | None]) -> int:
    """Return how many decimals show every number without rounding any."""
    exponents = [value.normalize().as_tuple().exponent for value in points if value is not None]
    return max((-e for e in exponents if isinstance(e, int) and e < 0), default=0)


def points_text(points: Decimal | None, decimals: int) -> str:
    """Return points with a fixed number of decimals, or a dash for none."""
    return NOTHING if points is None else f"{points:.{decimals}f}".replace("-", MINUS)


def confidence_text(confidence: float) -> str:
    """Return a probability or a share as a whole percentage; 0 and 100 only when exactly true."""
    if 0 < confidence < 0.01:
        return "<1 %"
    if 0.99 < confidence < 1:
        return ">99 %"
    return f"{100 * confidence:.0f} %"


def number_text(value: float) -> str:
    """Return a coordinate: no trailing zeros, a typographic minus, no negative zero."""
    return f"{value + 0.0:g}".replace("-", MINUS)


def angle_text(degrees: float) -> str:
    """Return an angle with its sign and unit."""
    sign = "+" if degrees > 0 else ""
    return f"{sign}{number_text(degrees)}°"


def shift_text(dx: float, dy: float) -> str:
    """Return a shift as a signed pair."""
    return "(" + ", ".join(f"{'+' if value > 0 else ''}{number_text(value)}" for value in (dx, dy)) + ")"


def cell_text(cell: Cell) -> str:
    """Return where a cell is: an angle, or a shift."""
    return angle_text(*cell.at) if len(cell.at) == 1 else shift_text(*cell.at)


def place_text(value: float) -> str:
    """Return a coordinate of a drawing, one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def count_text(count: Count | None, words: Texts) -> str:
    """Return "46 of 50", or a dash when nothing was looked at."""
    if count is None or count.total == 0:
        return NOTHING
    return words("count.of", correct=count.correct, total=count.total)


def interval_text(number: Count | Estimate, words: Texts) -> str:
    """Return the 95 % interval of a share or of a mean share over digits, or a dash for an empty count.

    Whole per cent, or one decimal from 100 on, as the reasons of the points have it.
    """
    if isinstance(number, Count):
        n, ends = number.total, number.interval()
    else:
        n, ends = number.n, (number.low, number.high)
    if ends is None:
        return NOTHING
    low, high = (count.share_text(end, 0 if n < 100 else 1) for end in ends)
    return words("count.interval", low=low, high=high)


def share_text(share: float) -> str:
    """Return a share with one decimal; "0" and "100" appear only when exactly true."""
    return f"{count.share_text(share)} %"


def signed_points_text(difference: float) -> str:
    """Return a difference of shares in percentage points with its sign; ±100 appears only when exactly true."""
    points = 100 * difference if abs(difference) == 1 else min(max(100 * difference, -99.9), 99.9)
    text = f"{points:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", MINUS)


def points_range_text(estimate: Estimate, words: Texts) -> str:
    """Return the 95 % interval of a difference in percentage points."""
    low, high = signed_points_text(estimate.low), signed_points_text(estimate.high)
    return words("count.range", low=low, high=high)


def thousands(number: int) -> str:
    """Return a whole number with separated thousands."""
    return f"{number:,}"


def numbers_in(words: Texts) -> Mapping[str, Callable[..., str]]:
    """Return what templates turn numbers into text with, in one language."""
    return {
        "count": lambda found: count_text(found, words),
        "interval": lambda found: interval_text(found, words),
        "angle": angle_text,
        "number": number_text,
        "signed": lambda lead: NOTHING if lead is None else signed_points_text(lead),
        "percent": lambda share: NOTHING if share is None else confidence_text(share),
    }
