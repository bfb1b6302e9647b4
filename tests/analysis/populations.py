"""Populations of images to draw samples from: shares of the shipped networks on the test images, and made-up ones."""

from collections.abc import Callable, Iterable
from functools import cache
from itertools import combinations, product
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.models.references import list_references, load_reference
from grader.perturbations.geometry import Transform
from tests.digits import load_test_set
from tests.perturbations.warping import rotations, shifts, warp

Values = npt.NDArray[np.float64]
Populations = dict[str, Values]

REFEREE = "referee"
GRIDS: dict[str, tuple[Transform, ...]] = {
    "rotation": rotations([float(angle) for angle in range(-30, 31, 2)]),
    "shift": shifts(list(product(range(-3, 4), repeat=2))),
    "grid": tuple(
        Transform(angle_degrees=angle, dx_pixels=dx, dy_pixels=dy)
        for angle, dx, dy in product((-30.0, -15.0, 0.0, 15.0, 30.0), *[(-3.0, -1.5, 0.0, 1.5, 3.0)] * 2)
    ),
}
"""31 angles, 49 shifts, and the 125 of foolbox' default grid, all within ±30 degrees and ±3 pixels."""
NETWORKS = tuple(card.id for card in list_references() if card.dataset == "mnist")
LECTURES = tuple(network for network in NETWORKS if network != REFEREE)
_SIZE = 20_000


@cache
def network_shares(network: str, grid: str, every: int) -> Values:
    """Each image's share of transforms that a network reads rightly; every so many of the 1,000 test images."""
    images, labels = (part[::every] for part in load_test_set())
    predictor = load_reference(network)
    right = [
        predictor.predict(warp(images, (transform,))[0]).argmax(axis=1) == labels for transform in GRIDS[grid]
    ]
    return np.mean(right, axis=0)


@cache
def flip_shares(network: str, every: int) -> Values:
    """Of each image how many of two turns by 30 degrees change what is read, as a share."""
    images = load_test_set()[0][::every]
    predictor = load_reference(network)
    upright, left, right = (
        predictor.predict(warp(images, (turn,))[0]).argmax(axis=1) for turn in rotations([0.0, -30.0, 30.0])
    )
    return np.mean([left != upright, right != upright], axis=0)


def real_means(
    networks: Iterable[str] = NETWORKS, grids: Iterable[str] = GRIDS, every: int = 1
) -> Populations:
    """Shares of real networks."""
    return {
        f"{network}, {grid}": network_shares(network, grid, every)
        for network, grid in product(networks, grids)
    }


def real_flips() -> Populations:
    """How often real networks change their minds when a digit is turned."""
    return {f"{network}, flips": flip_shares(network, 1) for network in NETWORKS}


def real_differences(
    networks: Iterable[str] = LECTURES, grids: Iterable[str] = GRIDS, every: int = 1
) -> dict[str, tuple[Values, Values]]:
    """Shares of two networks on the same images: each against the referee, and each against each."""
    pairs = [(network, REFEREE) for network in networks] + list(combinations(networks, 2))
    return {
        f"{a} − {b}, {grid}": (network_shares(a, grid, every), network_shares(b, grid, every))
        for (a, b), grid in product(pairs, grids)
    }


def made_up_means() -> Populations:
    """Beta distributions, shares of 0 and 1, and many images at 1 with a tail below."""
    random = np.random.default_rng(7)
    steps = _steps()
    found: Populations = {}
    for a, b in ((0.3, 0.3), (1, 1), (2, 2), (5, 1), (8, 2)):
        found[f"beta({a}, {b})"] = random.beta(a, b, _SIZE)
    for p in (0.5, 0.7, 0.8, 0.9, 0.95, 0.98):
        found[f"0 or 1, {p} at 1"] = (steps < p).astype(float)
    for p, a, b in ((0.5, 2, 2), (0.7, 5, 1), (0.8, 1, 1), (0.9, 1, 1), (0.95, 2, 2), (0.985, 1, 0.7)):
        found[f"{p} at 1, others beta({a}, {b})"] = np.where(steps < p, 1.0, random.beta(a, b, _SIZE))
    return found


def made_up_differences() -> dict[str, tuple[Values, Values]]:
    """Independent shares, shares of 0 and 1 that seldom or often differ, and two that read nearly everything."""
    random, steps = np.random.default_rng(8), _steps()
    found = {
        "beta(2, 2) − beta(2, 2)": (random.beta(2, 2, _SIZE), random.beta(2, 2, _SIZE)),
        "beta(5, 5) − beta(5, 2)": (random.beta(5, 5, _SIZE), random.beta(5, 2, _SIZE)),
        "0 or 1, 0.6 − 0.8, independent": (
            (random.random(_SIZE) < 0.6).astype(float),
            (random.random(_SIZE) < 0.8).astype(float),
        ),
    }
    for more, less in ((0, 0.05), (0.02, 0.02), (0.02, 0.1), (0.1, 0.3), (0.2, 0.2), (0, 0.3), (0.05, 0.6)):
        found[f"0 or 1, +{more} −{less}"] = (
            (steps >= less).astype(float),
            (steps < 1 - more).astype(float),
        )
    tail = np.where(steps < 0.9, 1.0, random.random(_SIZE))
    found["0.9 at 1 − all at 1"] = (tail, np.ones(_SIZE))
    found["0.9 at 1 − 0.9 at 1, elsewhere"] = (tail, tail[::-1])
    return found


def _steps() -> Values:
    steps: Values = (np.arange(_SIZE) + 0.5) / _SIZE
    return steps


def coverage(
    interval: Callable[..., Any], population: tuple[Values, ...], *, n: int, samples: int, seed: int
) -> float:
    """Per cent of samples of n images whose interval holds the population's mean, or difference of two means."""
    random = np.random.default_rng([seed, n])
    means = [float(values.mean()) for values in population]
    truth = means[0] - sum(means[1:])
    held = 0
    for _ in range(samples):
        chosen = random.integers(0, len(population[0]), n)
        estimate = interval(*(values[chosen] for values in population))
        held += estimate.low - 1e-9 <= truth <= estimate.high + 1e-9
    return 100 * held / samples
