"""Perturbations that move pixels: rotation, shift, both at once, scale and shear."""

from itertools import product

from grader.perturbations.base import Parameters, Perturbation, register, since
from grader.perturbations.geometry import Transform

ANGLE_LIMIT_DEGREES = 90
"""Largest rotation of the curve, to either side."""
_SHIFT_LIMIT_PIXELS = 6
"""Largest shift of the map, along either axis, of a side of 28."""
_SCORED_DEGREES = 30.0
_SCORED_PIXELS = 3.0
UPSIDE_DOWN: Parameters = (180.0, 0.0, 0.0)
"""Tried for information alone: there a 6 is a 9."""

_ROTATION = tuple((float(angle),) for angle in range(-ANGLE_LIMIT_DEGREES, ANGLE_LIMIT_DEGREES + 1, 5))
_REACH = range(-_SHIFT_LIMIT_PIXELS, _SHIFT_LIMIT_PIXELS + 1)
_SHIFT = tuple((float(dx), float(dy)) for dx in _REACH for dy in _REACH)
_LECTURE = ((10.0, 5.0, 3.0), (70.0, 0.0, 0.0), UPSIDE_DOWN)
_GRID_SHIFTS = (-3.0, -1.5, 0.0, 1.5, 3.0)
_COARSE_GRID = tuple(product((-30.0, -15.0, 0.0, 15.0, 30.0), _GRID_SHIFTS, _GRID_SHIFTS))
"""Foolbox' default of 5 angles x 5 x 5 shifts."""
_FINE_GRID = tuple(product(map(float, range(-30, 31, 2)), _GRID_SHIFTS, _GRID_SHIFTS))
"""The 31 x 5 x 5 of Engstrom et al. 2019, "Exploring the Landscape of Spatial Robustness" (arXiv 1712.02779)."""


def rotation(angle_degrees: float = 0.0) -> Transform:
    """Turn the picture; positive turns counter-clockwise as seen on screen."""
    return Transform(angle_degrees=angle_degrees)


def shift(dx_pixels: float = 0.0, dy_pixels: float = 0.0) -> Transform:
    """Move the picture right by `dx_pixels` and down by `dy_pixels`; whole pixels move exactly."""
    return Transform(dx_pixels=dx_pixels, dy_pixels=dy_pixels)


def turn_and_move(angle_degrees: float = 0.0, dx_pixels: float = 0.0, dy_pixels: float = 0.0) -> Transform:
    """Rotate about the centre, counter-clockwise, then shift right and down, in one resampling.

    Source: the lectures' warpAffine with getRotationMatrix2D, but about the true centre.
    """
    return Transform(angle_degrees=angle_degrees, dx_pixels=dx_pixels, dy_pixels=dy_pixels)


def scale(factor: float = 1.0) -> Transform:
    """Enlarge the picture by `factor`, below 1 shrink it."""
    return Transform(scale=factor)


def shear(factor: float = 0.0) -> Transform:
    """Slant the picture: each row moves right by `factor` times its distance below the centre.

    A positive factor leans to the left (the top moves left), a negative one to the right, as italics do.
    """
    return Transform(shear_x=factor)


register(
    Perturbation(
        name="rotation",
        does=rotation,
        title={"ko": "회전", "en": "Turned"},
        order=10,
        limits=((-360.0, 360.0),),
        own=since("quick", *_ROTATION),
        test_set=since("quick", *(at for at in _ROTATION if abs(at[0]) <= _SCORED_DEGREES)),
        scored=(_SCORED_DEGREES,),
    ),
    Perturbation(
        name="shift",
        does=shift,
        title={"ko": "이동", "en": "Moved"},
        order=20,
        limits=((-100.0, 100.0), (-100.0, 100.0)),
        own=since("quick", *_SHIFT),
        test_set=since("quick", *(at for at in _SHIFT if max(map(abs, at)) <= _SCORED_PIXELS)),
        scored=(_SCORED_PIXELS, _SCORED_PIXELS),
    ),
    Perturbation(
        name="grid",
        does=turn_and_move,
        title={"ko": "돌리면서 옮김", "en": "Turned and moved at once"},
        order=30,
        limits=((-360.0, 360.0), (-100.0, 100.0), (-100.0, 100.0)),
        own={"standard": _COARSE_GRID, "full": _FINE_GRID},
        test_set={"full": _COARSE_GRID},
        scored=(_SCORED_DEGREES, _SCORED_PIXELS, _SCORED_PIXELS),
    ),
    Perturbation(
        name="lecture",
        does=turn_and_move,
        title={"ko": "강의에서 물은 것", "en": "What the lectures ask about"},
        order=40,
        limits=((-360.0, 360.0), (-100.0, 100.0), (-100.0, 100.0)),
        own=since("quick", *_LECTURE),
        test_set=since("quick", *_LECTURE),
        information=(UPSIDE_DOWN,),
        borders=("background",),
    ),
    # Scale and shear as in Mu & Gilmer 2019, "MNIST-C" (arXiv 1906.02337).
    Perturbation(
        name="scale",
        does=scale,
        title={"ko": "작게, 크게", "en": "Smaller and larger"},
        order=50,
        limits=((0.1, 10.0),),
        own=since("standard", (0.7,), (0.8,), (0.9,), (1.1,), (1.2,), (1.3,)),
    ),
    Perturbation(
        name="shear",
        does=shear,
        title={"ko": "기울임", "en": "Slanted"},
        order=60,
        limits=((-5.0, 5.0),),
        own=since("standard", (-0.4,), (-0.2,), (0.2,), (0.4,)),
    ),
)
