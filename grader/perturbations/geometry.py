"""Affine maps of whole image sets as sparse matrix products, always from the original picture.

One matrix makes many pictures of every image: a CSR product took 1.24 ms for 140 warps of ten digits where a loop of
Pillow's transforms took 21.5 ms. SciPy is imported late: who only asks what is tried does not pay for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images
from grader.perturbations.base import Border

Matrix = Any
"""A `scipy.sparse.csr_array`; a row of it is applied to the pixels of an image, row by row of the image."""

Floats = npt.NDArray[np.float64]

_PRODUCT_NUMBERS = 2**20
"""Numbers of one product, whose order SciPy makes different from the result's: so the memory for it stays small beside
the result."""


def multiply(matrix: Matrix, images: Images, out: npt.NDArray[np.float32]) -> None:
    """Write what `matrix` makes of `images` into `out`.

    The sums of an image do not depend on the other images: SciPy adds the terms of a row one after the other.

    Args:
        matrix: float32, (cells * height * width, height * width).
        images: float32, (n, height, width, channels).
        out: float32, (cells, n, height, width, channels), C-contiguous.
    """
    _, height, width, channels = images.shape
    pixels, cells = height * width, len(out)
    at_once = max(1, _PRODUCT_NUMBERS // (matrix.shape[0] * channels))
    for start in range(0, len(images), at_once):
        part = images[start : start + at_once].reshape(-1, pixels, channels)
        columns = np.ascontiguousarray(part.swapaxes(0, 1)).reshape(pixels, -1)
        product: npt.NDArray[np.float32] = matrix @ columns
        made = product.reshape(cells, pixels, len(part), channels).swapaxes(1, 2)
        out[:, start : start + at_once] = made.reshape(cells, len(part), height, width, channels)


@dataclass(frozen=True, kw_only=True)
class Transform:
    """Shear, scale and rotate about the centre, then shift; all in one resampling.

    Source: rotation and shift as in OpenCV's getRotationMatrix2D and Engstrom et al. 2019, "Exploring the Landscape of
    Spatial Robustness" (arXiv 1712.02779); scale and shear about the same centre as in Mu & Gilmer 2019, "MNIST-C"
    (arXiv 1906.02337).
    """

    angle_degrees: float = 0.0
    """Positive turns counter-clockwise as seen on screen."""
    dx_pixels: float = 0.0
    """Positive moves right."""
    dy_pixels: float = 0.0
    """Positive moves down."""
    scale: float = 1.0
    """Above 1 enlarges; more than 0."""
    shear_x: float = 0.0
    """x becomes x + shear_x * y, with y down from the centre: positive moves the upper half left, the lower right."""

    def __post_init__(self) -> None:
        if not 0 < self.scale < inf:
            raise ValueError(f"scale is {self.scale}; a finite number above 0 is needed")


def ink_of(images: Images) -> tuple[Floats, Floats]:
    """Return the ink of every pixel, float64 (height * width, n), and of every image, (n,): 1 for one without ink."""
    ink = images.sum(axis=3, dtype=np.float64).reshape(len(images), images.shape[1] * images.shape[2])
    total = ink.sum(axis=1)
    return np.ascontiguousarray(ink.T), np.where(total == 0, 1, total)


def share_lost(ink: tuple[Floats, Floats], lost: Matrix) -> Floats:
    """Return the share of `ink_of` images lost where row by row `lost`, (cells, height * width), has each pixel's loss.

    Returns:
        float64, (cells, n), in [0, 1]; 0 for an image without ink.
    """
    pixels, total = ink
    gone: Floats = lost @ pixels
    return np.minimum(gone / total, 1)


def warp_matrix(
    transforms: Sequence[Transform], height: int, width: int, border: Border = "background"
) -> Matrix:
    """Return the bilinear weights of every source pixel for every pixel of every warped picture.

    Pixels from outside the frame are what `border` says, the centre is ((width - 1) / 2, (height - 1) / 2). Rotation by
    0 and whole-pixel shifts are exact, so are right angles of square images.

    Returns:
        float32, (transforms * height * width, height * width).

    Source: the convention of OpenCV's warpAffine with getRotationMatrix2D about the true centre.
    """
    from scipy import sparse

    # The inverse of the map, since a warped pixel asks where it comes from.
    cosine, sine, dx, dy, scale, shear = _parameters(transforms)
    x, y, x_centre, y_centre = _from_centre(height, width)
    x, y = x - dx, y - dy
    x_in = _tidy(x * ((cosine - shear * sine) / scale) - y * ((sine + shear * cosine) / scale) + x_centre)
    y_in = _tidy(x * (sine / scale) + y * (cosine / scale) + y_centre)
    left, top = np.floor(x_in), np.floor(y_in)
    x_part, y_part = x_in - left, y_in - top
    columns = np.stack([left, left + 1, left, left + 1], axis=-1)
    rows = np.stack([top, top, top + 1, top + 1], axis=-1)
    weights = np.stack(
        [(1 - x_part) * (1 - y_part), x_part * (1 - y_part), (1 - x_part) * y_part, x_part * y_part], axis=-1
    )
    used = weights > 0
    if border == "reflect":
        columns, rows = reflected(columns, width), reflected(rows, height)
    else:
        used &= (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    starts = np.concatenate([[0], used.sum(axis=-1).cumsum()])
    sources = rows[used] * width + columns[used]
    return sparse.csr_array(
        (weights[used].astype(np.float32), sources.astype(np.int32), starts.astype(np.int32)),
        shape=(len(transforms) * height * width, height * width),
    )


def reflected(indices: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """Return indices along an axis of `size` pixels with those outside the frame mirrored at its first or last pixel."""
    period = max(1, 2 * (size - 1))
    inside = indices % period
    mirrored: npt.NDArray[Any] = np.minimum(inside, period - inside)
    return mirrored


def lost_matrix(transforms: Sequence[Transform], height: int, width: int) -> Matrix:
    """Return how much of each source pixel's ink leaves the frame.

    A pixel's ink moves to where the transform takes the pixel's centre, and is shared among the four pixels around that
    place: of ink at x = 27.5 in a frame of 28 half is inside, at 27 all, at 28 none.

    Returns:
        float64, (transforms, height * width), values in [0, 1].
    """
    from scipy import sparse

    cosine, sine, dx, dy, scale, shear = _parameters(transforms)
    x, y, x_centre, y_centre = _from_centre(height, width)
    x_out = _tidy(x * (scale * cosine) + y * (scale * (cosine * shear + sine)) + x_centre + dx)
    y_out = _tidy(y * (scale * (cosine - sine * shear)) - x * (scale * sine) + y_centre + dy)
    inside = _share_inside(x_out, width) * _share_inside(y_out, height)
    return sparse.csr_array(1 - inside)


def _share_inside(place: Floats, size: int) -> Floats:
    """The share of a pixel at `place` that falls on pixels 0 … `size` - 1 of its axis."""
    return np.clip(np.minimum(place + 1, size - place), 0, 1)


def _parameters(transforms: Sequence[Transform]) -> tuple[Floats, ...]:
    """Cosine, sine, dx, dy, scale and shear as columns, (transforms, 1); right angles are exact."""
    table = np.array(
        [
            (each.angle_degrees, each.dx_pixels, each.dy_pixels, each.scale, each.shear_x)
            for each in transforms
        ],
        np.float64,
    ).reshape(-1, 5)
    angle = np.deg2rad(table[:, :1])
    cosine, sine = np.round([np.cos(angle), np.sin(angle)], 12)
    return cosine, sine, *(table[:, [column]] for column in range(1, 5))


def _from_centre(height: int, width: int) -> tuple[Floats, Floats, float, float]:
    """Every pixel's x and y from the centre, row by row, and the centre."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x_centre, y_centre = (width - 1) / 2, (height - 1) / 2
    return x.ravel() - x_centre, y.ravel() - y_centre, x_centre, y_centre


def _tidy(parameter_sets: Floats) -> Floats:
    """Take rounding errors away, so that a pixel that lands on a pixel does so exactly."""
    return np.round(parameter_sets, 9)
