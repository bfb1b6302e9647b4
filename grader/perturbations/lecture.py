"""What the lectures ask about: a rotation and a shift together."""

from grader.perturbations.base import affine
from grader.perturbations.geometry import Transform


@affine("lecture", neutral=(0.0, 0.0, 0.0), limits=((-360.0, 360.0), (-100.0, 100.0), (-100.0, 100.0)))
def lecture(angle_degrees: float, dx_pixels: float, dy_pixels: float) -> Transform:
    """Rotate about the centre, counter-clockwise, then shift right and down, in one resampling.

    Source: the lectures' warpAffine with getRotationMatrix2D, but about the true centre.
    """
    return Transform(angle_degrees=angle_degrees, dx_pixels=dx_pixels, dy_pixels=dy_pixels)
