"""Perturbations that move ink: rotation, shift, both at once, scale and shear."""

from grader.perturbations.base import affine
from grader.perturbations.geometry import Transform


@affine("rotation", neutral=(0.0,), limits=((-360.0, 360.0),))
def rotation(angle_degrees: float) -> Transform:
    """Turn the picture; positive turns counter-clockwise as seen on screen.

    Source: Engstrom et al. 2019, "Exploring the Landscape of Spatial Robustness" (arXiv 1712.02779).
    """
    return Transform(angle_degrees=angle_degrees)


@affine("shift", neutral=(0.0, 0.0), limits=((-100.0, 100.0), (-100.0, 100.0)))
def shift(dx_pixels: float, dy_pixels: float) -> Transform:
    """Move the picture right by `dx_pixels` and down by `dy_pixels`; whole pixels move exactly.

    Source: Engstrom et al. 2019, "Exploring the Landscape of Spatial Robustness" (arXiv 1712.02779).
    """
    return Transform(dx_pixels=dx_pixels, dy_pixels=dy_pixels)


@affine("grid", neutral=(0.0, 0.0, 0.0), limits=((-360.0, 360.0), (-100.0, 100.0), (-100.0, 100.0)))
def grid(angle_degrees: float, dx_pixels: float, dy_pixels: float) -> Transform:
    """Rotate about the centre, counter-clockwise, then shift right and down, in one resampling.

    Source: the grid of Engstrom et al. 2019, "Exploring the Landscape of Spatial Robustness" (arXiv 1712.02779).
    """
    return Transform(angle_degrees=angle_degrees, dx_pixels=dx_pixels, dy_pixels=dy_pixels)


@affine("lecture", neutral=(0.0, 0.0, 0.0), limits=((-360.0, 360.0), (-100.0, 100.0), (-100.0, 100.0)))
def lecture(angle_degrees: float, dx_pixels: float, dy_pixels: float) -> Transform:
    """Rotate about the centre, counter-clockwise, then shift right and down, in one resampling.

    Source: the lectures' warpAffine with getRotationMatrix2D, but about the true centre.
    """
    return Transform(angle_degrees=angle_degrees, dx_pixels=dx_pixels, dy_pixels=dy_pixels)


@affine("scale", neutral=(1.0,), limits=((0.1, 10.0),))
def scale(factor: float) -> Transform:
    """Enlarge the picture by `factor`, below 1 shrink it.

    Source: the geometry of Mu & Gilmer 2019, "MNIST-C" (arXiv 1906.02337).
    """
    return Transform(scale=factor)


@affine("shear", neutral=(0.0,), limits=((-5.0, 5.0),))
def shear(factor: float) -> Transform:
    """Slant the picture: each row moves right by `factor` times its distance below the centre.

    A positive factor leans to the left (the top moves left), a negative one to the right, as italics do.

    Source: the geometry of Mu & Gilmer 2019, "MNIST-C" (arXiv 1906.02337).
    """
    return Transform(shear_x=factor)
