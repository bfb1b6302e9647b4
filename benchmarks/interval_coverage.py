"""How often 95 % intervals hold the truth, by method, population and number of images.

python -m benchmarks.interval_coverage [--samples N] [--all]

Populations are the shares of every shipped network on the thousand test images, turned and shifted, and made-up ones;
samples of n images are drawn from them with replacement. With --all every population has its line. Takes minutes.
"""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from grader.analysis import intervals
from grader.analysis.intervals import difference_interval, mean_interval
from grader.core.count import Count
from tests.analysis.populations import (
    Values,
    coverage,
    made_up_differences,
    made_up_means,
    real_differences,
    real_means,
)
from tests.digits import load_test_set

SIZES = (5, 10, 30, 100, 300)
RESAMPLES = 999


@dataclass(frozen=True)
class Ends:
    low: float
    high: float


Method = Callable[..., Ends]


@cache
def weights(n: int) -> npt.NDArray[np.float64]:
    """How often each of n images is in each resample, over n."""
    chosen = np.random.default_rng(0).integers(0, n, (RESAMPLES, n))
    return np.stack([np.bincount(row, minlength=n) for row in chosen]) / n


@cache
def bayesian_weights(n: int) -> npt.NDArray[np.float64]:
    """Dirichlet weights of n images and of two halves of an imaginary one."""
    return np.random.default_rng(0).dirichlet([*[1.0] * n, 0.5, 0.5], RESAMPLES)


def values_of(samples: tuple[Values, ...]) -> Values:
    """Shares, or the differences of two."""
    return np.sort(samples[0] - samples[1] if len(samples) > 1 else samples[0])


@cache
def student_t(n: int) -> float:
    from scipy import stats

    return float(stats.t.ppf(0.975, n - 1))


@cache
def expanded_level(n: int) -> float:
    from scipy import stats

    return float(stats.norm.cdf(-np.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1)))


def by_t(*samples: Values) -> Ends:
    values = values_of(samples)
    half = student_t(len(values)) * values.std(ddof=1) / np.sqrt(len(values))
    return Ends(values.mean() - half, values.mean() + half)


def by_percentile(*samples: Values) -> Ends:
    values = values_of(samples)
    return Ends(*np.quantile(weights(len(values)) @ values, [0.025, 0.975]))


def by_expanded_percentile(*samples: Values) -> Ends:
    """Hesterberg 2014, "What Teachers Should Know about the Bootstrap"."""
    values = values_of(samples)
    level = expanded_level(len(values))
    return Ends(*np.quantile(weights(len(values)) @ values, [level, 1 - level]))


def by_bca(*samples: Values) -> Ends:
    """Efron 1987."""
    from scipy.special import ndtr, ndtri

    values = values_of(samples)
    means, off = weights(len(values)) @ values, values - values.mean()
    if not off.any():
        return Ends(values[0], values[0])
    below = np.mean(means < values.mean()) + np.mean(means == values.mean()) / 2
    bias = ndtri(np.clip(below, 0.001, 0.999))
    skew = (off**3).sum() / (6 * (off**2).sum() ** 1.5)
    at = bias + np.array([-1.96, 1.96])
    return Ends(*np.quantile(means, ndtr(bias + at / (1 - skew * at))))


def by_bootstrap_t(*samples: Values) -> Ends:
    values = values_of(samples)
    drawn = weights(len(values))
    means = drawn @ values
    deviation = np.sqrt(np.maximum(drawn @ values**2 - means**2, 0))
    off = means - values.mean()
    ratios = np.where(deviation > 1e-9, off / np.maximum(deviation, 1e-9), 50 * np.sign(off))
    low, high = np.quantile(ratios, [0.025, 0.975]) * values.std()
    return Ends(values.mean() - high, values.mean() - low)


def by_bayesian_bootstrap(*samples: Values) -> Ends:
    """Rubin 1981, with half an imaginary image at either end: Jeffreys' interval where shares are 0 or 1."""
    values = values_of(samples)
    ends = [0.0, 1.0] if len(samples) == 1 else [-1.0, 1.0]
    low, high = np.quantile(bayesian_weights(len(values)) @ np.append(values, ends), [0.025, 0.975])
    return Ends(min(low, values.mean()), max(high, values.mean()))


