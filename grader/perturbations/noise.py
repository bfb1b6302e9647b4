"""Gaussian noise."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images
from grader.perturbations.base import change

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
