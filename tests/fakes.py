"""Predictors without any network: what they answer is known beforehand."""

import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from grader.core.picture import Images, Probabilities
from grader.measuring.subjects import PerturbedDigits
from grader.perturbations.base import Parameters
from grader.perturbations.perturb import perturb

CLASSES = 10


def sure(digits: np.ndarray, confidence: float = 0.9) -> Probabilities:
    """Return rows that give each digit `confidence` and the others the same share of the rest."""
    rows = np.full((len(digits), CLASSES), (1 - confidence) / (CLASSES - 1), np.float32)
    rows[np.arange(len(digits)), digits] = confidence
    return rows


class Constant:
    """Says the same digit of everything."""

    def __init__(self, digit: int) -> None:
        self.digit = digit

    def predict(self, images: Images) -> Probabilities:
        return sure(np.full(len(images), self.digit))


class Random:
    """Says a random digit of each picture, always the same of the same one."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def predict(self, images: Images) -> Probabilities:
        digits = [
            hashlib.sha256(self.seed.to_bytes(4, "little") + image.tobytes()).digest()[0] * CLASSES // 256
            for image in images
        ]
        return sure(np.array(digits, np.int64))


class Untrained:
    """A dense network of one hidden layer with random weights: like a wild model, but alike on alike pictures."""

    def __init__(self, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.first = random.normal(size=(784, 64)).astype(np.float32) / 28
        self.second = random.normal(size=(64, CLASSES)).astype(np.float32)

    def predict(self, images: Images) -> Probabilities:
        hidden = np.maximum(images.reshape(len(images), -1) @ self.first, 0)
        powers = np.exp(np.clip(hidden @ self.second, -50, 50))
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


class Perfect:
    """Knows some pictures by heart; says the most frequent class, 0, of any other."""

    def __init__(self, images: Images, labels: np.ndarray) -> None:
        self.known = {image.tobytes(): int(label) for image, label in zip(images, labels, strict=True)}

    def predict(self, images: Images) -> Probabilities:
        digits = [self.known.get(np.ascontiguousarray(image).tobytes(), 0) for image in images]
        return sure(np.array(digits, np.int64))


class Counting:
    """Counts what another predictor is asked."""

    def __init__(self, predict) -> None:
        self.ask = predict
        self.calls = self.predictions = 0

    def predict(self, images: Images) -> Probabilities:
        self.calls += 1
        self.predictions += len(images)
        return self.ask(images)


UPRIGHT = "upright"
"""Name for the unperturbed digit, whose place is ()."""

Reading = Callable[[int, str, Parameters], int]
"""True class, name of the perturbation, place → class that is answered."""


def reads_all(label: int, name: str, at: Parameters) -> int:
    """Read everything."""
    return label


def always_three(label: int, name: str, at: Parameters) -> int:
    """Always answer 3."""
    return 3


def blind_to_rotation(label: int, name: str, at: Parameters) -> int:
    """Lose every digit that is turned by more than 12 degrees, whatever else is done to it."""
    angle = at[0] if name in {"rotation", "grid", "lecture"} else 0.0
    return label if abs(angle) <= 12 else (label + 1) % 10


def blind_to_shift(label: int, name: str, at: Parameters) -> int:
    """Lose every digit that is moved by more than 2 pixels along either axis, whatever else is done to it."""
    moved = {"shift": at, "grid": at[1:], "lecture": at[1:]}.get(name, ())
    return label if max(map(abs, moved), default=0) <= 2 else (label + 1) % 10


class Told:
    """Says of perturbed digits what a reading tells; an image that it does not know by its bytes is an error."""

    def __init__(self, digits: PerturbedDigits, reading: Reading, id_: str = "student") -> None:
        self.id = id_
        self._known: dict[bytes, int] = {}
        perturbed = perturb(digits.digits, digits.parameter_sets, digits.border)
        cells: Mapping[str, slice] = perturbed.slices
        for column, label in enumerate(digits.labels.tolist()):
            for name, part in cells.items():
                for place, image in zip(digits.parameter_sets[name], perturbed.images[part], strict=True):
                    self._known[image[column].tobytes()] = reading(label, name, place)
            self._known[digits.digits[column].tobytes()] = reading(label, UPRIGHT, ())

    def predict(self, images: Images) -> Probabilities:
        """Return certainty (n, 10)."""
        return np.eye(10, dtype=np.float32)[[self._known[image.tobytes()] for image in images]]
