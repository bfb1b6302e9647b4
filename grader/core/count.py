"""Counts travel; percentages and intervals are derived where they are shown."""

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


def wilson_interval(share: float, n: float) -> tuple[float, float]:
    """95 % Wilson score interval of a share, as fractions; it always holds the share.

    Args:
        share: in [0, 1].
        n: number of independent observations; more than 0, need not be whole.

    Source: Wilson 1927; recommended for small n by Brown, Cai & DasGupta 2001.
    """
    z = Z_95
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if share == 0 else min(centre - half, share)
    high = 1.0 if share == 1 else max(centre + half, share)
    return low, high


@dataclass(frozen=True, kw_only=True, order=True)
class Count:
    """`correct` of `total`."""

    correct: int
    """How many were right, 0 to `total`."""
    total: int
    """How many were looked at; 0: there was nothing to look at."""

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.total:
            raise ValueError(f"count {self.correct} of {self.total}")

    def __add__(self, other: "Count") -> "Count":
        return Count(correct=self.correct + other.correct, total=self.total + other.total)

    @property
    def share(self) -> float | None:
        """Fraction in [0, 1]; None when nothing was looked at."""
        return self.correct / self.total if self.total else None

    @property
    def percent_text(self) -> str:
        """Percentage with one decimal; "0" and "100" appear only when exactly true; "–" for an empty count."""
        return "–" if self.share is None else f"{share_text(self.share)} %"

    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson score interval of the share, as fractions; None for an empty count."""
        if self.total == 0:
            return None
        return wilson_interval(self.correct / self.total, self.total)


EMPTY = Count(correct=0, total=0)


def share_text(share: float, decimals: int = 1) -> str:
    """Return a share as a percentage without its sign; "0" and "100" appear only when exactly true."""
    if share in (0, 1):
        return f"{100 * share:.0f}"
    least = 10.0**-decimals
    return f"{min(max(100 * share, least), 100 - least):.{decimals}f}"


def range_text(low: float, high: float, n: int) -> str:
    """Return the interval of a share of `n` as text: "72–100 %".

    One decimal from 100 on, where the interval is narrow enough for it to mean something.
    """
    decimals = 0 if n < 100 else 1
    return f"{share_text(low, decimals)}–{share_text(high, decimals)} %"


SMALL_N = 10
"""Below this many images an interval is shown with the remark that it rests on few."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval; where there is no image, None takes its place."""

    value: float
    """What was measured: a share in [0, 1], or a difference of two shares in [-1, 1]."""
    low: float
    """Lower end of the interval, at most `value`."""
    high: float
    """Upper end of the interval, at least `value`."""
    n: int
    """How many images it rests on, at least 1."""

    def __post_init__(self) -> None:
        if self.n < 1 or not -1 <= self.low <= self.value <= self.high <= 1:
            raise ValueError(f"estimate {self.low} <= {self.value} <= {self.high} of {self.n}")

    @property
    def is_small(self) -> bool:
        """Whether it rests on fewer than `SMALL_N` images."""
        return self.n < SMALL_N
