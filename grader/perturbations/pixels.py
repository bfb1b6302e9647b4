"""Perturbations that change pixels where they are: blur, noise, contrast, equalization, stroke width."""

from collections.abc import Callable
from functools import lru_cache
from math import floor

import numpy as np
import numpy.typing as npt
from scipy import sparse

from grader.core.picture import Images
from grader.perturbations.base import blend, change, linear
from grader.perturbations.geometry import Matrix

_TRUNCATE_SIGMAS = 4
"""Beyond this distance the weights are 0, as SciPy's gaussian_filter has it."""


@linear("blur", neutral=(0.0,), limits=((0.0, 10.0),))
def blur(height: int, width: int, sigma_pixels: float) -> Matrix:
    """Blur with a Gaussian; outside the frame there is background (0).

    Source: scipy.ndimage.gaussian_filter with mode "constant".
    """
    rows, columns = _along_axis(height, sigma_pixels), _along_axis(width, sigma_pixels)
    return sparse.csr_array(sparse.kron(rows, columns)).astype(np.float32)


def _along_axis(size: int, sigma_pixels: float) -> Matrix:
    """Weights along one axis, (size, size)."""
    radius = int(_TRUNCATE_SIGMAS * sigma_pixels + 0.5)
    if radius == 0:
        return sparse.eye_array(size)
    distance = np.arange(-radius, radius + 1)
    bell: npt.NDArray[np.float64] = np.exp(-((distance / sigma_pixels) ** 2) / 2)
    apart = np.subtract.outer(np.arange(size), np.arange(size))
    near = np.abs(apart) <= radius
    return sparse.csr_array(np.where(near, (bell / bell.sum())[np.where(near, apart + radius, 0)], 0))


@change("contrast", neutral=(1.0,), limits=((0.0, 100.0),))
def contrast(images: Images, factor: float) -> Images:
    """Multiply the ink by `factor`; background stays 0, and what exceeds 1 becomes 1."""
    changed: Images = np.minimum(images * np.float32(factor), np.float32(1))
    return changed


_LEVELS = 256


@change("equalization", neutral=(0.0,), limits=((0.0, 1.0),))
def equalization(images: Images, strength: float) -> Images:
    """Spread the grey levels of each image evenly; `strength` 1 does it fully, 0 not at all.

    Each of 256 levels becomes (pixels up to this level - pixels of the lowest level) / (all pixels - pixels of the
    lowest level): the background stays 0, the strongest ink becomes 1. An image of a single level stays as it is.

    Source: OpenCV's equalizeHist, without its rounding to whole levels.
    """
    n = len(images)
    levels = np.rint(np.clip(images.reshape(n, -1), 0, 1) * (_LEVELS - 1)).astype(np.intp)
    own_bins = levels + _LEVELS * np.arange(n)[:, np.newaxis]
    counts = np.bincount(own_bins.ravel(), minlength=n * _LEVELS).reshape(n, _LEVELS)
    lowest = np.take_along_axis(counts, (counts > 0).argmax(axis=1)[:, np.newaxis], axis=1)
    others = levels.shape[1] - lowest
    table = ((counts.cumsum(axis=1) - lowest) / np.maximum(others, 1)).astype(np.float32)
    equalized = np.take_along_axis(table, levels, axis=1).reshape(images.shape)
    is_plain = (others == 0).reshape(n, 1, 1, 1)
    return blend(images, np.where(is_plain, images, equalized), strength)


NOISE_SEED = 2019
"""Seed of the noise field."""


@change("noise", neutral=(0.0,), limits=((0.0, 10.0),))
def noise(images: Images, sigma: float) -> Images:
    """Add Gaussian noise of standard deviation `sigma` and clip to [0, 1].

    There is one noise field, the same for every image and every sigma: what an image gets depends neither on its place
    nor on its neighbours, and a larger sigma is the same noise, only stronger.
    """
    _, height, width, _ = images.shape
    return np.clip(images + np.float32(sigma) * _field(height, width), 0, 1)


@lru_cache(maxsize=8)
def _field(height: int, width: int) -> npt.NDArray[np.float32]:
    """Noise of standard deviation 1, (height, width, 1)."""
    # RandomState, since the numbers of default_rng may change between releases of NumPy (NEP 19).
    field = np.random.RandomState(NOISE_SEED).standard_normal((height, width, 1)).astype(np.float32)
    field.flags.writeable = False
    return field


_Extreme = Callable[[Images, Images], Images]


@change("thickness", neutral=(0.0,), limits=((-14.0, 14.0),))
def thickness(images: Images, pixels: float) -> Images:
    """Move the edges of the strokes outwards by `pixels`, or inwards when negative.

    Grey-level dilation or erosion, once for each pixel, by a disc of radius 1: a pixel and its four neighbours. A part
    of a pixel blends: 0.5 is halfway between the picture and its dilation. Outside the frame there is background (0).

    Source: scipy.ndimage.grey_dilation and grey_erosion with that footprint.
    """
    extreme: _Extreme = np.maximum if pixels > 0 else np.minimum
    whole = floor(abs(pixels))
    part = abs(pixels) - whole
    for _ in range(whole):
        images = _once(images, extreme)
    return blend(images, _once(images, extreme), part) if part else images.copy()


def _once(images: Images, extreme: _Extreme) -> Images:
    """The largest or smallest of each pixel and its four neighbours."""
    padded: npt.NDArray[np.float32] = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    across = extreme(padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    along = extreme(padded[:, :-2, 1:-1], padded[:, 2:, 1:-1])
    return extreme(images, extreme(across, along))
