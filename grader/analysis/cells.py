"""Perturbed predictions → counts under each set of parameters, and digits that turned into others."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from grader.analysis.robustness import is_plausible
from grader.core.count import EMPTY, Count
from grader.core.measurement import Cell
from grader.core.perturbed import PerturbedPredictions, Zone, within
from grader.perturbations.affine import UPSIDE_DOWN
from grader.perturbations.base import PERTURBATIONS


@dataclass(frozen=True, kw_only=True)
class Counting:
    """Digits times places: how many were tried, how many count, and why the others do not."""

    tried: int
    """All of them."""
    counted: int
    """Those in which a miss counts."""
    contested: int
    """Of digits that the referee does not read unperturbed."""
    unread: int
    """Of the others: where the referee does not read the label."""
    without_ink: int
    """Of what is left: where too much ink left the frame."""


def cells_of(
    predictions: PerturbedPredictions, subject: str, name: str, *, only_valid: bool
) -> tuple[Cell, ...]:
    """Return what `subject` reads at each place of the perturbation `name`; nothing where it was not tried.

    Args:
        predictions: what was read.
        subject: whose reading.
        name: of the perturbation.
        only_valid: leave out digits where a miss does not count.
    """
    if name not in predictions.parameter_sets or subject not in predictions.perturbed:
        return ()
    right = predictions.is_right(subject, name)
    kept = predictions.kept(name, only_valid=only_valid)
    counts = zip((right & kept).sum(axis=1).tolist(), kept.sum(axis=1).tolist(), strict=True)
    return tuple(
        Cell(at=tuple(place), count=Count(correct=correct, total=total))
        for place, (correct, total) in zip(predictions.parameter_sets[name].tolist(), counts, strict=True)
    )


def cell_size(cell: Cell) -> float:
    """Return how far a rotation is from upright in degrees, or a shift from the middle along its longer axis in pixels."""
    return max(map(abs, cell.at))


def sum_between(cells: Iterable[Cell], low: float, high: float) -> Count:
    """Return the sum of the cells larger than `low` and at most as large as `high`."""
    return sum((cell.count for cell in cells if low < cell_size(cell) <= high), EMPTY)


def worst_cell(cells: Iterable[Cell]) -> Cell | None:
    """Return the cell with the lowest share, on ties the one nearest to unperturbed; None without cells."""
    looked_at = [cell for cell in cells if cell.count.total > 0]
    return min(looked_at, key=lambda cell: (cell.count.share, cell_size(cell), cell.at), default=None)


def worst_scored_cell(predictions: PerturbedPredictions, subject: str, name: str, zone: Zone) -> Cell | None:
    """Return where in the scored zone `subject` reads least of what counts; None where it read nothing there."""
    cells = cells_of(predictions, subject, name, only_valid=True)
    return worst_cell(cell for cell in cells if cell_size(cell) <= zone.limits[name][0])


def counting(
    predictions: PerturbedPredictions, referee: str, name: str, limits: tuple[float, ...]
) -> Counting | None:
    """Return how many tests count where no parameter of `name` is larger than its limit; None where it was not tried.

    Args:
        predictions: what was read.
        referee: who judges what can be read.
        name: of the perturbation.
        limits: largest absolute value of each parameter.
    """
    if name not in predictions.parameter_sets or referee not in predictions.perturbed:
        return None
    inside = within(predictions.parameter_sets[name], limits)
    counted = predictions.valid[name][inside]
    read = predictions.is_right(referee, name)[inside]
    return Counting(
        tried=counted.size,
        counted=int(counted.sum()),
        contested=int(len(counted) * (~predictions.readable).sum()),
        unread=int((~read & predictions.readable).sum()),
        without_ink=int((read & predictions.readable & ~counted).sum()),
    )


UPSIDE_DOWN_DEGREES = UPSIDE_DOWN[0]
"""Listed apart from other angles: half a turn changes 6 into 9."""


@dataclass(frozen=True, kw_only=True)
class PlausibleReading:
    """Digits of one class that look like another once turned, and are read as that by the referee, too."""

    label: int
    """What was written."""
    prediction: int
    """What both networks read."""
    angles_degrees: tuple[float, ...]
    """The angles, from small to large turns: all to one side, or upside down alone."""
    digits: int
    """How many digits it happened to."""


def plausible_readings(
    predictions: PerturbedPredictions, subject: str, referee: str
) -> tuple[PlausibleReading, ...]:
    """Return what `subject` reads in turned digits as the referee does, and not as labelled; most digits first.

    Digits that the referee does not read upright are left out, since turning did not change them.
    """
    if not {subject, referee} <= predictions.perturbed.keys():
        return ()
    tests: dict[tuple[int, int, float], set[tuple[float, int]]] = {}
    for name, parameter_sets in predictions.parameter_sets.items():
        if PERTURBATIONS.get(name).parameters[0] != "angle_degrees":
            continue
        is_turned_only = np.abs(parameter_sets[:, 1:]).sum(axis=1) == 0
        found = (
            is_plausible(predictions, subject, referee, name)
            & predictions.readable
            & is_turned_only[:, np.newaxis]
        )
        for row, column in np.argwhere(found).tolist():
            angle = float(parameter_sets[row, 0])
            side = angle if abs(angle) == UPSIDE_DOWN_DEGREES else float(np.sign(angle))
            prediction = int(predictions.perturbed[subject][name][row, column])
            label = int(predictions.labels[column])
            tests.setdefault((label, prediction, side), set()).add((angle, column))
    readings = (
        PlausibleReading(
            label=label,
            prediction=prediction,
            angles_degrees=tuple(sorted({angle for angle, _ in found_at}, key=abs)),
            digits=len({column for _, column in found_at}),
        )
        for (label, prediction, _), found_at in tests.items()
    )
    return tuple(
        sorted(readings, key=lambda each: (-each.digits, each.label, each.prediction, each.angles_degrees))
    )
