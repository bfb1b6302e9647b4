"""Shift of the whole picture."""

from grader.perturbations.base import affine
from grader.perturbations.geometry import Transform


@affine("shift", neutral=(0.0, 0.0), limits=((-100.0, 100.0), (-100.0, 100.0)))
def shift(dx_pixels: float, dy_pixels: float) -> Transform:
    """Move the picture right by `dx_pixels` and down by `dy_pixels`; whole pixels move exactly.

    Source: Engstrom et al. 2019, "Exploring the Landscape of Spatial Robustness" (arXiv 1712.02779).
    """
    return Transform(dx_pixels=dx_pixels, dy_pixels=dy_pixels)
