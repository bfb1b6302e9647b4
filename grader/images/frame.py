"""Picture with bars or a frame round the paper → the paper alone."""

import numpy as np

from grader.images.background import Pixels
from grader.images.color import color_distance, middle_color

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
