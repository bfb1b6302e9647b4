"""Gaussian blur."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from grader.perturbations.base import linear
from grader.perturbations.product import Matrix

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
