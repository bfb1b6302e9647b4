"""Digit with pen strokes of any width → MNIST's strokes, in MNIST's place."""

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from grader.images.values import at_share

BOX = 20
"""Longest side in pixels of an MNIST digit."""

FINE = 3
"""Fine pixels per pixel: strokes are measured and changed on a grid this much finer."""

TARGET_WIDTH = 2.6
"""Stroke width in pixels of the 20-pixel box that drawings are brought to; measured on MNIST."""

THIN, THICK = 2.0, 3.6
"""Stroke widths, in pixels of the 20-pixel box, between which a drawing is left as it is."""

_STROKE_LEVEL = 0.3
"""Ink above which a pixel belongs to a stroke when its surroundings are judged."""

_NEIGHBORHOOD = 15
"""Side, in fine pixels, of the square over which the ink of a stroke is averaged: two stroke widths."""

_FULL = 1.15
"""Ink in the middle of a stroke over the mean of its pixels, whose edges are paler."""

_FAINTEST = 0.4
"""Least level that is raised to full ink."""

_LOST = 0.3
"""Ink left nearby below which a thin part would vanish when bold strokes are narrowed, and is kept as it
is."""

SLIMMEST = 0.6
"""Least share of the width that thinning leaves: more would break the thinner parts of a bold digit."""


def fit_box(ink: npt.NDArray[np.float32], *, longest: float) -> npt.NDArray[np.float32]:
    """Scale a digit so that its longer side is `longest` pixels, keeping its aspect.

    Args:
        ink: (h, w) in [0, 1], cropped to the digit.
        longest: in pixels; rounded.

    Returns:
        Averaged when shrinking, bilinear when enlarging; in [0, 1], no side below one pixel.
    """
    height, width = ink.shape
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    scaled = np.asarray(Image.fromarray(ink).resize(size, how), dtype=np.float32)
    return np.clip(scaled, 0, 1)


def measure_width(fine: npt.NDArray[np.float32]) -> float:
    """Return the mean stroke width in pixels of the 20-pixel box.

    In a strip w pixels wide the distance to the nearest background pixel averages (w + 2) / 4.

    Args:
        fine: (h, w) in [0, 1] on the fine grid.
    """
    mask = np.zeros((fine.shape[0] + 2, fine.shape[1] + 2), dtype=np.bool_)
    mask[1:-1, 1:-1] = fine > 0.5 * float(fine.max())
    distances = ndimage.distance_transform_edt(mask)
    return max(4 * float(distances[mask].mean()) - 2, 1.0) / FINE


def normalize_strokes(ink: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], float, float]:
    """Scale a digit into the box and bring its strokes to MNIST's width where they are far from it.

    The center lines are scaled, not the outline: a digit drawn with a hair line would otherwise end up larger
    than one drawn with a marker. Grey values are kept: widening and narrowing take the local maximum and
    minimum.

    Args:
        ink: (h, w) in [0, 1], cropped to the digit.

    Returns:
        The digit on the fine grid, longest side at most `BOX * FINE`; its stroke width before and after, in
        pixels of the 20-pixel box.
    """
    fine = even_out(fit_box(ink, longest=BOX * FINE))
    before = measure_width(fine)
    if THIN <= before <= THICK:
        return fine, before, before
    target = TARGET_WIDTH
    if before > THICK:
        target = max(TARGET_WIDTH, SLIMMEST * before)
    scale = (BOX - target) / max(BOX - before, BOX / 4)
    radius = FINE * (target - before * scale) / 2
    pad = int(np.ceil(max(radius, 0))) + 1
    scaled = np.pad(even_out(fit_box(ink, longest=BOX * FINE * scale)), pad)
    changed = _widen(scaled, radius) if radius > 0 else _narrow(scaled, -radius)
    cropped = crop_to_ink(changed)
    if abs(max(cropped.shape) - BOX * FINE) >= FINE:
        cropped = fit_box(cropped, longest=BOX * FINE)
    return cropped, before, measure_width(cropped)


