"""Maps of ink → turned, with other strokes, at another size, elsewhere."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from grader.diagnosis.resample import Ink, enlarge, reduce, resample
from grader.diagnosis.sheet import box_of, digit_mask, stretched

SIDE = 28
"""Side in pixels of the pictures that networks read."""

BOX = 20
"""Longest side in pixels of an MNIST digit."""

CENTER = 14.0
"""Row and column of the center of mass of an MNIST digit."""

TARGET_WIDTH, THIN, THICK = 2.6, 2.0, 3.6
"""Stroke width in pixels of the 20-pixel box that strokes are brought to, and the widths between which they are left as
they are; the same as the normalizer's."""

_SLIMMEST = 0.6
"""Least share of the width that thinning leaves."""

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
    target = TARGET_WIDTH if width < THIN else max(TARGET_WIDTH, _SLIMMEST * width)
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
