"""The one record of a perturbation: what it does, where it is tried, how far it is scored, what it is called."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from grader.core.grade import LocalizedText
from grader.core.picture import Images
from grader.registry import Registry

Parameters = tuple[float, ...]
"""Parameters of one perturbation in its own units, such as (angle_degrees,) or (dx_pixels, dy_pixels)."""

ParameterSets = Mapping[str, tuple[Parameters, ...]]
"""Parameters to try, by name of the perturbation; each of them makes one cell."""

Limits = tuple[tuple[float, float], ...]
"""Smallest and largest value of each parameter, both allowed."""

Level = Literal["quick", "standard", "full"]
"""How much is tried; a rubric chooses."""
LEVELS: tuple[Level, ...] = ("quick", "standard", "full")
"""From little to much."""

Border = Literal["background", "reflect"]
"""What lies outside the frame: background (0), as around ink, or the picture's own mirror image, as OpenCV's
BORDER_REFLECT_101 has it (gfedcb|abcdefgh|gfedcba), for natural pictures."""
BORDERS: tuple[Border, ...] = ("background", "reflect")

Trials = Mapping[str, tuple[Parameters, ...]]
"""What is tried at each level, at others nothing. Values of parameters in pixels are those for a side of 28 pixels; see
`grader.perturbations.suite.suite` for other sides."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Perturbation:
    """A way to change images, and everything that the other rooms need to know about it."""

    name: str
    """Key in parameter sets, in evidence and in `results.json`."""
    does: Callable[..., Any]
    """Either parameters → `grader.perturbations.geometry.Transform`, where pixels move to; or images and parameters → new
    images of the same shape, each treated as if it were alone: float32 (n, height, width, channels), values in [0, 1],
    n > 0. Of these the first parameter is named `images`, and one named `border` gets the `Border`. The other
    parameters carry their unit in their name; with their defaults nothing changes."""
    title: LocalizedText
    """Name for people, by language."""
    order: int
    """Perturbations are shown from small to large."""
    limits: Limits
    """Smallest and largest value of each parameter; beyond them nothing readable can be left."""
    own: Trials = field(default_factory=dict)
    """What is tried on the student's own pictures."""
    test_set: Trials = field(default_factory=dict)
    """What is tried on test images: fewer parameters on more images, enough to grade on."""
    scored: Parameters | None = None
    """Largest absolute value of each parameter that a rubric may give points for; None: shown for information only."""
    information: tuple[Parameters, ...] = ()
    """Parameter sets that are shown for information only, whatever a zone says: there the label is another."""
    borders: tuple[Border, ...] = BORDERS
    """Borders of the data sets that it makes sense for."""
    keeps_label: bool = True
    """Whether the label stays the same in every data set; otherwise it is tried only where the data set allows it."""

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters with their units, in order: ("dx_pixels", "dy_pixels")."""
        return tuple(name for name in self._arguments if name not in {"images", "border"})

    @property
    def neutral(self) -> Parameters:
        """Parameters with which nothing changes."""
        return tuple(self._arguments[name].default for name in self.parameters)

    @cached_property
    def is_affine(self) -> bool:
        """Whether it moves pixels, so that ink may leave the frame."""
        return "images" not in self._arguments

    @cached_property
    def _arguments(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self.does).parameters

    def change(self, images: Images, at: Parameters, border: Border) -> Images:
        """Return changed images; only where `is_affine` is false."""
        changed: Images = self.does(
            images, *at, **({"border": border} if "border" in self._arguments else {})
        )
        return changed

    def check(self, at: Parameters) -> None:
        """Make sure that `at` are parameters of this perturbation.

        Raises:
            ValueError: there is another number of them, or one is outside its limits or not a number.
        """
        if len(at) != len(self.parameters):
            raise ValueError(
                f"{self.name} has {len(at)} parameters in {at}; needed: {len(self.parameters)}, "
                f"({', '.join(self.parameters)})"
            )
        for parameter, value, (low, high) in zip(self.parameters, at, self.limits, strict=True):
            if not low <= value <= high:
                raise ValueError(f"{self.name} has {parameter} {value}; needed: {low} to {high}")


PERTURBATIONS: Registry[Perturbation] = Registry("perturbations")
"""Every perturbation by name."""


def register(*perturbations: Perturbation) -> None:
    """Make perturbations known: from then on each is tried, measured and shown.

    Raises:
        GraderError: `name-taken`: another one has the name already.
    """
    for each in perturbations:
        PERTURBATIONS.add(each.name, each)


def in_order(names: Iterable[str] | None = None) -> tuple[Perturbation, ...]:
    """Return the perturbations with these names, or all of them, in the order in which they are shown.

    Raises:
        GraderError: `name-unknown`: there is no such perturbation.
    """
    chosen = map(PERTURBATIONS.get, PERTURBATIONS.names if names is None else names)
    return tuple(sorted(chosen, key=lambda each: (each.order, each.name)))


def since(level: Level, *parameter_sets: Parameters) -> Trials:
    """Return trials of these parameters at `level` and at every level above it."""
    return dict.fromkeys(LEVELS[LEVELS.index(level) :], parameter_sets)


def blend(images: Images, other: Images, share: float) -> Images:
    """Return `images` with `share` of `other`, 0 ≤ `share` ≤ 1; with 0 they are `images` bit for bit."""
    return np.asarray((1 - share) * images + share * other, np.float32)
