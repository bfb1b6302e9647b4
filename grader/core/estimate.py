"""A number that was measured on some images, and how far it can be trusted."""

from dataclasses import dataclass

SMALL_N = 10
"""Below this many images an interval is shown with the remark that it rests on few."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval; without any image there is no Estimate but None."""

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
