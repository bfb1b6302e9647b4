"""Picture and background → how much ink lies on every pixel, without printed lines."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grader.datasets.mnist.paper import Background, Pixels
from grader.images.values import EIGHT, middle, otsu

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


_THIN_SHARE = 0.035
"""Largest thickness of a printed line, as a share of the picture's height."""

_SPAN_SHARE = 0.93
"""Least share of the picture's width that a printed line spans: it leaves the picture on both sides."""

_RUN_SHARE = 0.08
"""Length over which the ink is averaged along a line, as a share of the picture's width."""

_SHORTEST_SHARE = 0.03
"""Least length of a run that counts towards a line, as a share of the picture's width."""

_FILLED_SHARE = 0.45
"""Least share of the picture's width that the runs of a line fill together: strokes hide the rest."""

_FAINT = 0.7
"""Level, as a share of the lower threshold, above which an averaged run belongs to a line."""

_OVERHANG_SHARE = 0.1
"""How far lines reach beyond what is written, as a share of the picture's width: a single line on both sides,
several on one."""

_SMALLEST = 56
"""Pictures with a shorter side below this many pixels hold no printed lines that could be told from
strokes."""


def remove_lines(ink: npt.NDArray[np.float32], *, weak: float) -> npt.NDArray[np.float32]:
    """Take printed lines out of an ink map.

    A printed line is thin, spans the picture and reaches beyond what is written; the bar of a 7 that fills
    the picture does not do so on both sides, for its stem starts at the end of the bar. Upright lines must be
    at least two: a single one may be a 1 or the stem of a 4. Where a stroke crosses a line the ink stays.

    Args:
        ink: (h, w), about 1 on typical ink.
        weak: level above which a pixel counts as ink.

    Returns:
        The same map, or a copy with the lines set to 0.
    """
    if min(ink.shape) < _SMALLEST:
        return ink
    level = _remove_level_lines(ink, weak=weak, fewest=1)
    return _remove_level_lines(level.T, weak=weak, fewest=2).T


def _remove_level_lines(ink: npt.NDArray[np.float32], *, weak: float, fewest: int) -> npt.NDArray[np.float32]:
    height, width = ink.shape
    mask = ink > weak
    if (mask.any(axis=0)).mean() < _SPAN_SHARE:
        return ink
    thickness = max(2, round(_THIN_SHARE * height))
    run = max(3, round(_RUN_SHARE * width))
    smooth = ndimage.uniform_filter1d(np.clip(ink, 0, 1), run, axis=1, mode="nearest") > _FAINT * weak
    flat = smooth & ~_opening(smooth, thickness + 1)
    if flat.any(axis=0).mean() < _SPAN_SHARE / 2:
        return ink
    lines, count = _spanning_lines(flat)
    if count < fewest:
        return ink
    lines = np.asarray(ndimage.binary_dilation(lines, np.ones((3, 1), dtype=np.bool_)))
    lines &= ~_opening(mask, thickness + 3)
    rest = mask & ~lines
    written = _heaviest_columns(rest, ink)
    if written is None:
        return ink
    beside = written[0] / width, 1 - written[1] / width
    if (min(beside) if count == 1 else max(beside)) < _OVERHANG_SHARE:
        return ink
    return np.where(lines & ~_meets(rest, thickness), np.minimum(ink, 0), ink).astype(np.float32)


def _spanning_lines(flat: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], int]:
    """Return the parts of `flat` that lie on lines across the picture, and the number of such lines.

    Strokes interrupt a line: runs on the same rows belong together if they fill enough of the width.
    """
    width = flat.shape[1]
    labels = ndimage.label(flat, EIGHT)[0]
    runs = [
        (rows.start, rows.stop, columns.start, columns.stop, number)
        for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1)
    ]
    runs = sorted(run for run in runs if run[3] - run[2] >= _SHORTEST_SHARE * width)
    found: list[int] = []
    lines = 0
    while runs:
        first = runs[0]
        group = [run for run in runs if run[0] <= first[1] + 1]
        runs = [run for run in runs if run[0] > first[1] + 1]
        span = max(run[3] for run in group) - min(run[2] for run in group)
        filled = sum(run[3] - run[2] for run in group)
        if span >= _SPAN_SHARE * width and filled >= _FILLED_SHARE * width:
            found += [run[4] for run in group]
            lines += 1
    return np.isin(labels, found) & flat, lines


def _opening(mask: npt.NDArray[np.bool_], length: int) -> npt.NDArray[np.bool_]:
    """Keep the upright runs that are at least `length` pixels long."""
    eroded = ndimage.minimum_filter1d(mask.view(np.uint8), length, axis=0, mode="constant")
    origin = -1 if length % 2 == 0 else 0
    return np.asarray(ndimage.maximum_filter1d(eroded, length, axis=0, mode="constant", origin=origin) > 0)


def _heaviest_columns(rest: npt.NDArray[np.bool_], ink: npt.NDArray[np.float32]) -> tuple[int, int] | None:
    """Return the first and one past the last column of the heaviest region left; None if nothing is."""
    labels, count = ndimage.label(rest, EIGHT)
    if count == 0:
        return None
    masses = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count + 1)
    masses[0] = 0
    columns = np.flatnonzero((labels == int(masses.argmax())).any(axis=0))
    return int(columns[0]), int(columns[-1]) + 1


def _meets(rest: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.bool_]:
    """Mark the pixels with something written both above and below within `reach` rows."""
    above = np.zeros_like(rest)
    below = np.zeros_like(rest)
    for step in range(1, reach + 2):
        above[step:] |= rest[:-step]
        below[:-step] |= rest[step:]
    wide = np.ones((1, 3), dtype=np.bool_)
    return np.asarray(ndimage.binary_dilation(above, wide) & ndimage.binary_dilation(below, wide))
