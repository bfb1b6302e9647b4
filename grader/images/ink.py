"""Picture and background → how much ink lies on every pixel."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.images.background import Background, Pixels
from grader.images.ranks import middle
from grader.images.threshold import otsu

Ink = npt.NDArray[np.float32]
"""float32, (h, w): 0 on the background, about 1 on typical ink."""


_EVERY = 4
"""Every fourth background pixel is enough to estimate the noise."""


@dataclass(frozen=True, kw_only=True, eq=False)
class InkMap:
    """Ink of a picture, whatever the colors of ink and paper."""

    ink: Ink
    """(h, w): 0 on the background, about 1 on typical ink; negative where a pixel differs the other way."""
    contrast: float
    """Distance between ink and background in [0, 1], root mean square of the channels."""
    noise: float
    """Standard deviation of the background, in units of `ink`."""
    is_light: bool
    """Whether the ink is lighter than the background."""


def map_ink(pixels: Pixels, background: Background) -> InkMap:
    """Project every pixel on the line from the background's color to the ink's.

    The distance to the background, split by Otsu's threshold, tells a first set of ink pixels; their mean
    difference gives the direction. Of two opposite directions (a digit and a glare, say) the one with more
    weight wins.

    Args:
        pixels: (h, w, 3) in [0, 1].
        background: of the same picture.
    """
    difference = pixels - background.surface
    distance = np.sqrt(np.einsum("ijk,ijk->ij", difference, difference) / 3)
    is_strong = distance > otsu(distance)
    strong = difference[is_strong]
    if strong.size == 0 or float(distance.max()) < 1e-6:
        return InkMap(ink=np.zeros_like(distance), contrast=0.0, noise=0.0, is_light=False)
    direction = _direction(strong)
    ink = (difference @ direction / np.dot(direction, direction)).astype(np.float32)
    rest = ink[~is_strong][::_EVERY]
    noise = 1.4826 * middle(np.abs(rest - np.float32(middle(rest)))) if rest.size else 0.0
    return InkMap(
        ink=ink,
        contrast=float(np.sqrt(np.mean(direction**2))),
        noise=noise,
        is_light=bool(direction.sum() > 0),
    )


def _direction(strong: Pixels) -> npt.NDArray[np.float32]:
    """Return the mean difference (3,) of the ink pixels on the heavier side of their main axis."""
    _, vectors = np.linalg.eigh(strong.T @ strong)
    along = strong @ vectors[:, -1]
    positive = along > 0
    weight = along * along
    side = positive if weight[positive].sum() >= weight[~positive].sum() else ~positive
    return np.average(strong[side], axis=0, weights=weight[side]).astype(np.float32)
