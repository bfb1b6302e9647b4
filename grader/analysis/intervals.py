"""95 % intervals of means over images; the unit of sampling is the image, never one of its transforms.

An image's share is how many of its transforms were read rightly, of those that count. The transforms of one image
are correlated, different images are not. So only the spread between images says how sure a mean is.

Both intervals are score intervals with an effective number of images (docs/intervals.md has the measured coverage):

- Where every share is 0 or 1 they are Wilson's interval of one share and Tango's interval of a paired difference.
- Other shares spread less than 0 and 1 would with the same mean. The dispersion is the ratio of the two variances:
  n images tell as much as n / dispersion images with shares of 0 and 1.

The variance is the limit of resampling the images, in closed form: it needs no random numbers and no seed, and the
order of the images cannot matter, because sums are exact (math.fsum). Bootstraps were measured, too: where most
images are read under every transform, there is often no spread to resample, and their intervals miss the true mean.

Source: effective sample sizes in Wilson's interval, Korn & Graubard 1998 and Franco et al. 2019, "Comparative Study of
Confidence Intervals for Proportions in Complex Sample Surveys"; Tango 1998, "Equivalence test and confidence interval
for the difference in proportions for the paired-sample design". The shrinking of the dispersion is ours.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from grader.core.count import Z_95, Estimate, wilson_interval

SHRINKING = 0.01
"""How strongly the dispersion is drawn towards 1, that is towards shares 0 and 1: with the weight of SHRINKING * √n.

Chosen by simulation (benchmarks/interval_coverage.py): with 0, an interval of the referee's share on a grid of
transforms, from 100 images, covers 72 % of the time, because the few images that it misreads anywhere may all be misread
at few places. √n is how the weight of the minimax estimator of a share grows (Steinhaus 1957)."""

_HALVINGS = 55
"""Enough steps to reach neighboring doubles: the searched range is at most 2 long."""


def mean_interval(shares: npt.NDArray[np.floating]) -> Estimate | None:
    """Return the mean share over images with its 95 % interval.

    Args:
        shares: each image's share of transforms read rightly, (n,), in [0, 1]; NaN: none of its transforms counts, and
            the image is left out.

    Returns:
        The mean, within an interval in [0, 1]; None when no image counts.

    Raises:
        ValueError: a share is outside [0, 1].
    """
    kept = _kept(shares)
    n = len(kept)
    if n == 0:
        return None
    mean = math.fsum(kept) / n
    low, high = wilson_interval(mean, n / _dispersion(kept, mean, mean - mean * mean))
    return Estimate(value=mean, low=low, high=high, n=n)


def difference_interval(
    shares: npt.NDArray[np.floating], others: npt.NDArray[np.floating]
) -> Estimate | None:
    """Return the mean of `shares` minus the mean of `others`, on the same images, with its 95 % interval.

    Args:
        shares: each image's share, (n,), in [0, 1] or NaN, such as the student's.
        others: the same images' shares, (n,), such as the reference's. An image counts where neither is NaN.

    Returns:
        The difference, within an interval in [-1, 1]; None when no image counts.

    Raises:
        ValueError: a share is outside [0, 1], or the two are not of equal length.
    """
    if shares.shape != others.shape:
        raise ValueError(f"shares of {shares.shape} and of {others.shape} images")
    both = ~(np.isnan(shares) | np.isnan(others))
    kept = [a - b for a, b in zip(_kept(shares[both]), _kept(others[both]), strict=True)]
    n = len(kept)
    if n == 0:
        return None
    mean = math.fsum(kept) / n
    more = math.fsum(d for d in kept if d > 0) / n
    less = -math.fsum(d for d in kept if d < 0) / n
    n_effective = n / _dispersion(kept, mean, more + less - mean * mean)
    low = _limit(mean, -1.0, more, less, n_effective)
    high = _limit(mean, 1.0, more, less, n_effective)
    return Estimate(value=mean, low=low, high=high, n=n)


def _kept(shares: npt.NDArray[np.floating]) -> list[float]:
    kept: list[float] = shares[~np.isnan(shares)].tolist()
    for share in kept:
        if not 0 <= share <= 1:
            raise ValueError(f"share {share} is outside [0, 1]")
    return kept


def _dispersion(values: Sequence[float], mean: float, largest: float) -> float:
    """Return the variance of `values` divided by `largest`, the largest it could be, drawn towards 1; in (0, 1]."""
    n = len(values)
    if n == 1:
        return 1.0
    spread = math.fsum((value - mean) ** 2 for value in values) * n / (n - 1)
    weight = SHRINKING * math.sqrt(n)
    ratio = (spread + weight) / (n * max(largest, 0.0) + weight)
    return min(ratio, 1.0)


def _limit(mean: float, end: float, more: float, less: float, n_effective: float) -> float:
    """Return the difference farthest from `mean` towards `end` that a score test at 5 % does not reject."""
    inside, outside = mean, end
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if (middle - mean) ** 2 * n_effective <= Z_95 * Z_95 * _variance_if(middle, more, less):
            inside = middle
        else:
            outside = middle
    return inside


def _variance_if(difference: float, more: float, less: float) -> float:
    """Return the variance of differences -1, 0 and 1 if their mean were `difference`.

    The most likely distribution with this mean is taken, given shares `more` of 1 and `less` of -1 (Tango 1998).
    """
    b = (2 - more + less) * difference - more - less
    c = -less * difference * (1 - difference)
    likeliest = (math.sqrt(max(b * b - 8 * c, 0.0)) - b) / 4
    minus = min(max(likeliest, -difference, 0.0), (1 - difference) / 2)
    return max(2 * minus + difference - difference * difference, 0.0)
