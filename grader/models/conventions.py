"""Input conventions: how the numbers looked that a network was trained on.

A ReLU network is almost scale-free, so accuracy cannot tell 0-1 from 0-255; the loss on known digits can.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images, Probabilities
from grader.models.references import softmax

Labels = npt.NDArray[np.integer]

_SURE_RATIO = 1.05
_SMALLEST_PROBABILITY = 1e-7
_LARGEST_LOSS = -math.log(_SMALLEST_PROBABILITY)


class NotFinite(Exception):
    """A network answered with something that is no number."""


@dataclass(frozen=True, kw_only=True)
class Convention:
    """One way to hand an image to a network."""

    polarity: str
    """Either "white-on-black" (ink is the larger number, as in MNIST) or "black-on-white"."""
    scale: str
    """One of "0-1", "0-255", "-1..1" or "l2" (columns of length 1, `keras.utils.normalize(x, axis=1)`)."""

    @property
    def id(self) -> str:
        """Name in evidence and reports, for example "white-on-black/0-255"."""
        return f"{self.polarity}/{self.scale}"

    def apply(self, images: Images, image_shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """Return what the network expects.

        Args:
            images: (n, height, width, 1), values in [0, 1], ink = 1.
            image_shape: shape of one image as the network takes it; as many numbers as an image has.

        Returns:
            float32, (n, *image_shape).
        """
        values = images if self.polarity == "white-on-black" else 1 - images
        return _scaled(values.reshape(len(images), *image_shape), self.scale)

    def apply_as_submitted(self, pictures: Images, image_shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """Return pictures scaled as the network expects, their polarity left as the file has it."""
        return _scaled(pictures.reshape(len(pictures), *image_shape), self.scale)


_SCALES = ("0-1", "0-255", "-1..1", "l2")


def _scaled(values: npt.NDArray[np.float32], scale: str) -> npt.NDArray[np.float32]:
    """Return values in [0, 1] on one of `_SCALES`."""
    if scale == "0-255":
        return values * np.float32(255)
    if scale == "-1..1":
        return values * np.float32(2) - np.float32(1)
    if scale == "l2":
        length = np.sqrt((values**2).sum(axis=1, keepdims=True))
        return np.divide(values, np.where(length == 0, 1, length), dtype=np.float32)
    return values


CONVENTIONS = tuple(
    Convention(polarity=polarity, scale=scale)
    for polarity in ("white-on-black", "black-on-white")
    for scale in _SCALES
)
"""Every convention that is tried, the plainest first."""


class RawModel(Protocol):
    """A network that takes images in its own convention."""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image."""
        ...

    def scores(self, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the network's answers (n, classes), probabilities or logits."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class ConventionEvidence:
    """Which convention a network was trained with, and how clearly."""

    chosen: Convention
    """The one with the lowest loss; the plainest of those that cannot be told apart."""
    is_certain: bool
    """False when another does as well."""
    outputs: str
    """Either "probabilities" or "logits"."""
    losses: Mapping[str, float]
    """Mean cross-entropy in nats by convention id."""
    accuracies: Mapping[str, float]
    """Share read rightly by convention id."""
    predictions: Labels
    """Predicted class of every known digit under the chosen convention, (n,)."""


def infer_convention(model: RawModel, images: Images, labels: Labels) -> ConventionEvidence:
    """Find the convention under which a network reads known digits best.

    Args:
        model: answers images in its own convention.
        images: known digits, (n, height, width, 1), ink = 1.
        labels: their classes, (n,).

    Returns:
        The convention with the lowest mean cross-entropy. Another one within 5 % of that loss makes it uncertain; then
        the first of those in `CONVENTIONS` is taken. One under which the answers are not finite, as exponential
        activations give for 0-255, counts as the worst.

    Raises:
        NotFinite: the answers are not finite under any convention.
    """
    scores, errors = {}, []
    for convention in CONVENTIONS:
        try:
            scores[convention.id] = model.scores(convention.apply(images, model.image_shape))
        except NotFinite as error:
            errors.append(error)
    if not scores:
        raise errors[0]
    outputs = "probabilities" if all(are_probabilities(each) for each in scores.values()) else "logits"
    losses = {convention.id: _LARGEST_LOSS for convention in CONVENTIONS}
    accuracies = {convention.id: 0.0 for convention in CONVENTIONS}
    for id_, each in scores.items():
        probabilities = to_probabilities(each, outputs)
        picked = probabilities[np.arange(len(labels)), labels]
        losses[id_] = float(-np.log(np.maximum(picked, _SMALLEST_PROBABILITY)).mean())
        accuracies[id_] = float((each.argmax(axis=1) == labels).mean())
    best = min(losses.values())
    candidates = [each for each in CONVENTIONS if each.id in scores and losses[each.id] <= best * _SURE_RATIO]
    return ConventionEvidence(
        chosen=candidates[0],
        is_certain=len(candidates) == 1,
        outputs=outputs,
        losses=losses,
        accuracies=accuracies,
        predictions=scores[candidates[0].id].argmax(axis=1),
    )


def are_probabilities(scores: npt.NDArray[np.float32]) -> bool:
    """Whether every row is non-negative and sums to 1 within 1e-3."""
    return bool((scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-3))


def to_probabilities(scores: npt.NDArray[np.float32], outputs: str) -> Probabilities:
    """Return rows that sum to 1: `scores` themselves, or their softmax when they are logits."""
    if outputs == "probabilities":
        return scores
    return softmax(scores)
