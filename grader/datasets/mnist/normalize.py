"""Pixels of a picture → the 28x28 picture that a network trained on MNIST expects."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grader.datasets.mnist.components import Selection, list_pieces, select_digit
from grader.datasets.mnist.ink import InkMap, map_ink, remove_lines
from grader.datasets.mnist.paper import Background, Pixels, estimate_background, find_sheet, trim_frame
from grader.datasets.mnist.quality import BLANK_CONTRAST, judge, quality
from grader.datasets.mnist.strokes import (
    CENTER,
    SIDE,
    center_of_mass,
    crop_to_ink,
    normalize_strokes,
    place,
    quantize,
)
from grader.images.codes import NO_FLAGS, PictureFlag
from grader.images.record import NormalizedPicture
from grader.images.values import EIGHT, at_share, hysteresis

BOX_RANGE = (19, 22)
"""Longest side of the ink in pixels. MNIST: 20 on all but 16 of 70,000 digits, 19 on those."""

CENTER_TOLERANCE = 1.0
"""Distance of the center of mass from (14, 14) in each direction. MNIST: at most 0.52."""

PEAK = 0.9
"""Least brightness of the brightest pixel. MNIST: 0.996."""

WIDE_SHARE = 0.5
"""Least share of the inked pixels that lie in an inked square of two by two. MNIST: above it on all but 12 of
10,000 digits; drawings made of single pixels have 0 to 0.3."""

_INKED = 0.3
"""Ink from which a pixel counts as inked when the width of strokes is judged."""


def as_mnist(pixels: Pixels) -> npt.NDArray[np.float32] | None:
    """Return the picture as ink on 0 if it needs no normalizing, whichever way round its brightness is.

    Args:
        pixels: (h, w, 3) in [0, 1].

    Returns:
        (28, 28, 1), ink 1 on background 0, multiples of 1/255; None if the picture is anything else than a
        grey digit of 28x28 pixels on an even black or white background, as large and as central as MNIST's.
    """
    if pixels.shape[:2] != (SIDE, SIDE):
        return None
    grey = pixels[..., 0]
    if float(np.abs(pixels - grey[..., None]).max()) > 1 / 255:
        return None
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = quantize(grey if float(np.median(edge)) < 0.5 else 1 - grey)
    inked = ink > 0
    if float(ink.max()) < PEAK:
        return None
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    if not BOX_RANGE[0] <= longest <= BOX_RANGE[1]:
        return None
    row, column = center_of_mass(ink)
    if max(abs(row - CENTER), abs(column - CENTER)) > CENTER_TOLERANCE:
        return None
    return ink[..., None] if _wide_share(ink) >= WIDE_SHARE else None


def _wide_share(ink: npt.NDArray[np.float32]) -> float:
    inked = ink > _INKED
    square = inked[1:, 1:] & inked[:-1, 1:] & inked[1:, :-1] & inked[:-1, :-1]
    wide = np.zeros_like(inked)
    for rows in (slice(1, None), slice(None, -1)):
        for columns in (slice(1, None), slice(None, -1)):
            wide[rows, columns] |= square
    return float(wide.sum() / inked.sum())


STRONG = 0.5
"""Ink from which a pixel surely belongs to a stroke; typical ink is 1."""

WHOLE = 0.3
"""Ink from which a pixel may belong to a sheet lying on the background: the sheet may be paler than the pen
on it."""

WEAKEST, LEAST_WEAK = 0.45, 0.25
"""Range of the lower threshold; four standard deviations of the background lie below it where possible."""

WEAKER = (0.7, 0.5)
"""Shares of the lower threshold that are tried while the digit is in pieces."""

DARKER = (0.55, 0.7, 0.8)
"""Lower thresholds that are tried when what was found runs from one edge of the picture to the opposite
one."""

COVER = 3
"""Pixels round what was found at the edge that are painted over with it."""

SMALLEST_SCENE = 56
"""Shortest side in pixels from which a picture may show a digit and a shadow beside it."""

SIMILAR_CONTRAST, LEAST_HEIGHT = 0.5, 0.25
"""Least contrast, as a share of that of what was found first, and least height, as a share of the picture, of
a digit that is preferred to it."""

DARKEST, DARKEST_SHARE = 0.85, 0.8
"""Ink that surely comes from the pen, and the least share of it that a digit cut out by its darkness must
hold."""

MOST_GROWTH = 1.6
"""Largest growth of the inked area that a lower threshold may bring: more is background."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FoundDigit:
    """Where the digit is."""

    selection: Selection
    """Its pieces."""
    mask: npt.NDArray[np.bool_]
    """(h, w): the pixels of its pieces."""
    reaches_across: bool
    """Whether it touches two opposite edges of the picture."""

    @property
    def touches_edge(self) -> bool:
        """Whether it touches any edge of the picture."""
        return any(piece.touches_edge for piece in self.selection.kept)

    @property
    def height(self) -> int:
        """Rows from the top of its highest piece to the bottom of its lowest."""
        kept = self.selection.kept
        return max(piece.bottom for piece in kept) - min(piece.top for piece in kept)


