"""Picture → its background: the color of the paper, or a smooth surface where light falls unevenly."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]
"""float32, (h, w, 3), values in [0, 1]."""

RING_SHARE = 0.04
"""Thickness of the border ring as a share of the shorter side; at least two pixels."""

UNEVEN = 0.02
"""Unevenness of the border, in [0, 1], from which a surface is fitted instead of one color."""

_AGREEING = 25
"""Percentile of a segment's distances that stands for it: ink crossing the border covers less than the
rest."""

_SEGMENTS = 2
"""Segments, of eight, that must deviate: uneven light reaches across the picture."""

_INK_SHARE = 0.6
"""Share of the picture's largest distance from `color` above which a segment is full of ink and not in
shade."""

_FIT_SIDE = 36
"""Longest side of the coarse grid on which the surface is fitted."""


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
    color = np.median(edge, axis=0).astype(np.float32)
    distance = np.sqrt(np.mean((edge - color) ** 2, axis=1))
    typical = [float(np.percentile(distance[segment == k], _AGREEING)) for k in np.unique(segment)]
    reach = np.maximum(color - pixels.min(axis=(0, 1)), pixels.max(axis=(0, 1)) - color)
    farthest = float(np.sqrt(np.mean(reach**2)))
    shaded = sorted(value for value in typical if value <= _INK_SHARE * farthest)
    unevenness = shaded[-_SEGMENTS] if len(shaded) >= _SEGMENTS else 0.0
    if unevenness <= UNEVEN:
        return Background(color=color, surface=color[None, None], unevenness=unevenness)
    return Background(color=color, surface=_fit_surface(pixels), unevenness=unevenness)


def _edge_pixels(pixels: Pixels) -> tuple[Pixels, npt.NDArray[np.intp]]:
    """Return the pixels (n, 3) of the border ring and the segment, corner or middle of a side, of each."""
    height, width = pixels.shape[:2]
    rows, columns = np.nonzero(border_ring(height, width))
    return pixels[rows, columns], rows * 3 // height * 3 + columns * 3 // width


def _terms(y: npt.NDArray[np.float32], x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    one = np.ones_like(x)
    return np.stack([one, x, y, x * x, x * y, y * y], axis=-1)


def _fit_surface(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    step = max(1, -(-max(height, width) // _FIT_SIDE))
    coarse = pixels[step // 2 :: step, step // 2 :: step]
    rows = np.linspace(-1, 1, coarse.shape[0], dtype=np.float32)
    columns = np.linspace(-1, 1, coarse.shape[1], dtype=np.float32)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    design = _terms(y.ravel(), x.ravel())
    values = coarse.reshape(-1, 3)
    inside = np.maximum(np.abs(y), np.abs(x)).ravel() >= 0.8
    columns_used = 3
    for _ in range(5):
        coefficients, *_ = np.linalg.lstsq(design[inside, :columns_used], values[inside], rcond=None)
        residual = np.sqrt(np.mean((values - design[:, :columns_used] @ coefficients) ** 2, axis=1))
        scale = max(1.4826 * float(np.median(residual[inside])), 0.01)
        inside = residual <= 2.5 * scale
        if inside.sum() < 12:
            break
        columns_used = 6
    full_rows = np.linspace(-1, 1, height, dtype=np.float32)
    full_columns = np.linspace(-1, 1, width, dtype=np.float32)
    y, x = np.meshgrid(full_rows, full_columns, indexing="ij")
    surface = _terms(y, x)[..., : coefficients.shape[0]] @ coefficients
    return np.clip(surface, 0, 1).astype(np.float32)
