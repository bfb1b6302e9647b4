"""Drawn digits, turned and moved and changed, through the stand-in networks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grader.core.evidence import STUDENT
from tests.report.stand_ins import LECTURE, REFEREE, Array, draw_digit, read

ANGLES = tuple(float(a) for a in range(-90, 91, 5))
SHIFTS = tuple((float(dx), float(dy)) for dy in range(-6, 7) for dx in range(-6, 7))
LECTURES = ((10.0, 5.0, 3.0), (70.0, 0.0, 0.0), (180.0, 0.0, 0.0))
OWN: Mapping[str, Sequence[tuple[float, ...]]] = {
    "rotation": tuple((a,) for a in ANGLES),
    "shift": SHIFTS,
    "grid": tuple((a, x, y) for a in (-30.0, 0.0, 30.0) for x in (-3.0, 0.0, 3.0) for y in (-3.0, 0.0, 3.0)),
    "lecture": LECTURES,
    "scale": ((0.7,), (1.3,)),
    "thickness": ((-0.5,), (0.5,)),
    "contrast": ((0.5,), (0.2,)),
    "noise": ((0.1,), (0.3,)),
}
PROBE: Mapping[str, Sequence[tuple[float, ...]]] = {
    "rotation": tuple((a,) for a in (-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0)),
    "shift": tuple((x, y) for x in (-3.0, 0.0, 3.0) for y in (-3.0, 0.0, 3.0)),
    "lecture": LECTURES,
}
KINDS = (STUDENT, REFEREE, LECTURE)
FARTHEST = 5
"""Digits moved farther lose ink."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One digit as somebody draws it."""

    digit: int
    wobble: int
    roughness: float

    def at(self, name: str, place: Sequence[float]) -> Array:
        """Return it perturbed."""
        angle = place[0] if name in ("rotation", "grid", "lecture") else 0.0
        dx, dy = place[-2:] if name in ("shift", "grid", "lecture") else (0.0, 0.0)
        image = draw_digit(
            self.digit,
            scale=9.0 * (place[0] if name == "scale" else 1.0),
            width=1.1 + (place[0] if name == "thickness" else 0.0),
            angle=angle,
            dx=dx,
            dy=dy,
            wobble=self.wobble,
            roughness=self.roughness,
        )
        if name == "contrast":
            return image * np.float32(place[0])
        if name == "noise":
            field = np.random.default_rng(3).normal(0, place[0], image.shape)
            return np.clip(image + field, 0, 1).astype(np.float32)
        return image


def read_perturbed(
    digits: Sequence[Drawn], parameter_sets: Mapping[str, Sequence[tuple[float, ...]]]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return what the networks read, by network (1 + places, n), and where the ink stays in the frame, (places, n).

    What moves beyond `FARTHEST` loses ink.
    """
    places = [(name, place) for name, at in parameter_sets.items() for place in at]
    images = [each.at(name, place) for name, place in [("", (0.0,)), *places] for each in digits]
    cells = {kind: _classes(kind, images).reshape(1 + len(places), len(digits)) for kind in KINDS}
    moves = ("shift", "grid", "lecture")
    stays = [name not in moves or max(map(abs, at[-2:])) < FARTHEST + 1 for name, at in places]
    return cells, np.repeat(np.array(stays)[:, np.newaxis], len(digits), axis=1)


def _classes(kind: str, images: Sequence[Array]) -> np.ndarray:
    return read(kind, images).argmax(axis=1).astype(np.int8)