def normalize_picture(pixels: Pixels) -> NormalizedPicture:
    """Bring a picture into MNIST's convention.

    Background and polarity come from the border of this picture alone; ink is the projection on the line from
    paper to ink color; connected pieces near the main one are kept; strokes are brought to MNIST's width; the
    digit is scaled into a box of 20 pixels and shifted by whole pixels until its center of mass lies in the
    center.

    Args:
        pixels: (h, w, 3) in [0, 1], upright and opaque, any polarity.

    Returns:
        The normalized picture; all zero, and flagged `BLANK`, if there is no ink.

    Source: the preparation of MNIST as described by Yadav & Bottou 2019 (arXiv 1905.10498).
    """
    ready = as_mnist(pixels)
    if ready is not None:
        return _passed_through(ready)
    inner, trimmed = trim_frame(pixels)
    background = estimate_background(inner)
    ink = map_ink(inner, background)
    sheet = find_sheet(inner, ink.ink > WHOLE, around=background.color)
    if sheet is not None:
        inner, trimmed = sheet, True
        background = estimate_background(inner)
        ink = map_ink(inner, background)
    flags = PictureFlag.TRIMMED_FRAME if trimmed else NO_FLAGS
    found = _find_digit(ink)
    if found is None:
        return _blank(background, ink, flags)
    ink, found = _look_behind(inner, background, ink, found)
    selection, mask = found.selection, found.mask
    fine, before, after = normalize_strokes(crop_to_ink(_ramp(ink, mask)))
    measures = _measure(background, ink, selection, mask, before=before, after=after)
    flags |= judge(measures, touches_edge=found.touches_edge, stands_several=selection.stands_several)
    return NormalizedPicture(image=place(fine), quality=measures, flags=flags)


def _look_behind(
    pixels: Pixels, background: Background, ink: InkMap, found: FoundDigit
) -> tuple[InkMap, FoundDigit]:
    """Return the digit in the middle if what was found at the edge is a shadow, a glare or a stripe.

    What was found is painted over with the background. A digit of similar contrast and some size that then
    shows up clear of all edges is what the picture is about; otherwise the first find stands.
    """
    if not found.touches_edge or min(ink.ink.shape) < SMALLEST_SCENE:
        return ink, found
    cover = ndimage.binary_dilation(found.mask, EIGHT, iterations=COVER)
    rest = np.where(cover[..., None], background.surface, pixels)
    ink_behind = map_ink(rest, background)
    behind = _find_digit(ink_behind)
    if (
        behind is None
        or behind.touches_edge
        or ink_behind.contrast < SIMILAR_CONTRAST * ink.contrast
        or behind.height < LEAST_HEIGHT * ink.ink.shape[0]
    ):
        return ink, found
    return ink_behind, behind


def _find_digit(ink: InkMap) -> FoundDigit | None:
    """Return the digit; None without one: too little contrast, or no pixel that is strong enough.

    A pale stroke falls to pieces at a threshold that suits the rest of it: while there are several pieces,
    lower thresholds are tried, and the highest with the fewest pieces wins.
    """
    if ink.contrast < BLANK_CONTRAST:
        return None
    weak = float(np.clip(4 * ink.noise, LEAST_WEAK, WEAKEST))
    cleaned = remove_lines(ink.ink, weak=weak)
    best = _digit_above(cleaned, weak=weak, strong=STRONG)
    if best is None:
        return None
    if best.reaches_across:
        return _darker_digit(cleaned) or best
    for share in WEAKER:
        pieces = len(best.selection.kept)
        if pieces == 1 or best.selection.stands_several or 2.5 * ink.noise > weak:
            break
        paler = _digit_above(cleaned, weak=share * weak, strong=STRONG)
        if (
            paler is not None
            and len(paler.selection.kept) < pieces
            and paler.mask.sum() <= MOST_GROWTH * best.mask.sum()
        ):
            best = paler
    return best