def even_out(fine: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Raise pale parts of a digit towards the level of the rest: light and pressure change along a stroke.

    Args:
        fine: (h, w) in [0, 1] on the fine grid.

    Returns:
        Every pixel divided by the mean ink of the stroke pixels around it; in [0, 1].
    """
    stroke = (fine > _STROKE_LEVEL).astype(np.float32)
    near, level = _local_means(np.stack([stroke, fine * stroke]))
    mean = np.divide(level, near, out=np.ones_like(fine), where=near > 1e-4)
    evened: npt.NDArray[np.float32] = np.clip(fine / np.maximum(mean * _FULL, _FAINTEST), 0, 1)
    return evened


def _local_means(maps: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return each map of (n, h, w) averaged over the neighborhood; 0 beyond the edges."""
    by_row = ndimage.uniform_filter1d(maps, _NEIGHBORHOOD, axis=1, mode="constant")
    return np.asarray(ndimage.uniform_filter1d(by_row, _NEIGHBORHOOD, axis=2, mode="constant"), np.float32)


def crop_to_ink(ink: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Cut away empty rows and columns round the ink; an empty picture stays as it is."""
    visible = ink > 0.02
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    if rows.size == 0:
        return ink
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _disk(radius: float) -> npt.NDArray[np.bool_]:
    reach = int(radius)
    y, x = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(x * x + y * y <= radius * radius + 0.1)


def _widen(ink: npt.NDArray[np.float32], radius: float) -> npt.NDArray[np.float32]:
    if radius < 0.75:
        return ink
    return np.asarray(ndimage.grey_dilation(ink, footprint=_disk(radius)), dtype=np.float32)


def _narrow(ink: npt.NDArray[np.float32], radius: float) -> npt.NDArray[np.float32]:
    if radius < 0.75:
        return ink
    disk = _disk(radius)
    eroded = np.asarray(ndimage.grey_erosion(ink, footprint=disk), dtype=np.float32)
    opened = ndimage.grey_dilation(eroded, footprint=disk)
    reach = 2 * int(radius) + 3
    covered = ndimage.maximum_filter(opened, size=(reach, reach))
    return np.maximum(eroded, np.where(covered < _LOST, ink, 0))


SIDE = 28
"""Side of the picture in pixels."""

CENTER = 14.0
"""Row and column index of the center of mass: the mean over MNIST's 60,000 training digits is 13.996 and
14.007."""

LEVELS = 255
"""Grey levels of the result: it survives being stored in an 8-bit file."""


def center_of_mass(image: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return the row and column of the center of mass, as indices of pixel centers.

    Args:
        image: (h, w), not negative, not all zero.
    """
    total = float(image.sum(dtype=np.float64))
    rows = float(image.sum(axis=1, dtype=np.float64) @ np.arange(image.shape[0]))
    columns = float(image.sum(axis=0, dtype=np.float64) @ np.arange(image.shape[1]))
    return rows / total, columns / total


def place(fine: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Put a digit into the 28x28 picture.

    The shift is a whole number of pixels, as in MNIST, and never pushes ink over the edge.

    Args:
        fine: (h, w) in [0, 1] on the fine grid, at most 28 pixels (84 fine ones) on a side, with some ink.

    Returns:
        (28, 28, 1) in [0, 1], multiples of 1/255, brightest ink near 1.
    """
    row, column = center_of_mass(fine)
    top = _offset(row, fine.shape[0])
    left = _offset(column, fine.shape[1])
    canvas = np.zeros((SIDE * FINE, SIDE * FINE), dtype=np.float32)
    canvas[top : top + fine.shape[0], left : left + fine.shape[1]] = fine
    small = canvas.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))
    bright = quantize(small / max(at_share(small[small > 0.1], 0.9), 0.05))
    return _recenter(bright)[..., None]


def quantize(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Round to multiples of 1/255 within [0, 1]."""
    return (np.round(np.clip(image, 0, 1) * LEVELS) / LEVELS).astype(np.float32)


def _recenter(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Shift by the whole pixels that the center of mass is off after clipping the brightest ink."""
    for axis, center in enumerate(center_of_mass(image)):
        inked = np.flatnonzero(image.any(axis=1 - axis))
        shift = int(np.clip(round(CENTER - center), -inked[0], SIDE - 1 - inked[-1]))
        image = np.roll(image, shift, axis=axis)
    return image


def _offset(center: float, length: int) -> int:
    """Return where the digit starts on the fine grid so that `center` comes to lie on `CENTER`."""
    wanted = (CENTER * FINE + (FINE - 1) / 2 - center) / FINE
    whole = FINE * round(wanted)
    return int(np.clip(whole, 0, FINE * ((SIDE * FINE - length) // FINE)))
