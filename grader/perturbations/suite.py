"""Which perturbations are tried at which places: the levels that a rubric chooses from."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

Parameters = tuple[float, ...]
"""Place of one cell: the parameters of a perturbation in its own units, such as (angle_degrees,) or (dx_pixels,
dy_pixels)."""

ParameterSets = Mapping[str, tuple[Parameters, ...]]
"""Places by name of the perturbation; the names are those of `grader.perturbations`."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Everything that is tried on a set of digits."""

    own: ParameterSets
    """On the student's own pictures."""
    test_set: ParameterSets
    """On test images: fewer places on more digits, enough to grade on."""
    test_set_size: int
    """How many test images, as many of each class."""


ANGLE_LIMIT_DEGREES = 90
"""Largest rotation of the curve, to either side."""
SHIFT_LIMIT_PIXELS = 6
"""Largest shift of the map, along either axis."""

_ROTATION: tuple[Parameters, ...] = tuple(
    (float(angle),) for angle in range(-ANGLE_LIMIT_DEGREES, ANGLE_LIMIT_DEGREES + 1, 5)
)
_REACH = range(-SHIFT_LIMIT_PIXELS, SHIFT_LIMIT_PIXELS + 1)
_SHIFT: tuple[Parameters, ...] = tuple((float(dx), float(dy)) for dx in _REACH for dy in _REACH)
UPSIDE_DOWN: Parameters = (180.0, 0.0, 0.0)
"""Tried for information alone: there a 6 is a 9."""
_LECTURE: tuple[Parameters, ...] = ((10.0, 5.0, 3.0), (70.0, 0.0, 0.0), UPSIDE_DOWN)
"""What the lectures ask about, and upside down: (angle_degrees, dx_pixels, dy_pixels)."""
_GRID_SHIFTS = (-3.0, -1.5, 0.0, 1.5, 3.0)


def _grid(angles: tuple[float, ...]) -> tuple[Parameters, ...]:
    return tuple(product(angles, _GRID_SHIFTS, _GRID_SHIFTS))


_QUICK: ParameterSets = {"rotation": _ROTATION, "shift": _SHIFT, "lecture": _LECTURE}
_OTHERS: ParameterSets = {
    "scale": ((0.7,), (0.8,), (0.9,), (1.1,), (1.2,), (1.3,)),
    "shear": ((-0.4,), (-0.2,), (0.2,), (0.4,)),
    "thickness": ((-1.0,), (-0.5,), (0.5,), (1.0,)),
    "contrast": ((0.8,), (0.6,), (0.4,), (0.2,)),
    "equalization": ((1.0,),),
    "noise": ((0.1,), (0.2,), (0.3,)),
    "blur": ((0.5,), (1.0,), (1.5,)),
}
_PROBE: ParameterSets = {
    "rotation": tuple(at for at in _ROTATION if abs(at[0]) <= 30),
    "shift": tuple(at for at in _SHIFT if max(map(abs, at)) <= 3),
    "lecture": _LECTURE,
}
"""The scored zone, tried as on the student's own digits, so that the same question is asked of both."""

SUITES: Mapping[str, Suite] = {
    "quick": Suite(own=_QUICK, test_set=_PROBE, test_set_size=100),
    "standard": Suite(
        own={**_QUICK, **_OTHERS, "grid": _grid((-30.0, -15.0, 0.0, 15.0, 30.0))},
        test_set=_PROBE,
        test_set_size=100,
    ),
    "full": Suite(
        own={**_QUICK, **_OTHERS, "grid": _grid(tuple(float(angle) for angle in range(-30, 31, 2)))},
        test_set={**_PROBE, "grid": _grid((-30.0, -15.0, 0.0, 15.0, 30.0))},
        test_set_size=200,
    ),
}
"""By level. The grids are foolbox' default of 5 angles x 5 x 5 shifts for "standard", and the 31 x 5 x 5 of Engstrom
et al. 2019 (arXiv 1712.02779) for "full", both within ±30 degrees and ±3 pixels."""
