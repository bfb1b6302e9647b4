"""Picture of a sheet of paper on something darker or lighter → the sheet alone."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from grader.images.background import Pixels
from grader.images.color import color_distance
from grader.images.threshold import EIGHT

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
