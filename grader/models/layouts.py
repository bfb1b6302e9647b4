"""Layouts: what form one picture has for a network, and how a 28 x 28 picture is brought into it. NumPy only."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images

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
