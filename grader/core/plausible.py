"""Trials → digits that were turned into others and are read as these: right in their way, and never a loss."""

from dataclasses import dataclass

import numpy as np

from grader.core.battery import UPSIDE_DOWN
from grader.core.robustness import is_plausible
from grader.core.trials import Trials

UPSIDE_DOWN_DEGREES = UPSIDE_DOWN[0]
"""Told apart from other angles: half a turn changes 6 into 9."""


@dataclass(frozen=True, kw_only=True)
class PlausibleReading:
    """Digits of one class that look like another once turned, and are read as that by the referee, too."""

    label: int
    """What was written."""
    prediction: int
    """What both networks read."""
    angles_degrees: tuple[float, ...]
    """Where, from small to large turns; all to one side, or upside down alone."""
    digits: int
    """How many digits it happened to."""


def plausible_readings(trials: Trials, subject: str, referee: str) -> tuple[PlausibleReading, ...]:
    """Return what `subject` reads in turned digits as the referee does, and not as labelled; most digits first.

    Digits that the referee does not read upright are left out: it is not turning that changed them.
    """
    if not {subject, referee} <= trials.perturbed.keys():
        return ()
    angles: dict[tuple[int, int, float], set[float]] = {}
    digits: dict[tuple[int, int, float], set[int]] = {}
    for name in ("rotation", "lecture"):
        if name not in trials.places:
            continue
        places = trials.places[name]
        is_turned_only = np.abs(places[:, 1:]).sum(axis=1) == 0
        found = is_plausible(trials, subject, referee, name) & trials.readable & is_turned_only[:, np.newaxis]
        for row, column in np.argwhere(found).tolist():
            angle = float(places[row, 0])
            side = angle if abs(angle) == UPSIDE_DOWN_DEGREES else float(np.sign(angle))
            prediction = int(trials.perturbed[subject][name][row, column])
            key = (int(trials.labels[column]), prediction, side)
            angles.setdefault(key, set()).add(angle)
            digits.setdefault(key, set()).add(column)
    readings = (
        PlausibleReading(
            label=key[0],
            prediction=key[1],
            angles_degrees=tuple(sorted(angles[key], key=abs)),
            digits=len(digits[key]),
        )
        for key in angles
    )
    return tuple(
        sorted(readings, key=lambda each: (-each.digits, each.label, each.prediction, each.angles_degrees))
    )
