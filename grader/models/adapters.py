"""Which form and values a picture has for a network, and what kind of answers it gives. NumPy only."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.core.dataset import Dataset
from grader.core.picture import Images, Probabilities
from grader.images.resample import resizing
from grader.models.references import softmax

Pictures = npt.NDArray[np.float32]
"""float32, (n, channels, side, side), values in [0, 1], ink = 1 or as in the file."""

Inputs = npt.NDArray[np.float32]
"""float32, (n, *image_shape): what a network is handed."""

_MOST_BYTES = 64 << 20
"""Most bytes of pixels that are held as numbers at a time."""


def at_once(n_values: int) -> int:
    """Return how many images of so many values each are handed to a network at a time."""
    return max(1, _MOST_BYTES // (4 * n_values))


RESIZE = "resize"
PAD = "pad"

_SMALLEST_SIDE = 8
_LARGEST_SIDE = 256
_CHANNELS = (1, 3)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The form in which a network takes one square picture."""

    side: int
    """Height and width in pixels, 8 to 256."""
    channels: int
    """1 for grey, 3 for color."""
    order: str
    """Either "flat" (side * side * channels), "plain" (side, side), "last" (side, side, channels) or "first" (channels,
    side, side)."""
    home_side: int
    """Height and width of the images of the data set."""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one picture, without the batch axis."""
        if self.order == "flat":
            return (self.side * self.side * self.channels,)
        if self.order == "plain":
            return (self.side, self.side)
        if self.order == "last":
            return (self.side, self.side, self.channels)
        return (self.channels, self.side, self.side)

    @property
    def fits(self) -> tuple[str, ...]:
        """Ways to reach the side: "resize"; "pad" as well where the side is larger than ours, as LeNet's 32."""
        return (RESIZE, PAD) if self.side > self.home_side else (RESIZE,)

    def fit(self, images: Images, how: str = RESIZE) -> Pictures:
        """Return pictures of this side, with the channels that the network takes.

        Args:
            images: (n, home_side, home_side, channels), background = 0 where `how` is "pad".
            how: "resize" (bilinear when enlarging, mean over the covered area when shrinking) or "pad" (background all
                round; where the difference is odd, the extra row and column are below and to the right).

        Returns:
            (n, channels, side, side). Grey is repeated for a network that takes color; color becomes its luminance for one
            that takes grey.
        """
        pictures = np.moveaxis(images, 3, 1)
        if self.channels == 1 and pictures.shape[1] == 3:
            pictures = np.einsum("ncij,c->nij", pictures, _LUMINANCE)[:, np.newaxis]
        if self.side != self.home_side:
            if how == PAD:
                before = (self.side - self.home_side) // 2
                around = (before, self.side - self.home_side - before)
                pictures = np.pad(pictures, ((0, 0), (0, 0), around, around))
            else:
                matrix = resizing(self.home_side, self.side).astype(np.float32)
                pictures = np.asarray(matrix @ pictures @ matrix.T, np.float32)
        return pictures if pictures.shape[1] == self.channels else np.repeat(pictures, self.channels, axis=1)

    def shape(self, pictures: Pictures) -> Inputs:
        """Return pictures (n, channels, side, side) as the network takes them."""
        if self.order != "first":
            pictures = np.moveaxis(pictures, 1, 3)
        return pictures.reshape(len(pictures), *self.image_shape)

    def apply(self, images: Images, how: str = RESIZE) -> Inputs:
        """Return our images as the network takes them, their values as they are."""
        return self.shape(self.fit(images, how))


_LUMINANCE = np.array((0.299, 0.587, 0.114), np.float32)
"""Weights of red, green and blue (ITU-R 601-2)."""


