"""Perturbations that change pixels where they are: stroke width, contrast, noise, blur and others."""

from collections.abc import Callable
from functools import lru_cache
from math import floor

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images
from grader.perturbations.base import Border, Perturbation, blend, register, since
from grader.perturbations.geometry import reflected

_Extreme = Callable[[Images, Images], Images]


def thickness(images: Images, pixels: float = 0.0, border: Border = "background") -> Images:
    """Move the edges of the strokes outwards by `pixels`, or inwards when negative.

    Grey-level dilation or erosion, once for each pixel, by a disc of radius 1: a pixel and its four neighbours. A part
    of a pixel blends: 0.5 is halfway between the picture and its dilation.

    Source: scipy.ndimage.grey_dilation and grey_erosion with that footprint.
    """
    extreme: _Extreme = np.maximum if pixels > 0 else np.minimum
    whole = floor(abs(pixels))
    part = abs(pixels) - whole
    for _ in range(whole):
        images = _once(images, extreme, border)
    return blend(images, _once(images, extreme, border), part) if part else images.copy()


def _once(images: Images, extreme: _Extreme, border: Border) -> Images:
    """The largest or smallest of each pixel and its four neighbours."""
    padded: npt.NDArray[np.float32] = np.pad(
        images, ((0, 0), (1, 1), (1, 1), (0, 0)), "constant" if border == "background" else "reflect"
    )
    across = extreme(padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    along = extreme(padded[:, :-2, 1:-1], padded[:, 2:, 1:-1])
    return extreme(images, extreme(across, along))


def contrast(images: Images, factor: float = 1.0) -> Images:
    """Multiply every value by `factor`: ink fades, a photo darkens. 0 stays 0, and what exceeds 1 becomes 1."""
    changed: Images = np.minimum(images * np.float32(factor), np.float32(1))
    return changed


_LEVELS = 256


def equalization(images: Images, strength: float = 0.0) -> Images:
    """Spread the grey levels of each image evenly, those of all channels together; `strength` 1 does it fully, 0 not.

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


def noise(images: Images, sigma: float = 0.0) -> Images:
    """Add Gaussian noise of standard deviation `sigma` and clip to [0, 1].

    There is one noise field, the same for every image and every sigma: what an image gets depends neither on its place
    nor on its neighbours, and a larger sigma is the same noise, only stronger.
    """
    return np.clip(images + np.float32(sigma) * _field(images.shape[1:]), 0, 1)


@lru_cache(maxsize=8)
def _field(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Noise of standard deviation 1, (height, width, channels)."""
    # RandomState, since the numbers of default_rng may change between releases of NumPy (NEP 19).
    field = np.random.RandomState(NOISE_SEED).standard_normal(shape).astype(np.float32)
    field.flags.writeable = False
    return field


_TRUNCATE_SIGMAS = 4
"""Beyond this distance the weights are 0, as SciPy's gaussian_filter has it."""


def blur(images: Images, sigma_pixels: float = 0.0, border: Border = "background") -> Images:
    """Blur with a Gaussian, down and then across.

    Source: scipy.ndimage.gaussian_filter with mode "constant" or "mirror".
    """
    _, height, width, _ = images.shape
    down, across = (_weights(size, sigma_pixels, border) for size in (height, width))
    channels: Images = np.ascontiguousarray(np.moveaxis(images, 3, 1))
    blurred = np.asarray(down @ channels @ across.T, np.float32)
    return np.moveaxis(blurred, 1, 3)


@lru_cache(maxsize=16)
def _weights(size: int, sigma_pixels: float, border: Border) -> npt.NDArray[np.float32]:
    """Weights of every pixel for every blurred pixel along one axis, (size, size)."""
    radius = int(_TRUNCATE_SIGMAS * sigma_pixels + 0.5)
    distances = np.arange(-radius, radius + 1)
    bell = np.exp(-((distances / max(sigma_pixels, 1e-9)) ** 2) / 2)
    to = np.arange(size)[:, np.newaxis]
    sources = to + distances
    shares = np.broadcast_to(bell / bell.sum(), sources.shape)
    weights = np.zeros((size, size))
    if border == "reflect":
        np.add.at(weights, (to, reflected(sources, size)), shares)
    else:
        inside = (sources >= 0) & (sources < size)
        np.add.at(weights, (np.broadcast_to(to, sources.shape)[inside], sources[inside]), shares[inside])
    return weights.astype(np.float32)


def flip(images: Images, mirrored: float = 0.0) -> Images:
    """Exchange left and right where `mirrored` is 1, not where it is 0."""
    return images[:, :, ::-1] if mirrored else images


register(
    Perturbation(
        name="thickness",
        does=thickness,
        title={"ko": "획을 가늘게, 굵게", "en": "Thinner and thicker strokes"},
        order=70,
        limits=((-100.0, 100.0),),
        own=since("standard", (-1.0,), (-0.5,), (0.5,), (1.0,)),
        borders=("background",),
    ),
    Perturbation(
        name="contrast",
        does=contrast,
        title={"ko": "흐리게", "en": "Fainter"},
        order=80,
        limits=((0.0, 100.0),),
        own=since("standard", (0.8,), (0.6,), (0.4,), (0.2,)),
    ),
    Perturbation(
        name="equalization",
        does=equalization,
        title={"ko": "히스토그램 평활화", "en": "Histogram equalized"},
        order=90,
        limits=((0.0, 1.0),),
        own=since("standard", (1.0,)),
    ),
    Perturbation(
        name="noise",
        does=noise,
        title={"ko": "잡음", "en": "Noise"},
        order=100,
        limits=((0.0, 10.0),),
        own=since("standard", (0.1,), (0.2,), (0.3,)),
    ),
    Perturbation(
        name="blur",
        does=blur,
        title={"ko": "번짐", "en": "Blurred"},
        order=110,
        limits=((0.0, 100.0),),
        own=since("standard", (0.5,), (1.0,), (1.5,)),
    ),
    Perturbation(
        name="flip",
        does=flip,
        title={"ko": "좌우 반전", "en": "Mirrored"},
        order=120,
        limits=((0.0, 1.0),),
        own=since("quick", (1.0,)),
        test_set=since("quick", (1.0,)),
        keeps_label=False,
    ),
)
