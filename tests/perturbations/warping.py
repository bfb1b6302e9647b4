"""Transforms of the room, applied to images one set at a time: what `perturb` does with many."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images
from grader.perturbations.base import Border
from grader.perturbations.geometry import (
    Transform,
    ink_of,
    lost_matrix,
    multiply,
    share_lost,
    warp_matrix,
)


def rotations(angles_degrees: Sequence[float]) -> tuple[Transform, ...]:
    """One rotation for each angle."""
    return tuple(Transform(angle_degrees=angle) for angle in angles_degrees)


def shifts(pairs_pixels: Sequence[tuple[float, float]]) -> tuple[Transform, ...]:
    """One shift for each (dx, dy)."""
    return tuple(Transform(dx_pixels=dx, dy_pixels=dy) for dx, dy in pairs_pixels)


def warp(
    images: Images, transforms: Sequence[Transform], border: Border = "background"
) -> npt.NDArray[np.float32]:
    """Every transform of every image, (transforms, n, height, width, 1)."""
    n, height, width, channels = images.shape
    warped = np.empty((len(transforms), n, height, width, channels), np.float32)
    multiply(warp_matrix(transforms, height, width, border), images, warped)
    return warped


def ink_lost(images: Images, transforms: Sequence[Transform]) -> npt.NDArray[np.float64]:
    """Share of ink that each transform moves out of the frame, (transforms, n)."""
    _, height, width, _ = images.shape
    return share_lost(ink_of(images), lost_matrix(transforms, height, width))
