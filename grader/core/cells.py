"""Trials → how many digits are read at each place, which place is worst, and why a test does not count."""

from collections.abc import Iterable
from dataclasses import dataclass

from grader.core.count import EMPTY, Count
from grader.core.measurement import Cell
from grader.core.trials import Trials, within


@dataclass(frozen=True, kw_only=True)
class Counting:
    """Digits times places: how many were tried, how many count, and why the others do not."""

    tried: int
    """All of them."""
    counted: int
    """Those in which a network can be blamed for a miss."""
    contested: int
    """Of digits that the referee does not read unperturbed."""
    unread: int
    """Of the others: where the referee does not read the label."""
    without_ink: int
    """Of what is left: where too much ink left the frame."""


def cells_of(trials: Trials, subject: str, name: str, *, only_counted: bool) -> tuple[Cell, ...]:
    """Return what `subject` reads at each place of the perturbation `name`; nothing where it was not tried.

    Args:
        trials: what was read.
        subject: whose reading.
        name: of the perturbation.
        only_counted: leave out digits where a miss does not count.
    """
    if name not in trials.places or subject not in trials.perturbed:
        return ()
    right = trials.is_right(subject, name)
    kept = trials.kept(name, only_counted=only_counted)
    counts = zip((right & kept).sum(axis=1).tolist(), kept.sum(axis=1).tolist(), strict=True)
    return tuple(
        Cell(at=tuple(place), count=Count(correct=correct, total=total))
        for place, (correct, total) in zip(trials.places[name].tolist(), counts, strict=True)
    )


def cell_size(cell: Cell) -> float:
    """Return how far a rotation is from upright in degrees, or a shift from the middle along its longer axis in pixels."""
    return max(map(abs, cell.at))


def sum_between(cells: Iterable[Cell], low: float, high: float) -> Count:
    """Return the sum of the cells larger than `low` and at most as large as `high`."""
    return sum((cell.count for cell in cells if low < cell_size(cell) <= high), EMPTY)


def worst_cell(cells: Iterable[Cell]) -> Cell | None:
    """Return the cell with the lowest share; of equal ones the one nearest to the untouched picture; None for none."""
    looked_at = [cell for cell in cells if cell.count.total > 0]
    return min(looked_at, key=lambda cell: (cell.count.share, cell_size(cell), cell.at), default=None)


def counting(trials: Trials, referee: str, name: str, limits: tuple[float, ...]) -> Counting | None:
    """Return how many tests count where no parameter of `name` is larger than its limit; None where it was not tried.

    Args:
        trials: what was read.
        referee: who judges what can be read.
        name: of the perturbation.
        limits: largest absolute value of each parameter.
    """
    if name not in trials.places or referee not in trials.perturbed:
        return None
    inside = within(trials.places[name], limits)
    counted = trials.counted[name][inside]
    read = trials.is_right(referee, name)[inside]
    return Counting(
        tried=counted.size,
        counted=int(counted.sum()),
        contested=int(len(counted) * (~trials.readable).sum()),
        unread=int((~read & trials.readable).sum()),
        without_ink=int((read & trials.readable & ~counted).sum()),
    )
