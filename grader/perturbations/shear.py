"""Horizontal shear about the centre."""

from grader.perturbations.base import affine
from grader.perturbations.geometry import Transform


@affine("shear", neutral=(0.0,), limits=((-5.0, 5.0),))
def shear(factor: float) -> Transform:
    """Slant the picture: each row moves right by `factor` times its distance below the centre.

    A positive factor leans to the left (the top moves left), a negative one to the right, as italics do.

    Source: the geometry of Mu & Gilmer 2019, "MNIST-C" (arXiv 1906.02337).
    """
    return Transform(shear_x=factor)
