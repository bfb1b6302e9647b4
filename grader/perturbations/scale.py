"""Zoom about the centre."""

from grader.perturbations.base import affine
from grader.perturbations.geometry import Transform


@affine("scale", neutral=(1.0,), limits=((0.1, 10.0),))
def scale(factor: float) -> Transform:
    """Enlarge the picture by `factor`, below 1 shrink it.

    Source: the geometry of Mu & Gilmer 2019, "MNIST-C" (arXiv 1906.02337).
    """
    return Transform(scale=factor)
