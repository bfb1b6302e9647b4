"""Which perturbations are tried with which parameters: collected from the registry for a level and a data set."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from grader.core.dataset import Dataset
from grader.perturbations.base import (
    LEVELS,
    Border,
    Parameters,
    ParameterSets,
    Perturbation,
    Trials,
    in_order,
)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Everything that is tried on a set of labelled images, in the order in which it is shown."""

    own: ParameterSets
    """On the student's own pictures."""
    test_set: ParameterSets
    """On test images: fewer parameters on more images, enough to grade on."""
    test_set_size: int
    """How many test images, as many of each class."""
    scored: Mapping[str, Parameters] = field(default_factory=dict)
    """By name of each perturbation that a rubric may give points for: the largest absolute value of each parameter."""
    border: Border = "background"
    """What lies outside the frame."""


_TEST_SET_SIZES = {"quick": 100, "standard": 100, "full": 200}
_SIDE_PER_STEP = 30
"""Parameters in pixels are tried in steps of this part of the side, in whole pixels."""


def step_pixels(side: int) -> int:
    """Return how many pixels stand for one of a picture with a side of 28: 1 up to a side of 44, 4 of 128, 9 of 256.

    So the largest scored shift, 3 steps, is about a tenth of the side, and whole pixels: 3 of 28 (MNIST) and of 32
    (CIFAR-10), as in Engstrom et al. 2019 (arXiv 1712.02779), 21 of 224.
    """
    return max(1, round(side / _SIDE_PER_STEP))


def suite(
    level: str,
    *,
    side: int = 28,
    border: Border = "background",
    allowed: Collection[str] | None = None,
) -> Suite:
    """Return what is tried at a level.

    Args:
        level: how much; one of `LEVELS`.
        side: of the pictures, in pixels; see `step_pixels`.
        border: what lies outside the frame.
        allowed: names of the perturbations that keep the labels of the data set; None: all that are made for such a
            border and keep any label, among them what plug-ins add.

    Raises:
        GraderError: `name-unknown`: there is no perturbation with an allowed name.
        KeyError: there is no such level.
    """
    step = step_pixels(side)
    tried = [
        each
        for each in in_order(allowed)
        if allowed is not None or (border in each.borders and each.keeps_label)
    ]

    def sets(trials_of: Callable[[Perturbation], Trials]) -> ParameterSets:
        trials = {each: trials_of(each).get(level, ()) for each in tried}
        return {
            each.name: tuple(_scaled(each, at, step) for at in ats) for each, ats in trials.items() if ats
        }

    return Suite(
        own=sets(lambda each: each.own),
        test_set=sets(lambda each: each.test_set),
        test_set_size=_TEST_SET_SIZES[level],
        scored={each.name: _scaled(each, each.scored, step) for each in tried if each.scored is not None},
        border=border,
    )


def suite_on(dataset: Dataset, level: str) -> Suite:
    """Return what a level tries on a data set."""
    return suite(level, side=dataset.side, border=dataset.border, allowed=dataset.perturbations)


def perturbations_on(dataset: Dataset) -> tuple[str, ...]:
    """Return the names of the perturbations that are tried on a data set at the highest level."""
    return tuple(suite_on(dataset, LEVELS[-1]).own)


def _scaled(perturbation: Perturbation, at: Parameters, step: int) -> Parameters:
    """Return parameters for a side of 28 as those for a step of `step` pixels."""
    return tuple(
        value * step if name.endswith("pixels") else value
        for name, value in zip(perturbation.parameters, at, strict=True)
    )


class _Suites(Mapping[str, Suite]):
    """The suites of handwritten digits by level; collected when asked, since plug-ins may add to them."""

    def __getitem__(self, level: str) -> Suite:
        return suite(level)

    def __iter__(self) -> Iterator[str]:
        return iter(LEVELS)

    def __len__(self) -> int:
        return len(LEVELS)


SUITES: Mapping[str, Suite] = _Suites()
