"""Every rotation with every shift, the search of the worst case."""

from grader.perturbations.base import affine
from grader.perturbations.geometry import Transform


@affine("grid", neutral=(0.0, 0.0, 0.0), limits=((-360.0, 360.0), (-100.0, 100.0), (-100.0, 100.0)))
def grid(angle_degrees: float, dx_pixels: float, dy_pixels: float) -> Transform:
    """Rotate about the centre, counter-clockwise, then shift right and down, in one resampling.

    Source: the grid of Engstrom et al. 2019, "Exploring the Landscape of Spatial Robustness" (arXiv 1712.02779).
    """
    return Transform(angle_degrees=angle_degrees, dx_pixels=dx_pixels, dy_pixels=dy_pixels)
