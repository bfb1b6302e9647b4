"""Which perturbations are tried at which places: the levels that a rubric chooses from."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

At = tuple[float, ...]
"""Place of one cell: the parameters of a perturbation in its own units, such as (angle_degrees,) or (dx_pixels,
dy_pixels)."""

Places = Mapping[str, tuple[At, ...]]
"""Places by name of the perturbation; the names are those of `grader.perturbations`."""


@dataclass(frozen=True, kw_only=True)
class Battery:
    """Everything that is tried on a set of digits."""

    own: Places
    """On the student's own pictures."""
    probe: Places
    """On probe digits: fewer places on more digits, enough to grade on."""
    probe_digits: int
    """How many probe digits, as many of each class."""


ANGLE_LIMIT_DEGREES = 90
"""Largest rotation of the curve, to either side."""
SHIFT_LIMIT_PIXELS = 6
"""Largest shift of the map, along either axis."""

_ROTATION: tuple[At, ...] = tuple(
    (float(angle),) for angle in range(-ANGLE_LIMIT_DEGREES, ANGLE_LIMIT_DEGREES + 1, 5)
)
_REACH = range(-SHIFT_LIMIT_PIXELS, SHIFT_LIMIT_PIXELS + 1)
_SHIFT: tuple[At, ...] = tuple((float(dx), float(dy)) for dx in _REACH for dy in _REACH)
UPSIDE_DOWN: At = (180.0, 0.0, 0.0)
"""Tried for information alone: there a 6 is a 9."""
_LECTURE: tuple[At, ...] = ((10.0, 5.0, 3.0), (70.0, 0.0, 0.0), UPSIDE_DOWN)
"""What the lectures ask about, and upside down: (angle_degrees, dx_pixels, dy_pixels)."""
_GRID_SHIFTS = (-3.0, -1.5, 0.0, 1.5, 3.0)


def _grid(angles: tuple[float, ...]) -> tuple[At, ...]:
    return tuple(product(angles, _GRID_SHIFTS, _GRID_SHIFTS))


_QUICK: Places = {"rotation": _ROTATION, "shift": _SHIFT, "lecture": _LECTURE}
_OTHERS: Places = {
    "scale": ((0.7,), (0.8,), (0.9,), (1.1,), (1.2,), (1.3,)),
    "shear": ((-0.4,), (-0.2,), (0.2,), (0.4,)),
    "thickness": ((-1.0,), (-0.5,), (0.5,), (1.0,)),
    "contrast": ((0.8,), (0.6,), (0.4,), (0.2,)),
    "equalization": ((1.0,),),
    "noise": ((0.1,), (0.2,), (0.3,)),
    "blur": ((0.5,), (1.0,), (1.5,)),
}
_PROBE: Places = {
    "rotation": tuple(at for at in _ROTATION if abs(at[0]) <= 30),
    "shift": tuple(at for at in _SHIFT if max(map(abs, at)) <= 3),
    "lecture": _LECTURE,
}
"""The scored zone, tried as on the student's own digits, so that the same question is asked of both."""

BATTERIES: Mapping[str, Battery] = {
    "quick": Battery(own=_QUICK, probe=_PROBE, probe_digits=100),
    "standard": Battery(
        own={**_QUICK, **_OTHERS, "grid": _grid((-30.0, -15.0, 0.0, 15.0, 30.0))},
        probe=_PROBE,
        probe_digits=100,
    ),
    "full": Battery(
        own={**_QUICK, **_OTHERS, "grid": _grid(tuple(float(angle) for angle in range(-30, 31, 2)))},
        probe={**_PROBE, "grid": _grid((-30.0, -15.0, 0.0, 15.0, 30.0))},
        probe_digits=200,
    ),
}
"""By level. The grids are foolbox' default of 5 angles x 5 x 5 shifts for "standard", and the 31 x 5 x 5 of Engstrom
et al. 2019 (arXiv 1712.02779) for "full", both within ±30 degrees and ±3 pixels."""
