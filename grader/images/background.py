"""Picture → its background: the color of the paper, or a smooth surface where light falls unevenly."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.images.color import color_distance, middle_color
from grader.images.ranks import at_share, middle

Pixels = npt.NDArray[np.float32]
"""float32, (h, w, 3), values in [0, 1]."""

RING_SHARE = 0.04
"""Thickness of the border ring as a share of the shorter side; at least two pixels."""

UNEVEN = 0.02
"""Unevenness of the border, in [0, 1], from which a surface is fitted instead of one color."""

_MIDDLE = 4
"""Number of the segment in the middle of the picture, which belongs to no border."""

_SEGMENTS = 2
"""Segments, of eight, that must deviate: uneven light reaches across the picture."""

_INK_SHARE = 0.6
"""Share of the picture's largest distance from `color` above which a segment is full of ink and not in
shade."""

_FIT_SIDE = 28
"""Longest side of the coarse grid on which the surface is fitted."""

_OUTER = 0.8
"""Distance from the center, 1 at the edge, from which pixels take part in the first fit."""

_ROUNDS = 4
"""Fits, each to the pixels that agreed with the one before: a plane, then quadratic surfaces."""

_LEAST_SCALE = 0.01
"""Least standard deviation that is assumed of the background, in [0, 1]."""

_RIDGE = 1e-6
"""Keeps the fit solvable in pictures of a few pixels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Background:
    """The picture without its ink."""

    color: npt.NDArray[np.float32]
    """(3,): median of the border ring."""
    surface: Pixels
    """(h, w, 3) or (1, 1, 3): the background at every pixel."""
    unevenness: float
    """Distance of the border's second most deviating shaded segment from `color`, root mean square of the
    channels."""


def border_ring(height: int, width: int) -> npt.NDArray[np.bool_]:
    """Return the mask (h, w) of the pixels near the edge."""
    thickness = max(2, round(RING_SHARE * min(height, width)))
    ring = np.ones((height, width), dtype=np.bool_)
    ring[thickness : height - thickness, thickness : width - thickness] = False
    return ring


def estimate_background(pixels: Pixels) -> Background:
    """Estimate the background from the border inwards.

    Args:
        pixels: (h, w, 3) in [0, 1].

    Returns:
        One color while the border is even; else a quadratic surface per channel, fitted robustly to the
        pixels that agree with the border, so that ink does not bend it.
    """
    edge, segment = _edge_pixels(pixels)
    color = middle_color(edge)
    distance = color_distance(edge, color)
    typical = [_lower_quartile(distance[segment == k]) for k in range(9) if k != _MIDDLE]
    channels = [pixels[..., channel] for channel in range(3)]
    reach = [max(c - float(v.min()), float(v.max()) - c) for c, v in zip(color, channels, strict=True)]
    farthest = float(np.sqrt(np.mean(np.square(reach))))
    shaded = sorted(value for value in typical if value <= _INK_SHARE * farthest)
    unevenness = shaded[-_SEGMENTS] if len(shaded) >= _SEGMENTS else 0.0
    if unevenness <= UNEVEN:
        return Background(color=color, surface=color[None, None], unevenness=unevenness)
    return Background(color=color, surface=_fit_surface(pixels), unevenness=unevenness)


def _lower_quartile(distances: npt.NDArray[np.float32]) -> float:
    """Return the quartile that stands for a segment: ink crossing the border covers less than the rest."""
    return at_share(distances, 0.25) if distances.size else 0.0


def _edge_pixels(pixels: Pixels) -> tuple[Pixels, npt.NDArray[np.intp]]:
    """Return the pixels (n, 3) of the border ring and the segment, corner or middle of a side, of each."""
    height, width = pixels.shape[:2]
    rows, columns = np.nonzero(border_ring(height, width))
    return pixels[rows, columns], rows * 3 // height * 3 + columns * 3 // width


def _terms(length_rows: int, length_columns: int, step: int) -> npt.NDArray[np.float32]:
    """Return 1, x, y, x², xy, y² (rows, columns, 6) at every `step`-th pixel, x and y from -1 to 1."""
    rows = np.arange(step // 2, length_rows, step, dtype=np.float32) * (2 / max(length_rows - 1, 1)) - 1
    columns = np.arange(step // 2, length_columns, step, dtype=np.float32)
    y, x = np.meshgrid(rows, columns * (2 / max(length_columns - 1, 1)) - 1, indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _fit_surface(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    step = max(1, -(-max(height, width) // _FIT_SIDE))
    coarse = _terms(height, width, step)
    design = coarse.reshape(-1, coarse.shape[-1])
    values = pixels[step // 2 :: step, step // 2 :: step].reshape(-1, 3)
    inside = np.abs(design[:, 1:3]).max(axis=1) >= _OUTER
    terms = 3
    for _ in range(_ROUNDS):
        used = design[inside, :terms]
        ridge = _RIDGE * len(used) * np.eye(terms, dtype=np.float32)
        coefficients = np.linalg.solve(used.T @ used + ridge, used.T @ values[inside])
        off = values - design[:, :terms] @ coefficients
        residual = np.sqrt(np.einsum("ij,ij->i", off, off) / 3)
        scale = max(1.4826 * middle(residual[inside]), _LEAST_SCALE)
        inside = residual <= 2.5 * scale
        if np.count_nonzero(inside) < 2 * design.shape[1]:
            break
        terms = design.shape[1]
    return _evaluate(coefficients, height, width)


def _evaluate(coefficients: npt.NDArray[np.float32], height: int, width: int) -> Pixels:
    """Return the surface (height, width, 3) of up to six coefficients (terms, 3), within [0, 1]."""
    full = np.zeros((6, 3), dtype=np.float32)
    full[: len(coefficients)] = coefficients
    y = np.linspace(-1, 1, height, dtype=np.float32)
    x = np.linspace(-1, 1, width, dtype=np.float32)[:, None]
    powers = np.stack([np.ones_like(y), y, y * y], axis=1)
    along = np.concatenate(
        [
            (full[0] + x * (full[1] + x * full[3])).reshape(1, -1),
            (full[2] + x * full[4]).reshape(1, -1),
            np.broadcast_to(full[5], (width, 3)).reshape(1, -1),
        ]
    )
    surface: Pixels = np.clip(powers @ along, 0, 1).reshape(height, width, 3)
    return surface
