"""A count → the points it is worth, exactly: by bands or in proportion."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from grader.core.count import Count
from grader.grading.fields import Points, Share, Table


class Band(Table):
    """A step of a scale: reaching `at_least` gives `points`."""

    name: Annotated[str, Field(pattern=r"^\S{1,12}$")]
    """Short name without spaces that both languages can show, such as "A"."""
    at_least: Share
    """Smallest share that reaches the band."""
    points: Points
    """What the band gives."""


class Linear(Table):
    """Points in proportion between two shares."""

    zero_at: Share
    """At or below this share: no points."""
    full_at: Share
    """At or above this share: all points."""


@dataclass(frozen=True, kw_only=True)
class Worth:
    """Where a count falls on a scale."""

    points: Fraction
    """Exact, not rounded."""
    percent: str
    """The share as text, with enough decimals to be seen on the right side of the threshold."""
    rule: str
    """The rule that applied, in signs that need no translation: "≥ 90 % → B"."""


def worth_by_bands(count: Count, bands: Sequence[Band]) -> Worth:
    """Return the highest band that `count` reaches; below all of them there are no points.

    Args:
        count: not empty.
        bands: at least one, in any order.
    """
    share = Fraction(count.correct, count.total)
    descending = sorted(bands, key=lambda band: band.at_least, reverse=True)
    for band in descending:
        if share >= Fraction(band.at_least):
            threshold = Fraction(band.at_least)
            rule = f"≥ {percent(threshold)} → {band.name}"
            return Worth(points=Fraction(band.points), percent=_apart(count, threshold), rule=rule)
    lowest = Fraction(descending[-1].at_least)
    return Worth(points=Fraction(0), percent=_apart(count, lowest), rule=f"< {percent(lowest)}")


def worth_in_proportion(count: Count, linear: Linear, points_possible: Fraction) -> Worth:
    """Return `points_possible` times the part of the way from `zero_at` to `full_at`.

    Args:
        count: not empty.
        linear: where the points begin and where they are complete.
        points_possible: what a share of `full_at` gives.
    """
    low, high = Fraction(linear.zero_at), Fraction(linear.full_at)
    way = (Fraction(count.correct, count.total) - low) / (high - low)
    points = points_possible * min(max(way, Fraction(0)), Fraction(1))
    rule = f"({percent(low)} → 0 … {percent(high)} → {_plain(points_possible)})"
    return Worth(points=points, percent=count.percent_text, rule=rule)


def percent(share: Fraction) -> str:
    """Return a threshold as text: "90 %", "97.5 %"."""
    return f"{_plain(100 * share)} %"


def _plain(number: Fraction) -> str:
    return f"{float(number):.6f}".rstrip("0").rstrip(".")


def _apart(count: Count, threshold: Fraction) -> str:
    """Return the share as text, with enough decimals to show on which side of `threshold` it is.

    96.96 % would read "97.0 %", which is not below 97 %.
    """
    share, text = Fraction(count.correct, count.total), count.percent_text
    decimals = 1
    while (Fraction(text.removesuffix(" %")) >= 100 * threshold) != (share >= threshold):
        decimals += 1
        text = f"{float(100 * share):.{decimals}f} %"
    return text
