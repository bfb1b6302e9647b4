"""Rotation and shift of whole image sets by one sparse matrix product, always from the original picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from grader.core.picture import Images


@dataclass(frozen=True, kw_only=True)
class Transform:
    """Rotate about the centre, then shift; both in one resampling."""

    angle_degrees: float = 0.0
    """Positive turns counter-clockwise as seen on screen."""
    dx_pixels: float = 0.0
    """Positive moves right."""
    dy_pixels: float = 0.0
    """Positive moves down."""


def rotations(angles_degrees: Sequence[float]) -> tuple[Transform, ...]:
    """Return one rotation for each angle."""
    return tuple(Transform(angle_degrees=angle) for angle in angles_degrees)


def shifts(pairs_pixels: Sequence[tuple[int, int]]) -> tuple[Transform, ...]:
    """Return one shift for each (dx, dy)."""
    return tuple(Transform(dx_pixels=dx, dy_pixels=dy) for dx, dy in pairs_pixels)


def warp(images: Images, transforms: tuple[Transform, ...]) -> npt.NDArray[np.float32]:
    """Apply every transform to every image.

    Args:
        images: float32, (n, height, width, 1), background 0.
        transforms: what to do; each starts from the original images.

    Returns:
        float32, (transforms, n, height, width, 1); bilinear, uncovered pixels are background (0), centre
        ((width - 1) / 2, (height - 1) / 2). Rotation by 0 and whole-pixel shifts are exact, so are right angles of
        square images.

    Source: the convention of OpenCV's warpAffine with getRotationMatrix2D about the true centre.
    """
    n, height, width, _ = images.shape
    columns = np.ascontiguousarray(images.reshape(n, height * width).T)
    product: npt.NDArray[np.float32] = _matrix(transforms, height, width) @ columns
    warped = product.reshape(len(transforms), height, width, n)
    return np.ascontiguousarray(np.moveaxis(warped, 3, 1))[..., np.newaxis].astype(np.float32, copy=False)


def ink_lost(images: Images, warped: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the share of ink that left the frame.

    Args:
        images: the originals, (n, height, width, 1).
        warped: what `warp` made of them, (transforms, n, height, width, 1).

    Returns:
        float64, (transforms, n), in [0, 1]; 0 for an image without ink.
    """
    before = images.sum(axis=(1, 2, 3), dtype=np.float64)
    after = warped.sum(axis=(2, 3, 4), dtype=np.float64)
    lost: npt.NDArray[np.float64] = np.clip(1 - after / np.where(before == 0, 1, before), 0, 1)
    lost[:, before == 0] = 0
    return lost


@lru_cache(maxsize=8)
def _matrix(transforms: tuple[Transform, ...], height: int, width: int) -> Any:
    """Return the sparse matrix (transforms * height * width, height * width) of bilinear weights."""
    rows, sources, weights = [], [], []
    y_out, x_out = np.mgrid[0:height, 0:width].astype(np.float64)
    x_centre, y_centre = (width - 1) / 2, (height - 1) / 2
    pixel = np.arange(height * width)
    for number, transform in enumerate(transforms):
        angle = np.deg2rad(transform.angle_degrees)
        cosine, sine = np.round([np.cos(angle), np.sin(angle)], 12)
        x = x_out - x_centre - transform.dx_pixels
        y = y_out - y_centre - transform.dy_pixels
        x_in = np.round(x * cosine - y * sine + x_centre, 9).ravel()
        y_in = np.round(x * sine + y * cosine + y_centre, 9).ravel()
        left, top = np.floor(x_in), np.floor(y_in)
        x_part, y_part = x_in - left, y_in - top
        for step_x, step_y, weight in (
            (0, 0, (1 - x_part) * (1 - y_part)),
            (1, 0, x_part * (1 - y_part)),
            (0, 1, (1 - x_part) * y_part),
            (1, 1, x_part * y_part),
        ):
            column, row = left + step_x, top + step_y
            inside = (weight > 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
            rows.append(number * height * width + pixel[inside])
            sources.append((row[inside] * width + column[inside]).astype(np.int64))
            weights.append(weight[inside])
    shape = (len(transforms) * height * width, height * width)
    coordinates = (np.concatenate(rows), np.concatenate(sources))
    return sparse.csr_array((np.concatenate(weights).astype(np.float32), coordinates), shape=shape)
