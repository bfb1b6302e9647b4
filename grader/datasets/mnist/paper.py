"""Picture → its paper: the background, without bars or a frame round it, the sheet alone."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grader.images.values import EIGHT, at_share, color_distance, middle, middle_color

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


_SAME = 0.08
"""Root-mean-square distance of two colors, in [0, 1], up to which they count as one."""

_LINE_SHARE = 0.85
"""Share of a line's pixels that must have its median color for the line to count as plain."""

_COLUMNS = 40
"""Pixels looked at along a line; more tell no more about whether it is plain."""

_LARGEST_TRIM = 0.35
"""Most that is cut from one side, as a share of the picture."""

_EDGE = 5
"""Lines within which the bar must give way to the paper; a thin rule may lie between them."""

_PAPER_SHARE = 0.5
"""Share of the remaining picture that must have the color of the paper."""


def trim_frame(pixels: Pixels) -> tuple[Pixels, bool]:
    """Cut plain bars of another color than the paper from the sides of a picture.

    A margin is never cut: after the bar, a plain line of the paper's color must follow, and the paper must
    make up most of what is left. The bar of a 7 that fills the picture fails the second test.

    Args:
        pixels: (h, w, 3) in [0, 1].

    Returns:
        A view of the picture without the bars, and whether anything was cut.
    """
    trimmed = False
    for _ in range(2):
        top = _bar(pixels)
        bottom = _bar(pixels[::-1])
        left = _bar(pixels.transpose(1, 0, 2))
        right = _bar(pixels.transpose(1, 0, 2)[::-1])
        if not (top or bottom or left or right):
            break
        pixels = pixels[top : pixels.shape[0] - bottom, left : pixels.shape[1] - right]
        trimmed = True
    return pixels, trimmed


def _bar(pixels: Pixels) -> int:
    """Return how many rows at the top belong to a plain bar that is followed by paper; 0 if none."""
    limit = int(_LARGEST_TRIM * pixels.shape[0])
    if limit < 1:
        return 0
    pixels = pixels[:, :: max(1, pixels.shape[1] // _COLUMNS)]
    means = pixels[: limit + 1].mean(axis=1)
    leaves = np.flatnonzero(color_distance(means, means[0]) > _SAME)
    if leaves.size == 0:
        return 0
    first = int(leaves[0])
    color = middle_color(pixels[0])
    if float((color_distance(pixels[:first], color) <= _SAME).mean(axis=1).min()) < _LINE_SHARE:
        return 0
    lines = pixels[first : min(first + _EDGE, limit + 1)]
    papers = middle_color(lines)
    is_step = color_distance(papers, color) > 2 * _SAME
    if not is_step.any():
        return 0
    is_plain = (color_distance(lines, papers[:, None]) <= _SAME).mean(axis=1) >= _LINE_SHARE
    for offset in np.flatnonzero(is_step & is_plain).tolist():
        rest = pixels[first + offset :: max(1, pixels.shape[0] // _COLUMNS)]
        if float((color_distance(rest, papers[offset]) <= _SAME).mean()) >= _PAPER_SHARE:
            return first + offset
    return 0


_LEAST_SHARE = 0.12
"""Least share of the picture that a sheet covers."""

_RECTANGULAR = 0.12
"""Largest relative difference between the area of a sheet and of the quadrilateral through its corners."""

_BOX_SHARE = 0.7
"""Least share of its upright box that a sheet fills: it may lie askew by about ten degrees."""

_DRAWN_SHARE = (0.003, 0.45)
"""Share of the sheet that is covered by what is drawn on it."""

_DRAWN_STEP = 0.4
"""Least distance of what is drawn from the sheet's color, as a share of the sheet's distance from the
background."""

_SLENDER = 5.0
"""Least area of what is drawn on a sheet, in units of its largest inscribed circle: strokes are long and
thin, the openings of a bold 8 or 0 are round."""

_SMALLEST = 56
"""Shortest side in pixels from which a picture may show a sheet: fewer pixels do not hold a sheet and a
digit."""

_INSET_SHARE = 0.03
"""Rim of the sheet that is ignored, as a share of its shorter side: its edge is blurred or lies in shade."""


def find_sheet(
    pixels: Pixels, differing: npt.NDArray[np.bool_], *, around: npt.NDArray[np.float32]
) -> Pixels | None:
    """Return the sheet on which something is drawn, if the ink found is not a digit but such a sheet.

    A sheet is a large connected region that, once its holes are filled, has the shape of a quadrilateral, and
    on which thin strokes of another color lie. The filled strokes of a bold 8 or 0 are round: for an ellipse
    the two areas differ by 57 %, and their openings are not thin.

    Args:
        pixels: (h, w, 3) in [0, 1].
        differing: (h, w): what differs from the background.
        around: (3,): color of the background.

    Returns:
        (h', w', 3): the box round the sheet, with everything outside the sheet in the sheet's color; None
        without one.
    """
    if min(differing.shape) < _SMALLEST:
        return None
    labels, count = ndimage.label(differing, EIGHT)
    if count == 0:
        return None
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    number = int(sizes.argmax())
    if sizes[number] < _LEAST_SHARE * labels.size:
        return None
    region = labels == number
    filled = np.asarray(ndimage.binary_fill_holes(region))
    area = int(filled.sum())
    if abs(area / max(_corner_area(filled), 1.0) - 1) > _RECTANGULAR:
        return None
    rows, columns = np.flatnonzero(filled.any(axis=1)), np.flatnonzero(filled.any(axis=0))
    if area < _BOX_SHARE * rows.size * columns.size:
        return None
    color = np.median(pixels[region], axis=0)
    inset = max(1, round(_INSET_SHARE * min(rows.size, columns.size)))
    inner = np.asarray(ndimage.binary_erosion(filled, iterations=inset))
    step = float(np.sqrt(np.mean((color - around) ** 2)))
    drawn = inner & (color_distance(pixels, color) > _DRAWN_STEP * step)
    share = float(drawn.sum()) / area
    radius = float(ndimage.distance_transform_edt(drawn).max())
    if not _DRAWN_SHARE[0] <= share <= _DRAWN_SHARE[1] or drawn.sum() < _SLENDER * np.pi * radius**2:
        return None
    sheet = np.where(inner[..., None], pixels, color).astype(np.float32)
    return sheet[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _corner_area(filled: npt.NDArray[np.bool_]) -> float:
    """Return the area of the quadrilateral through the pixels farthest out along the diagonals."""
    y, x = np.nonzero(filled)
    corners = [int(np.argmin(y + x)), int(np.argmin(y - x)), int(np.argmax(y + x)), int(np.argmax(y - x))]
    ys, xs = y[corners].astype(np.float64), x[corners].astype(np.float64)
    turns = xs * np.roll(ys, -1) - ys * np.roll(xs, -1)
    side = (ys.max() - ys.min() + xs.max() - xs.min()) / 2
    return float(abs(turns.sum()) / 2 + 2 * side + 1)
