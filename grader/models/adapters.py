"""What form and values one picture has for a network, and what its answers are. NumPy only."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images, Probabilities
from grader.models.references import softmax

Pictures = npt.NDArray[np.float32]
"""float32, (n, side, side), values in [0, 1], ink = 1 or as in the file."""

Inputs = npt.NDArray[np.float32]
"""float32, (n, *image_shape): what a network is handed."""

RESIZE = "resize"
PAD = "pad"

_SMALLEST_SIDE = 8
_LARGEST_SIDE = 256
_CHANNELS = (1, 3)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The form in which a network takes one grey, square picture."""

    side: int
    """Height and width in pixels, 8 to 256."""
    channels: int
    """1, or 3 for networks that take color."""
    order: str
    """Either "flat" (side * side), "plain" (side, side), "last" (side, side, channels) or "first" (channels, side,
    side)."""
    home_side: int = 28
    """Height and width of our own pictures."""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one picture, without the batch axis."""
        if self.order == "flat":
            return (self.side * self.side,)
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
        """Return pictures of this side.

        Args:
            images: (n, home_side, home_side, 1), background = 0 where `how` is "pad".
            how: "resize" (bilinear when enlarging, mean over the covered area when shrinking) or "pad" (background all
                round; where the difference is odd, the extra row and column are below and to the right).
        """
        pictures = images[..., 0]
        if self.side == self.home_side:
            return pictures
        if how == PAD:
            before = (self.side - self.home_side) // 2
            after = self.side - self.home_side - before
            return np.pad(pictures, ((0, 0), (before, after), (before, after)))
        matrix = resizing(self.home_side, self.side)
        return np.asarray(matrix @ pictures @ matrix.T, np.float32)

    def shape(self, pictures: Pictures) -> Inputs:
        """Return pictures (n, side, side) as the network takes them; grey is repeated for each channel."""
        n = len(pictures)
        if self.channels == 1:
            return pictures.reshape(n, *self.image_shape)
        axis = 3 if self.order == "last" else 1
        return np.repeat(np.expand_dims(pictures, axis), self.channels, axis=axis)

    def apply(self, images: Images, how: str = RESIZE) -> Inputs:
        """Return our pictures (n, home_side, home_side, 1) as the network takes them, their values as they are."""
        return self.shape(self.fit(images, how))


def find_layout(input_shape: tuple[int, ...], sides: tuple[int, int]) -> Layout | None:
    """Return the layout of a network's input, or None where it takes something else than one grey, square picture.

    Args:
        input_shape: without the batch axis; -1 where the network leaves an axis open. An open side is our own, an open
            number of channels is 1.
        sides: (height, width) of our own pictures.
    """
    home, width = sides
    if home != width:
        return None
    if len(input_shape) == 1:
        side = home if input_shape[0] == -1 else math.isqrt(max(input_shape[0], 0))
        if input_shape[0] not in {-1, side * side}:
            return None
        return _square(side, side, 1, "flat", home)
    if len(input_shape) == 2:
        return _square(*input_shape, 1, "plain", home)
    if len(input_shape) == 3:
        a, b, c = input_shape
        return _square(a, b, c, "last", home) or _square(b, c, a, "first", home)
    return None


def _square(height: int, width: int, channels: int, order: str, home: int) -> Layout | None:
    height, width = (home if axis == -1 else axis for axis in (height, width))
    channels = 1 if channels == -1 else channels
    if height != width or channels not in _CHANNELS or not _SMALLEST_SIDE <= height <= _LARGEST_SIDE:
        return None
    return Layout(side=height, channels=channels, order=order, home_side=home)


@cache
def resizing(old: int, new: int) -> npt.NDArray[np.float32]:
    """Return the matrix (new, old) that resizes one axis; every row sums to 1.

    Enlarging is bilinear between the centers of the pixels, the outermost values going on to the border:
    output i lies at (i + 0.5) * old / new - 0.5. Shrinking takes the mean over what output i covers, from i * old / new
    to (i + 1) * old / new, pixels cut by the border in part.
    """
    ratio = old / new
    outputs = np.arange(new)[:, np.newaxis]
    inputs = np.arange(old)[np.newaxis, :]
    if new > old:
        at = np.clip((outputs + 0.5) * ratio - 0.5, 0, old - 1)
        weights = np.maximum(0, 1 - np.abs(at - inputs))
    else:
        covered = np.minimum((outputs + 1) * ratio, inputs + 1) - np.maximum(outputs * ratio, inputs)
        weights = np.maximum(0, covered) / ratio
    return np.asarray(weights, np.float32)


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
