"""Colors of a few dozen pixels: their middle, and how far they lie from one color.

NumPy's own median and mean spend most of their time on checks at such sizes.
"""

import numpy as np
import numpy.typing as npt

Colors = npt.NDArray[np.float32]
"""(..., 3), in [0, 1]."""


def middle_color(colors: Colors) -> Colors:
    """Return the median of each channel, (..., 3), of colors (..., n, 3); n is at least 1."""
    ordered = np.sort(colors, axis=-2)
    n = ordered.shape[-2]
    return np.asarray((ordered[..., (n - 1) // 2, :] + ordered[..., n // 2, :]) / np.float32(2))


def color_distance(colors: Colors, color: Colors) -> npt.NDArray[np.float32]:
    """Return the root-mean-square distance of colors (..., 3) from a color, over the channels, in [0, 1].

    Args:
        colors: (..., 3).
        color: (3,), or any shape that goes with `colors`.
    """
    apart = colors - color
    return np.asarray(np.sqrt(np.einsum("...c,...c->...", apart, apart) / np.float32(3)), dtype=np.float32)
