"""Rotation about the centre."""

from grader.perturbations.base import affine
from grader.perturbations.geometry import Transform


@affine("rotation", neutral=(0.0,), limits=((-360.0, 360.0),))
def rotation(angle_degrees: float) -> Transform:
    """Turn the picture; positive turns counter-clockwise as seen on screen.

    Source: Engstrom et al. 2019, "Exploring the Landscape of Spatial Robustness" (arXiv 1712.02779).
    """
    return Transform(angle_degrees=angle_degrees)
