"""What every perturbation is made of: its parameters, and an affine map, a linear map or a function of images."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grader.core.picture import Images
from grader.perturbations.geometry import Matrix, Transform
from grader.perturbations.suite import Parameters
from grader.registry import Registry

Limits = tuple[tuple[float, float], ...]
"""Smallest and largest value of each parameter, both allowed."""


@dataclass(frozen=True, kw_only=True)
class Affine:
    """Ink moves, and may leave the frame."""

    transform: Callable[..., Transform]
    """Parameters → where to."""


@dataclass(frozen=True, kw_only=True)
class Linear:
    """Each pixel becomes a weighted sum of pixels, where it is."""

    matrix: Callable[..., Matrix]
    """Height, width, parameters → float32 `csr_array`, (height * width, height * width)."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """Anything else that happens to each image by itself, where it is."""

    change: Callable[..., Images]
    """Images, parameters → new images of the same shape, float32 in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """A registered way to change images."""

    name: str
    """Name in suites."""
    parameters: tuple[str, ...]
    """Names of its parameters with their units, in the order of a place: ("dx_pixels", "dy_pixels")."""
    neutral: Parameters
    """The place where nothing changes."""
    limits: Limits
    """Smallest and largest value of each parameter; beyond them nothing readable can be left."""
    effect: Affine | Linear | Change
    """What it does."""

    def check(self, at: Parameters) -> None:
        """Make sure that `at` is a place of this perturbation.

        Raises:
            ValueError: it has another number of parameters, or one is outside its limits or not a number.
        """
        if len(at) != len(self.parameters):
            raise ValueError(
                f"{self.name} has {len(at)} parameters in {at}; needed: {len(self.parameters)}, "
                f"({', '.join(self.parameters)})"
            )
        for parameter, value, (low, high) in zip(self.parameters, at, self.limits, strict=True):
            if not low <= value <= high or math.isnan(value):
                raise ValueError(f"{self.name} has {parameter} {value}; needed: {low} to {high}")


PERTURBATIONS: Registry[Perturbation] = Registry("perturbations")
"""Every perturbation by the name that suites use."""

_Transform = Callable[..., Transform]
_Matrix = Callable[..., Matrix]
_Change = Callable[..., Images]


def affine(name: str, *, neutral: Parameters, limits: Limits) -> Callable[[_Transform], _Transform]:
    """Register the decorated function as the perturbation `name` that moves ink.

    Args:
        name: as in `grader.perturbations.suite`.
        neutral: place where nothing changes.
        limits: smallest and largest value of each parameter.

    The function takes the parameters, whose names it gives, and returns a `Transform`.
    """

    def register(transform: _Transform) -> _Transform:
        _add(name, transform, 0, neutral, limits, Affine(transform=transform))
        return transform

    return register


def linear(name: str, *, neutral: Parameters, limits: Limits) -> Callable[[_Matrix], _Matrix]:
    """Register the decorated function as the perturbation `name` that mixes pixels linearly.

    Args:
        name: as in `grader.perturbations.suite`.
        neutral: place where nothing changes.
        limits: smallest and largest value of each parameter.

    The function takes height, width and the parameters, whose names it gives, and returns a float32 `csr_array`,
    (height * width, height * width).
    """

    def register(matrix: _Matrix) -> _Matrix:
        _add(name, matrix, 2, neutral, limits, Linear(matrix=matrix))
        return matrix

    return register


def change(name: str, *, neutral: Parameters, limits: Limits) -> Callable[[_Change], _Change]:
    """Register the decorated function as the perturbation `name`.

    Args:
        name: as in `grader.perturbations.suite`.
        neutral: place where nothing changes.
        limits: smallest and largest value of each parameter.

    The function takes images, float32 (n, height, width, 1) with n > 0, and the parameters, whose names it gives. It
    returns new images of the same shape, and treats each as if it were alone.
    """

    def register(function: _Change) -> _Change:
        _add(name, function, 1, neutral, limits, Change(change=function))
        return function

    return register


def blend(images: Images, other: Images, share: float) -> Images:
    """Return `images` with `share` of `other`, 0 ≤ `share` ≤ 1; with 0 they are `images` bit for bit."""
    return np.asarray((1 - share) * images + share * other, np.float32)


def _add(
    name: str,
    function: Callable[..., object],
    n_first: int,
    neutral: Parameters,
    limits: Limits,
    effect: Affine | Linear | Change,
) -> None:
    """Register `effect`; its parameters are those of `function` but the `n_first` first."""
    PERTURBATIONS.add(
        name,
        Perturbation(
            name=name,
            parameters=tuple(inspect.signature(function).parameters)[n_first:],
            neutral=neutral,
            limits=limits,
            effect=effect,
        ),
    )
