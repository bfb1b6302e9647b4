"""Drawn digits, turned and moved and changed, through the stand-in networks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grader.analysis.robustness import first_failures
from grader.core.evidence import STUDENT, FirstFailure
from grader.core.perturbed import PerturbedPredictions
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


def make_trials(
    digits: Sequence[Drawn], labels: Sequence[int], parameter_sets: Mapping[str, Sequence[tuple[float, ...]]]
) -> PerturbedPredictions:
    """Return what the networks read; the referee judges, and what moves beyond `FARTHEST` loses ink."""
    truth = np.array(labels, np.int8)
    upright = {kind: _classes(kind, [each.at("", (0.0,)) for each in digits]) for kind in KINDS}
    readable = upright[REFEREE] == truth
    perturbed: dict[str, dict[str, np.ndarray]] = {kind: {} for kind in KINDS}
    counted = {}
    for name, at in parameter_sets.items():
        images = [each.at(name, place) for place in at for each in digits]
        for kind in KINDS:
            perturbed[kind][name] = _classes(kind, images).reshape(len(at), len(digits))
        moves = name in ("shift", "grid", "lecture")
        stays = np.array([not moves or max(map(abs, place[-2:])) < FARTHEST + 1 for place in at])
        counted[name] = (perturbed[REFEREE][name] == truth) & readable & stays[:, np.newaxis]
    return PerturbedPredictions(
        rows=np.arange(len(digits)),
        labels=truth,
        parameter_sets={name: np.array(at, np.float64) for name, at in parameter_sets.items()},
        readable=readable,
        valid=counted,
        unperturbed=upright,
        perturbed=perturbed,
    )


def make_failures(digits: Sequence[Drawn], predictions: PerturbedPredictions) -> tuple[FirstFailure, ...]:
    """Return where the student's network first loses digits, with what it saw."""
    return tuple(
        FirstFailure(
            row=column,
            perturbation=name,
            at=tuple(predictions.parameter_sets[name][row].tolist()),
            prediction=int(predictions.perturbed[STUDENT][name][row, column]),
            image=np.rint(digits[column].at(name, predictions.parameter_sets[name][row]) * 255).astype(
                np.uint8
            ),
        )
        for column, (name, row) in sorted(first_failures(predictions, STUDENT).items())
    )


def _classes(kind: str, images: Sequence[Array]) -> np.ndarray:
    return read(kind, images).argmax(axis=1).astype(np.int8)
