"""Grey picture → a map of its ink, and where on it the digit is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grader.core.picture import PREVIEW_SIDE
from grader.diagnosis.resample import Ink
from grader.images.background import border_ring
from grader.images.ranks import at_share, middle
from grader.images.threshold import EIGHT, otsu

LEAST_CONTRAST = 0.045
"""Contrast, in [0, 1], below which nothing counts as ink; the same as the normalizer's."""

_INKED = 0.4
"""Share of full ink from which a pixel belongs to a stroke."""

_SPECK_SHARE = 0.03
"""Pieces with less than this share of the largest piece's area are no part of the digit."""

_MOST_CUT = 0.4
"""Most of full ink that is taken for noise."""

_LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue, as Pillow's mode L has them (ITU-R 601-2)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """A grey picture as ink on a background."""

    ink: Ink
    """(h, w): difference from the background, positive towards the ink."""
    background: float
    """Grey level of the background, in [0, 1]."""
    is_dark: bool
    """Whether the ink is darker than the background."""
    noise: float
    """Standard deviation of the background."""


def read_sheet(grey: npt.NDArray[np.float64]) -> Sheet | None:
    """Tell ink from background.

    Args:
        grey: (h, w) in [0, 1].

    Returns:
        None when there is no ink: less contrast than `LEAST_CONTRAST`.
    """
    background = middle(grey[border_ring(*grey.shape)])
    difference = grey - background
    away = np.abs(difference)
    is_strong = away > otsu(away.astype(np.float32))
    if not is_strong.any() or float(away.max()) < LEAST_CONTRAST:
        return None
    is_dark = float((difference * away)[is_strong].sum()) < 0
    rest = difference[~is_strong]
    noise = 1.4826 * middle(np.abs(rest - middle(rest))) if rest.size else 0.0
    return Sheet(
        ink=-difference if is_dark else difference, background=background, is_dark=is_dark, noise=noise
    )


def preview_grey(
    preview: npt.NDArray[np.uint8], width_pixels: int | None, height_pixels: int | None
) -> npt.NDArray[np.float64]:
    """Return the part of a preview that shows the picture, grey, (h, w) in [0, 1].

    Args:
        preview: (96, 96, 3), the picture scaled to fit and centered.
        width_pixels: width of the picture as handed in; None: unknown, the whole preview is taken.
        height_pixels: height of the picture as handed in.
    """
    grey = np.asarray(preview.astype(np.float64) @ np.array(_LUMINANCE) / 255)
    if not width_pixels or not height_pixels:
        return grey
    scale = PREVIEW_SIDE / max(width_pixels, height_pixels)
    width, height = (max(1, round(side * scale)) for side in (width_pixels, height_pixels))
    top, left = (PREVIEW_SIDE - height) // 2, (PREVIEW_SIDE - width) // 2
    return grey[top : top + height, left : left + width]


def full_level(ink: Ink) -> float:
    """Return the level of full ink: a ninth of the inked pixels are darker, as in the normalizer."""
    positive = ink[ink > 0.1 * max(float(ink.max()), 1e-9)]
    return at_share(positive, 0.9) if positive.size else 0.0


def stretched(ink: Ink, noise: float) -> Ink:
    """Return ink as 0 to 1: the noise of the background becomes 0, full ink 1."""
    high = full_level(ink)
    if high <= 0:
        return np.zeros_like(ink)
    low = min(2.5 * noise, _MOST_CUT * high)
    return np.asarray(np.clip((ink - low) / (high - low), 0, 1))


def digit_mask(ink: Ink, noise: float) -> npt.NDArray[np.bool_]:
    """Return the mask (h, w) of the strokes, without specks."""
    mask = stretched(ink, noise) > _INKED
    labels, count = ndimage.label(mask, EIGHT)
    if count < 2:
        return mask
    areas = np.bincount(labels.ravel())[1:]
    is_kept = np.concatenate([[False], areas >= _SPECK_SHARE * areas.max()])
    return np.asarray(is_kept[labels])


Box = tuple[int, int, int, int]
"""Top, bottom, left, right; bottom and right are the first ones outside."""


def box_of(mask: npt.NDArray[np.bool_]) -> Box | None:
    """Return the box of a mask; None when it is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
