"""Input conventions: how the numbers looked that a network was trained on, and what its answers are."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images, Probabilities
from grader.models.layouts import RESIZE, Inputs, Layout, Pictures
from grader.models.references import softmax

Labels = npt.NDArray[np.integer]
Scores = npt.NDArray[np.float32]
"""float32, (n, classes): what a network answers."""

WHITE_ON_BLACK = "white-on-black"
POLARITIES = (WHITE_ON_BLACK, "black-on-white")
"""Every polarity, the plainest first."""
_PICTURE_LENGTH = "l2-picture"
SCALES = ("0-1", "0-255", "-1..1", "l2", _PICTURE_LENGTH)
"""Every scale, the plainest first."""


class NotFinite(Exception):
    """A network answered with something that is no number."""


@dataclass(frozen=True, kw_only=True)
class Convention:
    """One way to hand an image to a network."""

    polarity: str
    """Either "white-on-black" (ink is the larger number, as in MNIST) or "black-on-white"."""
    scale: str
    """One of "0-1", "0-255", "-1..1", "l2" (columns of length 1, as `keras.utils.normalize(x, axis=1)` makes them of
    pictures) or "l2-picture" (the whole picture of length 1, as the same call makes it of flat pictures)."""
    fit: str = RESIZE
    """How a side other than ours is reached: "resize", or "pad" with background, as LeNet's 32 x 32."""

    @property
    def id(self) -> str:
        """Name in evidence and reports: "white-on-black/0-255", "white-on-black/0-1/pad"."""
        return "/".join((self.polarity, self.scale, *([] if self.fit == RESIZE else [self.fit])))

    def apply(self, images: Images, layout: Layout) -> Inputs:
        """Return what the network expects.

        Args:
            images: (n, 28, 28, 1), values in [0, 1], ink = 1, background = 0.
            layout: of the network's input.

        Returns:
            float32, (n, *layout.image_shape). Pictures are first resized or padded, then inverted, then scaled.
        """
        ink = layout.fit(images, self.fit)
        return layout.shape(_scaled(ink if self.polarity == WHITE_ON_BLACK else 1 - ink, self.scale))


PLAIN = Convention(polarity=WHITE_ON_BLACK, scale="0-1")
"""What is taught, and what is taken where nothing tells."""


def conventions_for(layout: Layout) -> tuple[Convention, ...]:
    """Return every convention that is tried, the plainest first.

    Pictures of length 1 come from students who flattened them before `normalize`, so only flat networks are tried on
    them.
    """
    scales = [scale for scale in SCALES if scale != _PICTURE_LENGTH or layout.order == "flat"]
    return tuple(
        Convention(polarity=polarity, scale=scale, fit=fit)
        for polarity in POLARITIES
        for scale in scales
        for fit in layout.fits
    )


def _scaled(values: Pictures, scale: str) -> Pictures:
    """Return pictures (n, side, side) with values in [0, 1] on one of `SCALES`."""
    if scale == "0-255":
        return values * np.float32(255)
    if scale == "-1..1":
        return values * np.float32(2) - np.float32(1)
    if scale in {"l2", _PICTURE_LENGTH}:
        length = np.sqrt((values**2).sum(axis=1 if scale == "l2" else (1, 2), keepdims=True))
        return np.divide(values, np.where(length == 0, 1, length), dtype=np.float32)
    return values


def outputs_kind(answers: Iterable[Scores]) -> str:
    """Return what a network's answers are, told from those to all inputs it was given.

    Returns:
        "probabilities": every row is non-negative and sums to 1 within 1e-3. "sigmoids": every number is in [0, 1].
        "logits": anything else.
    """
    kind = "probabilities"
    for scores in answers:
        if (scores < 0).any() or (scores > 1 + _ROUNDING).any():
            return "logits"
        if not np.allclose(scores.sum(axis=1), 1, atol=_ROUNDING):
            kind = "sigmoids"
    return kind


_ROUNDING = 1e-3


def to_probabilities(scores: Scores, outputs: str) -> Probabilities:
    """Return rows that sum to 1: probabilities as they are, sigmoids by their share, logits by their softmax."""
    if outputs == "probabilities":
        return scores
    if outputs == "sigmoids":
        total = scores.sum(axis=1, keepdims=True)
        even = np.full_like(scores, 1 / scores.shape[1])
        return np.asarray(np.divide(scores, total, out=even, where=total > 0), np.float32)
    return softmax(scores)


def in_order(scores: Scores, label_order: tuple[int, ...]) -> Scores:
    """Return scores in order of the classes; `label_order` names the output of each, () means that they are."""
    return scores[:, list(label_order)] if label_order else scores