def _darker_digit(ink: npt.NDArray[np.float32]) -> FoundDigit | None:
    """Return the digit that holds the darkest ink without running across the picture; None without one.

    Printed squares, a pattern or a shadow that meet the digit are paler than the pen.
    """
    darkest = ink > DARKEST
    for level in DARKER:
        found = _digit_above(ink, weak=level, strong=DARKEST)
        if found is not None and not found.reaches_across:
            inside = np.count_nonzero(darkest & found.mask)
            return found if inside >= DARKEST_SHARE * np.count_nonzero(darkest) else None
    return None


def _digit_above(ink: npt.NDArray[np.float32], *, weak: float, strong: float) -> FoundDigit | None:
    labels, count = hysteresis(ink, weak=weak, strong=strong)
    if count == 0:
        return None
    height, width = ink.shape
    pieces, specks = list_pieces(ink, labels, count)
    selection = select_digit(pieces, specks=specks, height=height, width=width)
    is_kept = np.zeros(count + 1, dtype=np.bool_)
    is_kept[[piece.number for piece in selection.kept]] = True
    mask = is_kept[labels]
    across = (mask[0].any() and mask[-1].any()) or (mask[:, 0].any() and mask[:, -1].any())
    return FoundDigit(selection=selection, mask=mask, reaches_across=bool(across))


def _passed_through(image: npt.NDArray[np.float32]) -> NormalizedPicture:
    flat = image[..., 0]
    inked = flat > 0.5
    measures = quality(contrast=float(flat.max()), ink_share=float(inked.mean()), pieces=1.0)
    return NormalizedPicture(image=image, quality=measures, flags=PictureFlag.PASSED_THROUGH)


def _blank(background: Background, ink: InkMap, flags: PictureFlag) -> NormalizedPicture:
    measures = quality(contrast=ink.contrast, background_unevenness=background.unevenness, noise=ink.noise)
    return NormalizedPicture(
        image=np.zeros((SIDE, SIDE, 1), dtype=np.float32),
        quality=measures,
        flags=flags | PictureFlag.BLANK,
    )


def _ramp(ink: InkMap, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Cut out the digit and stretch its ink to [0, 1]; noise and whatever else is in its box become 0."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    place = (
        slice(max(rows[0] - 1, 0), rows[-1] + 2),
        slice(max(columns[0] - 1, 0), columns[-1] + 2),
    )
    values, inside = ink.ink[place], mask[place]
    low = min(2.5 * ink.noise, 0.4)
    high = max(at_share(values[inside], 0.75), low + 0.2)
    near = ndimage.binary_dilation(inside, EIGHT)
    return np.where(near, np.clip((values - low) / (high - low), 0, 1), 0).astype(np.float32)


def _measure(
    background: Background,
    ink: InkMap,
    selection: Selection,
    mask: npt.NDArray[np.bool_],
    *,
    before: float,
    after: float,
) -> Mapping[str, float]:
    height, width = mask.shape
    top = min(piece.top for piece in selection.kept)
    bottom = max(piece.bottom for piece in selection.kept)
    left = min(piece.left for piece in selection.kept)
    right = max(piece.right for piece in selection.kept)
    return quality(
        contrast=ink.contrast,
        background_unevenness=background.unevenness,
        noise=ink.noise,
        ink_share=float(mask.mean()),
        box_height_share=(bottom - top) / height,
        box_width_share=(right - left) / width,
        pieces=len(selection.kept),
        pieces_dropped=selection.dropped,
        stroke_width=after,
        stroke_width_before=before,
        fill=float(mask.sum()) / ((bottom - top) * (right - left)),
        offset_right=(left + right) / 2 / width - 0.5,
        offset_down=(top + bottom) / 2 / height - 0.5,
        ink_is_light=float(ink.is_light),
    )
