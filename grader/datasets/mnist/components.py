"""Ink → the connected pieces that make up the digit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

SPECK_SHARE = 0.03
"""Pieces with less than this share of the heaviest piece's ink are specks."""

NEAR_SHARE = 0.2
"""Gap to the digit, as a share of the extent of all pieces, up to which a piece belongs to it."""

EDGE_WEIGHT = 0.4
"""How much a piece that touches the edge counts when the main piece is chosen."""

SIMILAR_HEIGHT = 0.6
"""Height, as a share of the height of all pieces together, from which a piece may be a digit of its own."""

APART_OVERLAP = 0.2
"""Overlap of two pieces' column ranges, as a share of the narrower, up to which they stand side by side."""

PAIR_ASPECT = 1.0
"""Width over height from which two pieces side by side are taken for two digits and not for an open 4."""

_BOX_SHARE = 0.05
"""Least share of the picture that a drawn box takes up."""

_RIM, _ON_RIM = 0.1, 0.9
"""A drawn box has 90 % of its ink in the outer tenth of its extent, along 90 % of each side."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One connected piece of ink."""

    number: int
    """Its label."""
    top: int
    bottom: int
    """First row and one past the last."""
    left: int
    right: int
    """First column and one past the last."""
    mass: float
    """Sum of its ink."""
    touches_edge: bool
    """Whether it reaches the edge of the picture."""
    is_hollow_box: bool
    """Whether nearly all of it lies along the edges of its own box, as in a drawn rectangle."""

    @property
    def height(self) -> int:
        """Rows covered."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns covered."""
        return self.right - self.left


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which pieces are the digit."""

    kept: tuple[Piece, ...]
    """The digit, heaviest piece first."""
    dropped: int
    """How many pieces were left out, specks included."""
    stands_several: bool
    """Whether several digits seem to stand side by side."""


def list_pieces(
    ink: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], count: int
) -> tuple[tuple[Piece, ...], int]:
    """Describe the labelled regions.

    Args:
        ink: (h, w).
        labels: (h, w), 1 to `count`, 0 outside.
        count: number of regions, at least 1.

    Returns:
        Every region that is no speck, and the number of specks.
    """
    height, width = labels.shape
    masses = np.bincount(labels.ravel(), weights=np.maximum(ink, 0).ravel(), minlength=count + 1)
    masses[0] = 0
    large = np.flatnonzero(masses >= SPECK_SHARE * masses.max())
    parameter_sets = ndimage.find_objects(labels, count)
    pieces = []
    for number in large[large > 0].tolist():
        rows, columns = parameter_sets[number - 1]
        top, bottom, left, right = rows.start, rows.stop, columns.start, columns.stop
        is_big = (bottom - top) * (right - left) >= _BOX_SHARE * labels.size
        pieces.append(
            Piece(
                number=number,
                top=top,
                bottom=bottom,
                left=left,
                right=right,
                mass=float(masses[number]),
                touches_edge=top == 0 or left == 0 or bottom == height or right == width,
                is_hollow_box=is_big and _is_hollow_box(labels[rows, columns] == number),
            )
        )
    return tuple(pieces), count - len(pieces)


def _is_hollow_box(region: npt.NDArray[np.bool_]) -> bool:
    height, width = region.shape
    rim_rows, rim_columns = max(1, round(_RIM * height)), max(1, round(_RIM * width))
    if 2 * rim_rows >= height or 2 * rim_columns >= width:
        return False
    inside = region[rim_rows : height - rim_rows, rim_columns : width - rim_columns]
    total = np.count_nonzero(region)
    if np.count_nonzero(inside) > (1 - _ON_RIM) * total:
        return False
    sides = (
        region[:rim_rows].any(axis=0),
        region[-rim_rows:].any(axis=0),
        region[:, :rim_columns].any(axis=1),
        region[:, -rim_columns:].any(axis=1),
    )
    return all(float(side.mean()) >= _ON_RIM for side in sides)


def select_digit(pieces: tuple[Piece, ...], *, specks: int, height: int, width: int) -> Selection:
    """Choose the pieces that make up the digit: the main one and what lies near it.

    Args:
        pieces: at least one.
        specks: how many specks were left out already.
        height: of the picture in pixels.
        width: of the picture in pixels.
    """
    solid = [piece for piece in pieces if not _is_edge_line(piece, height=height, width=width)]
    solid = solid or list(pieces)
    solid.sort(key=lambda piece: piece.mass * (EDGE_WEIGHT if piece.touches_edge else 1.0), reverse=True)
    frame = _frame_round(solid)
    if frame is not None:
        solid.remove(frame)
    several = _stand_several(solid)
    kept = tuple(solid if several else _near(solid))
    return Selection(kept=kept, dropped=len(pieces) - len(kept) + specks, stands_several=several)


def _is_edge_line(piece: Piece, *, height: int, width: int) -> bool:
    """Whether a piece lies wholly in the outermost 4 % of the picture."""
    rows, columns = max(1, round(0.04 * height)), max(1, round(0.04 * width))
    return (
        piece.bottom <= rows
        or piece.top >= height - rows
        or piece.right <= columns
        or piece.left >= width - columns
    )


def _frame_round(pieces: list[Piece]) -> Piece | None:
    """Return the drawn box that surrounds all other pieces; None without one.

    A square 0 with a speck in it is no box: what is inside must be at least a quarter as tall.
    """
    outer = max(pieces, key=lambda piece: piece.height * piece.width)
    inner = [piece for piece in pieces if piece is not outer]
    if not outer.is_hollow_box or not inner:
        return None
    inside = all(
        outer.top < piece.top
        and piece.bottom < outer.bottom
        and outer.left < piece.left
        and piece.right < outer.right
        for piece in inner
    )
    tall = max(piece.height for piece in inner) >= 0.25 * outer.height
    return outer if inside and tall else None


def _near(pieces: list[Piece]) -> list[Piece]:
    """Grow from the first piece to everything within reach."""
    extent = max(
        max(piece.bottom for piece in pieces) - min(piece.top for piece in pieces),
        max(piece.right for piece in pieces) - min(piece.left for piece in pieces),
    )
    reach = NEAR_SHARE * min(extent, 2 * max(max(piece.height, piece.width) for piece in pieces))
    kept, rest = [pieces[0]], pieces[1:]
    found = True
    while found:
        found = False
        for piece in rest:
            if any(_gap(piece, other) <= reach for other in kept):
                kept.append(piece)
                rest.remove(piece)
                found = True
                break
    return kept


def _gap(one: Piece, other: Piece) -> int:
    """Return the larger of the gaps between the two boxes' rows and columns, in pixels; 0 if they overlap."""
    rows = max(one.top - other.bottom, other.top - one.bottom, 0)
    columns = max(one.left - other.right, other.left - one.right, 0)
    return max(rows, columns)


def _stand_several(pieces: list[Piece]) -> bool:
    extent = max(piece.bottom for piece in pieces) - min(piece.top for piece in pieces)
    tall = sorted(
        (piece for piece in pieces if piece.height >= SIMILAR_HEIGHT * extent), key=lambda piece: piece.left
    )
    if not tall:
        return False
    apart = [tall[0]]
    for piece in tall[1:]:
        last = apart[-1]
        overlap = min(last.right, piece.right) - max(last.left, piece.left)
        rows = min(last.bottom, piece.bottom) - max(last.top, piece.top)
        beside = rows >= 0.5 * min(last.height, piece.height)
        if beside and overlap <= APART_OVERLAP * min(last.width, piece.width):
            apart.append(piece)
    if len(apart) < 2:
        return False
    aspect = (max(piece.right for piece in apart) - min(piece.left for piece in apart)) / extent
    return len(apart) >= 3 or aspect >= PAIR_ASPECT