def unshrunk(interval: Callable[..., object], *samples: Values) -> object:
    """The chosen form without drawing the dispersion towards 1."""
    kept, intervals.SHRINKING = intervals.SHRINKING, 1e-9
    try:
        return interval(*samples)
    finally:
        intervals.SHRINKING = kept


METHODS: dict[str, Method] = {
    "t": by_t,
    "percentile": by_percentile,
    "expanded": by_expanded_percentile,
    "BCa": by_bca,
    "bootstrap-t": by_bootstrap_t,
    "Bayesian": by_bayesian_bootstrap,
}


def table(
    title: str,
    groups: dict[str, dict[str, tuple[Values, ...]]],
    chosen: Callable[..., object],
    samples: int,
    *,
    each: bool,
) -> None:
    """Print mean, lowest and highest coverage over the populations of each group."""
    methods = {**METHODS, "unshrunk": partial(unshrunk, chosen), "chosen": chosen}
    for group, populations in groups.items():
        print(f"\n{title}, {len(populations)} {group} populations: mean (lowest to highest), per cent")
        print(f"{'':44}" + "".join(f"{f'n = {n}':>22}" for n in SIZES))
        for name, method in methods.items():
            found = [
                [
                    coverage(method, population, n=n, samples=samples, seed=number)
                    for number, population in enumerate(populations.values())
                ]
                for n in SIZES
            ]
            print(f"{name:44}" + "".join(f"{summary(column):>22}" for column in found), flush=True)
        if each:
            for row, population in enumerate(populations):
                print(f"  {population:42}" + "".join(f"{column[row]:22.1f}" for column in found))


def one_of_each(samples: int) -> None:
    """Print the coverage of means of ten images, one of each digit, as students write them."""
    labels = load_test_set()[1]
    parameter_sets = np.stack([np.flatnonzero(labels == digit) for digit in range(10)])
    found = []
    for number, shares in enumerate(real_means().values()):
        random = np.random.default_rng(number)
        chosen = parameter_sets[np.arange(10), random.integers(0, parameter_sets.shape[1], (samples, 10))]
        estimates = [mean_interval(shares[row]) for row in chosen]
        held = [e is not None and e.low <= shares.mean() <= e.high for e in estimates]
        found.append(100 * float(np.mean(held)))
    print(f"\nMean, one image of each digit, 18 real populations: {summary(found)}")


def few(samples: int) -> None:
    """Print the coverage of means of very few images."""
    for n in (1, 2, 3, 7, 9):
        found = [
            coverage(mean_interval, (shares,), n=n, samples=samples, seed=number)
            for number, shares in enumerate({**real_means(), **made_up_means()}.values())
        ]
        print(f"Mean, n = {n}, all populations: {summary(found)}")


def summary(found: Iterable[float]) -> str:
    found = list(found)
    return f"{np.mean(found):.1f} ({min(found):.1f} to {max(found):.1f})"


def wilson() -> None:
    """Print Wilson's coverage, exactly."""
    print(
        "Wilson's interval of a count: mean over all p, lowest over p (and where), lowest over p in 0.1 to 0.9"
    )
    p = np.linspace(0, 1, 10_001)
    for n in SIZES:
        covered = wilson_coverage(n, p)
        inner = covered[(p >= 0.1) & (p <= 0.9)].min()
        print(
            f"  n = {n:3}  {covered.mean():5.1f}  {covered.min():5.1f} ({p[covered.argmin()]:.4f})  {inner:5.1f}"
        )


def wilson_coverage(n: int, p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Per cent of counts of n, by share p of the population, whose interval holds p."""
    from scipy import stats

    covered = np.zeros(len(p))
    for correct in range(n + 1):
        low, high = Count(correct=correct, total=n).interval() or (0.0, 1.0)
        covered += np.where((low <= p) & (p <= high), stats.binom.pmf(correct, n, p), 0.0)
    return 100 * covered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    wilson()
    one_of_each(options.samples)
    few(options.samples)
    means = {
        "real": {name: (values,) for name, values in real_means().items()},
        "made-up": {name: (values,) for name, values in made_up_means().items()},
    }
    differences = {"real": {**real_differences()}, "made-up": {**made_up_differences()}}
    table("Mean", means, mean_interval, options.samples, each=options.all)
    table("Difference", differences, difference_interval, options.samples, each=options.all)


if __name__ == "__main__":
    main()
