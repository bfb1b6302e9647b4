"""Predictors without TensorFlow: they know every image they may be asked about, and answer as a test says."""

from collections.abc import Callable, Mapping

import numpy as np

from grader.core.battery import At
from grader.core.picture import Images, Probabilities
from grader.measuring.subjects import PerturbedDigits

UPRIGHT = "upright"
"""Name for the unperturbed digit, whose place is ()."""

Reading = Callable[[int, str, At], int]
"""True class, name of the perturbation, place → class that is answered."""


def perfect(label: int, name: str, at: At) -> int:
    """Read everything."""
    return label


def constant(label: int, name: str, at: At) -> int:
    """Always answer 3."""
    return 3


def blind_to_rotation(label: int, name: str, at: At) -> int:
    """Lose every digit that is turned by more than 12 degrees, whatever else is done to it."""
    angle = at[0] if name in {"rotation", "grid", "lecture"} else 0.0
    return label if abs(angle) <= 12 else (label + 1) % 10


def blind_to_shift(label: int, name: str, at: At) -> int:
    """Lose every digit that is moved by more than 2 pixels along either axis, whatever else is done to it."""
    moved = {"shift": at, "grid": at[1:], "lecture": at[1:]}.get(name, ())
    return label if max(map(abs, moved), default=0) <= 2 else (label + 1) % 10


class Fake:
    """Looks images up by their bytes; one that it does not know is an error."""

    def __init__(self, digits: PerturbedDigits, reading: Reading, id_: str = "student") -> None:
        self.id = id_
        self._known: dict[bytes, int] = {}
        cells: Mapping[str, slice] = digits.perturbed.slices
        for column, label in enumerate(digits.labels.tolist()):
            for name, part in cells.items():
                for place, image in zip(digits.places[name], digits.perturbed.images[part], strict=True):
                    self._known[image[column].tobytes()] = reading(label, name, place)
            self._known[digits.digits[column].tobytes()] = reading(label, UPRIGHT, ())

    def predict(self, images: Images) -> Probabilities:
        """Return certainty (n, 10)."""
        return np.eye(10, dtype=np.float32)[[self._known[image.tobytes()] for image in images]]