def find_layout(input_shape: tuple[int, ...], shape: tuple[int, int, int]) -> Layout | None:
    """Return the layout of a network's input, or None where it takes something else than one square picture.

    Args:
        input_shape: without the batch axis; -1 where the network leaves an axis open. An open side or number of channels
            is our own.
        shape: height, width and channels of our own images.
    """
    home, width, channels = shape
    if home != width:
        return None
    if len(input_shape) == 1:
        for each in sorted({1, channels}, reverse=True):
            side = home if input_shape[0] == -1 else math.isqrt(max(input_shape[0], 0) // each)
            if input_shape[0] in {-1, side * side * each}:
                return _square(side, side, each, "flat", shape)
        return None
    if len(input_shape) == 2:
        return _square(*input_shape, 1, "plain", shape)
    if len(input_shape) == 3:
        a, b, c = input_shape
        return _square(a, b, c, "last", shape) or _square(b, c, a, "first", shape)
    return None


def _square(height: int, width: int, channels: int, order: str, shape: tuple[int, int, int]) -> Layout | None:
    height, width = (shape[0] if axis == -1 else axis for axis in (height, width))
    channels = shape[2] if channels == -1 else channels
    if height != width or channels not in _CHANNELS or not _SMALLEST_SIDE <= height <= _LARGEST_SIDE:
        return None
    return Layout(side=height, channels=channels, order=order, home_side=shape[0])


Labels = npt.NDArray[np.integer]
Scores = npt.NDArray[np.float32]
"""float32, (n, classes): what a network answers."""

WHITE_ON_BLACK = "white-on-black"
AS_IS = "as-is"
"""The polarity of pictures that have none: natural ones."""
_PICTURE_LENGTH = "l2-picture"


class NotFinite(Exception):
    """A network answered with something that is no number."""


@dataclass(frozen=True, kw_only=True)
class Convention:
    """One way to hand an image to a network."""

    polarity: str
    """Either "white-on-black" (ink is the larger number, as in MNIST), "black-on-white" or "as-is"."""
    scale: str
    """One of "0-1", "0-255", "-1..1", "l2" (columns of length 1, as `keras.utils.normalize(x, axis=1)` makes them of
    pictures) or "l2-picture" (the whole picture of length 1, as the same call makes it of flat pictures)."""
    fit: str = RESIZE
    """How a side other than ours is reached: "resize", or "pad" with background, as LeNet's 32 x 32."""

    @property
    def id(self) -> str:
        """Name in evidence and reports: "white-on-black/0-255", "white-on-black/0-1/pad"; "0-255" for natural pictures."""
        polarity = [] if self.polarity == AS_IS else [self.polarity]
        return "/".join((*polarity, self.scale, *([] if self.fit == RESIZE else [self.fit])))

    def apply(self, images: Images, layout: Layout) -> Inputs:
        """Return what the network expects.

        Args:
            images: (n, height, width, channels), values in [0, 1]; ink = 1, background = 0.
            layout: of the network's input.

        Returns:
            float32, (n, *layout.image_shape). Pictures are first resized or padded, then inverted, then scaled.
        """
        ink = layout.fit(images, self.fit)
        return layout.shape(_scaled(1 - ink if self.polarity == "black-on-white" else ink, self.scale))


PLAIN = Convention(polarity=WHITE_ON_BLACK, scale="0-1")
"""What the lectures teach; taken where nothing says otherwise."""


def conventions_for(layout: Layout, dataset: Dataset) -> tuple[Convention, ...]:
    """Return every convention that is tried, the plainest first: those that the card of the data set names.

    Pictures of length 1 come from students who flattened them before `normalize`, so only flat networks are tried on
    them.
    """
    scales = [scale for scale in dataset.scales if scale != _PICTURE_LENGTH or layout.order == "flat"]
    return tuple(
        Convention(polarity=polarity, scale=scale, fit=fit)
        for polarity in dataset.polarities
        for scale in scales
        for fit in (layout.fits if dataset.is_ink else (RESIZE,))
    )


def _scaled(values: Pictures, scale: str) -> Pictures:
    """Return pictures (n, channels, side, side) with values in [0, 1] on one of the scales."""
    if scale == "0-255":
        return values * np.float32(255)
    if scale == "-1..1":
        return values * np.float32(2) - np.float32(1)
    if scale in {"l2", _PICTURE_LENGTH}:
        length = np.sqrt((values**2).sum(axis=2 if scale == "l2" else (1, 2, 3), keepdims=True))
        return np.divide(values, np.where(length == 0, 1, length), dtype=np.float32)
    return values


def as_two_classes(scores: Scores, outputs: str) -> Scores:
    """Return the only output of a binary network, (n, 1), as scores of two classes, (n, 2); other scores as they are.

    A "sigmoid" is the probability of class 1; a "logit" stands against a logit of 0 for class 0.
    """
    if scores.shape[1] != 1:
        return scores
    return np.concatenate([1 - scores if outputs == "sigmoid" else np.zeros_like(scores), scores], axis=1)


def outputs_kind(answers: Iterable[Scores]) -> str:
    """Return what a network's answers are, told from those to all inputs it was given.

    Returns:
        "probabilities": every row is non-negative and sums to 1 within 1e-3. "sigmoids": every number is in [0, 1].
        "logits": anything else. Of a single output "sigmoid" or "logit".
    """
    kind = "probabilities"
    for scores in answers:
        if scores.shape[1] == 1:
            kind = "sigmoid" if kind != "logit" and ((scores >= 0) & (scores <= 1)).all() else "logit"
            continue
        if (scores < 0).any() or (scores > 1 + _ROUNDING).any():
            return "logits"
        if not np.allclose(scores.sum(axis=1), 1, atol=_ROUNDING):
            kind = "sigmoids"
    return kind


_ROUNDING = 1e-3


def to_probabilities(scores: Scores, outputs: str) -> Probabilities:
    """Return rows that sum to 1: probabilities as they are, sigmoids by their share, logits by their softmax."""
    if outputs in {"probabilities", "sigmoid"}:
        return scores
    if outputs == "sigmoids":
        total = scores.sum(axis=1, keepdims=True)
        even = np.full_like(scores, 1 / scores.shape[1])
        return np.asarray(np.divide(scores, total, out=even, where=total > 0), np.float32)
    return softmax(scores)


def in_order(scores: Scores, label_order: tuple[int, ...]) -> Scores:
    """Return scores in order of the classes; `label_order` names the output of each, () means that they are."""
    return scores[:, list(label_order)] if label_order else scores
