"""What networks predict for a set of labelled images, unperturbed and perturbed, and where a miss counts."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Classes = npt.NDArray[np.int8]
"""int8: predicted or true classes."""
Mask = npt.NDArray[np.bool_]
"""Valid mask: whether a miss counts."""

WHOLE_TOLERANCE = 1e-9
"""Parameters are equal when they differ by no more; they are written down, not computed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PerturbedPredictions:
    """One set of images: column i of every array is image i, row j is place j, a set of parameters."""

    rows: npt.NDArray[np.int64]
    """(n,): index of each image among the pictures of the submission, or among the test images."""
    labels: Classes
    """(n,): true classes."""
    parameter_sets: Mapping[str, npt.NDArray[np.float64]]
    """By name of the perturbation: (places, parameters), in its units; see `grader.perturbations.suite`."""
    in_frame: Mapping[str, Mask]
    """By name of the perturbation: (places, n), whether less than 2 % of the ink left the frame."""
    referee: str | None
    """Who judges what can be read; None: the data set has no referee, and every image counts."""
    unperturbed: Mapping[str, Classes] = field(default_factory=dict)
    """By subject: (n,), predicted class of the unperturbed image."""
    perturbed: Mapping[str, Mapping[str, Classes]] = field(default_factory=dict)
    """By subject, then by name of the perturbation: (places, n), predicted class."""

    @cached_property
    def readable(self) -> Mask:
        """(n,): whether the referee reads the label of the unperturbed image."""
        if self.referee is None:
            return np.ones(len(self.labels), np.bool_)
        return np.asarray(self.unperturbed[self.referee] == self.labels)

    @cached_property
    def valid(self) -> Mapping[str, Mask]:
        """Valid mask by name of the perturbation: (places, n), whether a miss counts.

        It does where the referee reads the label, there and unperturbed, and the ink is in the frame.
        """
        if self.referee is None:
            return self.in_frame
        return {
            name: self.is_right(self.referee, name) & self.readable & kept
            for name, kept in self.in_frame.items()
        }

    def is_right(self, subject: str, name: str) -> Mask:
        """Return (places, n): whether `subject` reads the label under the perturbation `name`."""
        return np.asarray(self.perturbed[subject][name] == self.labels)

    def kept(self, name: str, *, only_valid: bool) -> Mask:
        """Return (places, n): the cells that are looked at, those where a miss counts or all of them."""
        valid = self.valid[name]
        return valid if only_valid else np.ones_like(valid)

    def with_answers(self, answers: Mapping[str, Classes]) -> "PerturbedPredictions":
        """Return the same images with what further subjects predict.

        Args:
            answers: by subject: (1 + cells, n), the unperturbed images, then every place of every perturbation.
        """
        return replace(
            self,
            unperturbed={**self.unperturbed, **{who: each[0] for who, each in answers.items()}},
            perturbed={
                **self.perturbed,
                **{who: by_name(self.parameter_sets, each[1:]) for who, each in answers.items()},
            },
        )


_Cells = TypeVar("_Cells", bound=np.generic)


def by_name(
    parameter_sets: Mapping[str, Sized], cells: npt.NDArray[_Cells]
) -> dict[str, npt.NDArray[_Cells]]:
    """Return the rows of `cells` (cells, ...) by name of the perturbation, in the order of `parameter_sets`."""
    ends = np.cumsum([len(each) for each in parameter_sets.values()], dtype=int)
    return dict(zip(parameter_sets, np.split(cells, ends[:-1]), strict=True)) if parameter_sets else {}


def joined(parts: Sequence[PerturbedPredictions]) -> PerturbedPredictions:
    """Return the predictions of several sets of images, perturbed alike, as one; at least one set.

    Args:
        parts: in the order of the images; rows are kept as they are.
    """
    first = parts[0]

    def columns(arrays: Iterable[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        return np.concatenate(list(arrays), axis=-1)

    return PerturbedPredictions(
        rows=columns(part.rows for part in parts),
        labels=columns(part.labels for part in parts),
        parameter_sets=first.parameter_sets,
        in_frame={name: columns(part.in_frame[name] for part in parts) for name in first.parameter_sets},
        referee=first.referee,
        unperturbed={who: columns(part.unperturbed[who] for part in parts) for who in first.unperturbed},
        perturbed={
            who: {name: columns(part.perturbed[who][name] for part in parts) for name in first.parameter_sets}
            for who in first.perturbed
        },
    )


def within(parameter_sets: npt.NDArray[np.float64], limits: tuple[float, ...]) -> Mask:
    """Return (places,): whether no parameter of a place is larger than its limit, either way."""
    return np.asarray((np.abs(parameter_sets) <= np.array(limits) + WHOLE_TOLERANCE).all(axis=1))


def at_place(parameter_sets: npt.NDArray[np.float64], at: tuple[float, ...]) -> int | None:
    """Return the row of the place `at`, or None where it was not tried."""
    found = np.flatnonzero((np.abs(parameter_sets - np.array(at)) <= WHOLE_TOLERANCE).all(axis=1))
    return int(found[0]) if found.size else None


NO_PREDICTIONS = PerturbedPredictions(
    rows=np.zeros(0, np.int64),
    labels=np.zeros(0, np.int8),
    parameter_sets={},
    in_frame={},
    referee=None,
)
"""Of a submission without pictures that could be tried."""


@dataclass(frozen=True, kw_only=True)
class Zone:
    """What is scored: rotations and shifts up to these sizes, either way."""

    angle_degrees: float = 30.0
    shift_pixels: float = 3.0
    reported_degrees: float = 60.0
    """Rotations up to this size are shown and cost nothing; larger ones are information only."""

    @property
    def limits(self) -> Mapping[str, tuple[float, ...]]:
        """By name of the perturbation: the largest scored size of each parameter; no other is scored."""
        return {
            "rotation": (self.angle_degrees,),
            "shift": (self.shift_pixels, self.shift_pixels),
            "grid": (self.angle_degrees, self.shift_pixels, self.shift_pixels),
        }


SCORED = Zone()
"""An augmented network reads 99 % of MNIST there; beyond it digits begin to turn into others."""
