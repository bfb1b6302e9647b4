"""A map of what happens when a square is covered → where in the picture the wrong class comes from."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Map = npt.NDArray[np.floating]
"""(rows, columns): by upper left corner of the covered square, how much the label gains on the wrong class."""

PATCH_PIXELS = 7
"""Side of the square that is covered."""

BOX_PIXELS = 20
"""MNIST digits lie in a box of this side in the middle of the frame; its thirds give regions their names."""

Row = Literal["upper", "middle", "lower"]
Column = Literal["left", "center", "right"]


@dataclass(frozen=True, kw_only=True)
class Region:
    """The square that speaks most for the wrong class."""

    row: Row
    """Third of the digit's box that its center lies in."""
    column: Column
    change: float
    """How much the label gains on the wrong class when it is covered, in (0, 2]."""


def influence(covered: Map) -> Map:
    """Return for each pixel of the picture the mean over the squares that cover it, (rows + 6, columns + 6)."""
    height, width = covered.shape
    total = np.zeros((height + PATCH_PIXELS - 1, width + PATCH_PIXELS - 1), np.float64)
    times = np.zeros_like(total)
    for row in range(PATCH_PIXELS):
        for column in range(PATCH_PIXELS):
            total[row : row + height, column : column + width] += covered
            times[row : row + height, column : column + width] += 1
    return (total / times).astype(np.float32)


def strongest_region(covered: Map) -> Region | None:
    """Return the square whose covering helps the label most; None where no covering helps.

    On ties it is the first by row, then by column.
    """
    if covered.max() <= 0:
        return None
    row, column = np.unravel_index(int(covered.argmax()), covered.shape)
    side = covered.shape[0] + PATCH_PIXELS - 1
    third_of_row, third_of_column = (_third(int(corner) + PATCH_PIXELS / 2, side) for corner in (row, column))
    rows: tuple[Row, ...] = ("upper", "middle", "lower")
    columns: tuple[Column, ...] = ("left", "center", "right")
    return Region(row=rows[third_of_row], column=columns[third_of_column], change=float(covered[row, column]))


def _third(center: float, side: int) -> int:
    first = (side - BOX_PIXELS) / 2
    return min(max(int((center - first) * 3 / BOX_PIXELS), 0), 2)
