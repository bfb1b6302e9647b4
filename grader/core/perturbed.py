"""What networks predict for a set of labelled images, unperturbed and perturbed, and where a miss counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Classes = npt.NDArray[np.int8]
"""int8: predicted or true classes."""
Mask = npt.NDArray[np.bool_]
"""Whether a miss counts."""

WHOLE_TOLERANCE = 1e-9
"""Places are compared up to this; they are written down, not computed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PerturbedPredictions:
    """One set of digits: column i of every array is digit i, row j the j-th place of a perturbation."""

    rows: npt.NDArray[np.int64]
    """(n,): index of each digit among the pictures of the submission, or among the test images."""
    labels: Classes
    """(n,): true classes."""
    parameter_sets: Mapping[str, npt.NDArray[np.float64]]
    """By name of the perturbation: (places, parameters), in its units; see `grader.perturbations.suite`."""
    readable: Mask
    """(n,): whether the referee reads the label of the unperturbed digit."""
    valid: Mapping[str, Mask]
    """By name of the perturbation: (places, n), whether the referee reads the label there and upright, and less than 2 %
    of the ink left the frame. Only there can a network be blamed for a miss."""
    unperturbed: Mapping[str, Classes] = field(default_factory=dict)
    """By subject: (n,), predicted class of the unperturbed digit."""
    perturbed: Mapping[str, Mapping[str, Classes]] = field(default_factory=dict)
    """By subject, then by name of the perturbation: (places, n), predicted class."""

    def is_right(self, subject: str, name: str) -> Mask:
        """Return (places, n): whether `subject` reads the label under the perturbation `name`."""
        return np.asarray(self.perturbed[subject][name] == self.labels)

    def kept(self, name: str, *, only_valid: bool) -> Mask:
        """Return (places, n): the cells that are looked at, those where a miss counts or all of them."""
        valid = self.valid[name]
        return valid if only_valid else np.ones_like(valid)


def joined(parts: Sequence[PerturbedPredictions]) -> PerturbedPredictions:
    """Return trials of several sets of digits as one; all have been through the same, at least one part.

    Args:
        parts: in the order of the digits; rows are kept as they are.
    """
    first = parts[0]

    def columns(arrays: Iterable[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        return np.concatenate(list(arrays), axis=-1)

    return PerturbedPredictions(
        rows=columns(part.rows for part in parts),
        labels=columns(part.labels for part in parts),
        parameter_sets=first.parameter_sets,
        readable=columns(part.readable for part in parts),
        valid={name: columns(part.valid[name] for part in parts) for name in first.parameter_sets},
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
    readable=np.zeros(0, np.bool_),
    valid={},
)
"""Of a submission without digits that could be tried."""


@dataclass(frozen=True, kw_only=True)
class Zone:
    """What is scored: rotations and shifts up to these sizes, either way."""

    angle_degrees: float = 30.0
    shift_pixels: float = 3.0
    reported_degrees: float = 60.0
    """Rotations up to this size are shown and cost nothing; larger ones are information only."""

    @property
    def limits(self) -> Mapping[str, tuple[float, ...]]:
        """By name of the perturbation: the largest scored size of each parameter; of no other is anything scored."""
        return {
            "rotation": (self.angle_degrees,),
            "shift": (self.shift_pixels, self.shift_pixels),
            "grid": (self.angle_degrees, self.shift_pixels, self.shift_pixels),
        }


SCORED = Zone()
"""An augmented network reads 99 % of MNIST there; beyond it digits begin to turn into others."""
