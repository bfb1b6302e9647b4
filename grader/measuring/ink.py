"""Grey picture → a map of its ink, and the same turned, with other strokes, at another size, elsewhere."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grader.core.picture import PREVIEW_SIDE
from grader.datasets.mnist.paper import border_ring
from grader.datasets.mnist.quality import BLANK_CONTRAST
from grader.datasets.mnist.strokes import BOX, CENTER, SIDE, SLIMMEST, TARGET_WIDTH, THICK, THIN
from grader.images.resample import resample
from grader.images.values import EIGHT, at_share, middle, otsu

Ink = npt.NDArray[np.float64]
"""(h, w): 0 on the background, positive where there is ink, in units of grey levels in [0, 1]."""


def enlarge(ink: Ink, times: int) -> Ink:
    """Return every pixel as `times` x `times` pixels."""
    return ink.repeat(times, axis=0).repeat(times, axis=1)


def reduce(ink: Ink, times: int) -> Ink:
    """Undo `enlarge`: the mean of each `times` x `times` pixels."""
    height, width = ink.shape[0] // times, ink.shape[1] // times
    return np.asarray(ink.reshape(height, times, width, times).mean(axis=(1, 3)))


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
        None when there is no ink: less contrast than `BLANK_CONTRAST`.
    """
    background = middle(grey[border_ring(*grey.shape)])
    difference = grey - background
    away = np.abs(difference)
    is_strong = away > otsu(away.astype(np.float32))
    if not is_strong.any() or float(away.max()) < BLANK_CONTRAST:
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


_FINE_BOX = 60
"""Pixels on the digit's longest side from which strokes can be measured and changed."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What turns a digit upright."""

    is_mirrored: bool = False
    """Mirror left and right first."""
    angle_degrees: float = 0.0
    """Then turn by this; positive turns counter-clockwise as seen on screen."""

    @property
    def is_nothing(self) -> bool:
        """Whether it leaves pictures as they are."""
        return not self.is_mirrored and self.angle_degrees == 0


NO_TURN = Turn()


def turn(ink: Ink, by: Turn, *, keeps_sides: bool) -> Ink:
    """Turn about the center; quarter turns and mirroring are exact.

    Args:
        ink: what to turn.
        by: how.
        keeps_sides: keep the shape of the array, and lose what leaves it; else the array grows.
    """
    turned = ink[:, ::-1] if by.is_mirrored else ink
    quarters, rest = divmod(by.angle_degrees, 90)
    if rest == 0:
        return np.rot90(turned, int(quarters))
    return np.asarray(ndimage.rotate(turned, by.angle_degrees, reshape=not keeps_sides, order=1))


def stroke_width(ink: Ink, noise: float) -> float | None:
    """Return the mean stroke width in pixels of a box whose longest side is 20; None without ink.

    In a strip w pixels wide the distance to the nearest background pixel averages (w + 2) / 4.
    """
    mask = digit_mask(ink, noise)
    box = box_of(mask)
    if box is None:
        return None
    longest, times = _fineness(box)
    fine = np.pad(enlarge(mask[box[0] : box[1], box[2] : box[3]].astype(np.float64), times) > 0, 1)
    distances = ndimage.distance_transform_edt(fine)
    return max(4 * float(distances[fine].mean()) - 2, 1.0) * BOX / (longest * times)


_MOST_RADIUS = 3.0
"""Pixels of the 20-pixel box by which an edge of a stroke is moved at most: what needs more is a blot, no stroke."""


def with_stroke(ink: Ink, noise: float) -> Ink:
    """Bring strokes to MNIST's width in proportion to the digit; left as they are when they are near it."""
    width = stroke_width(ink, noise)
    box = box_of(digit_mask(ink, noise))
    if width is None or box is None or THIN <= width <= THICK:
        return ink
    target = TARGET_WIDTH if width < THIN else max(TARGET_WIDTH, SLIMMEST * width)
    longest, _ = _fineness(box)
    radius = (target - width) / 2 / (1 - target / BOX)
    return widen(ink, float(np.clip(radius, -_MOST_RADIUS, _MOST_RADIUS)) * longest / BOX)


def widen(ink: Ink, radius_pixels: float) -> Ink:
    """Move the edges of strokes outwards by `radius_pixels`, inwards when it is negative.

    Where a stroke is too thin to be narrowed it stays as it is.
    """
    times = max(1, int(np.ceil(2 / max(abs(radius_pixels), 0.25))))
    radius = abs(radius_pixels) * times
    fine = np.pad(enlarge(ink, times), int(radius) + 1, mode="edge")
    reach = int(radius)
    y, x = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    disk = x * x + y * y <= radius * radius + 0.1
    if radius_pixels > 0:
        changed = ndimage.grey_dilation(fine, footprint=disk)
    else:
        eroded = ndimage.grey_erosion(fine, footprint=disk)
        opened = ndimage.grey_dilation(eroded, footprint=disk)
        nearby = ndimage.maximum_filter(opened, size=2 * reach + 3)
        changed = np.where(nearby < 0.3 * fine.max(), fine, eroded)
    pad = int(radius) + 1
    return reduce(changed[pad:-pad, pad:-pad], times)


def _fineness(box: tuple[int, int, int, int]) -> tuple[int, int]:
    """Return the longest side of a box, and how many times it is enlarged to be fine enough."""
    longest = max(box[1] - box[0], box[3] - box[2])
    return longest, -(-_FINE_BOX // longest)


def in_frame(ink: Ink, noise: float, *, longest: int = BOX) -> Ink:
    """Scale the digit so that its longer side is `longest` pixels of the 28 x 28 frame, aspect kept.

    The center of its box stays at the same place of the frame, as far as the box fits in.

    Args:
        ink: (h, w), the whole picture.
        noise: of its background.
        longest: in pixels.

    Returns:
        (28, 28); all background when there is no ink.
    """
    canvas = np.zeros((SIDE, SIDE))
    box = box_of(digit_mask(ink, noise))
    if box is None:
        return canvas
    top, bottom, left, right = box
    scale = longest / max(bottom - top, right - left)
    height, width = (max(1, round(side * scale)) for side in (bottom - top, right - left))
    small = resample(ink[top:bottom, left:right], height, width)
    row = _place((top + bottom) / 2 / ink.shape[0], height)
    column = _place((left + right) / 2 / ink.shape[1], width)
    canvas[row : row + height, column : column + width] = small
    return canvas


def _place(share: float, length: int) -> int:
    return int(np.clip(round(share * SIDE - length / 2), 0, SIDE - length))


def centered(ink: Ink, noise: float) -> Ink:
    """Shift by whole pixels until the center of mass lies in the center of MNIST's frame, losing no stroke.

    Args:
        ink: (28, 28).
        noise: of its background.
    """
    mask = digit_mask(ink, noise)
    box = box_of(mask)
    if box is None:
        return ink
    weight = np.where(ndimage.binary_dilation(mask), stretched(ink, noise), 0)
    shifts = []
    for axis, (first, end) in enumerate((box[:2], box[2:])):
        center = float((weight.sum(axis=1 - axis) @ np.arange(SIDE)) / weight.sum())
        shifts.append(int(np.clip(round(CENTER - center), -first, SIDE - end)))
    return moved(ink, dx=shifts[1], dy=shifts[0])


def moved(ink: Ink, *, dx: int, dy: int) -> Ink:
    """Move right by `dx` and down by `dy` whole pixels; background, 0, moves in."""
    pad = max(abs(dx), abs(dy))
    height, width = ink.shape
    return np.pad(ink, pad)[pad - dy : pad - dy + height, pad - dx : pad - dx + width]
