"""Perturbed predictions → shares of digits, and the robust radius of each digit."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from grader.core.count import EMPTY, Count
from grader.core.perturbed import SCORED, Mask, PerturbedPredictions, Zone, at_place, within

Shares = npt.NDArray[np.float64]
"""(n,): of each digit the share of cells read rightly, in [0, 1]; NaN where no cell counts."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighed:
    """How much of the weight of its cells was read rightly, digit by digit."""

    parts: npt.NDArray[np.float64]
    """(n,): weight of the cells that count and are read."""
    totals: npt.NDArray[np.float64]
    """(n,): weight of the cells that count; 0 where none does."""

    @property
    def shares(self) -> Shares:
        """The first over the second."""
        shares: Shares = np.divide(
            self.parts, self.totals, out=np.full(len(self.totals), np.nan), where=self.totals > 0
        )
        return shares

    @property
    def n(self) -> int:
        """How many digits have a cell that counts."""
        return int((self.totals > 0).sum())

    def mean(self) -> Count:
        """Return the mean share over the digits as an exact fraction, in lowest terms; empty without digits.

        Weights are sums of differences of angles, which are exact in binary.
        """
        exact = [
            Fraction(part) / Fraction(total)
            for part, total in zip(self.parts.tolist(), self.totals.tolist(), strict=True)
            if total > 0
        ]
        mean = sum(exact, Fraction(0)) / max(1, len(exact))
        return Count(correct=mean.numerator, total=mean.denominator) if exact else EMPTY


def counted(right: Mask | np.bool_, kept: Mask | np.bool_) -> Count:
    """Return how many of those that are kept are right."""
    return Count(correct=int((right & kept).sum()), total=int(kept.sum()))


@dataclass(frozen=True, kw_only=True)
class RobustRadius:
    """How far one digit can be turned or moved before its reading changes."""

    row: int
    """Index of the picture, or row among the test images."""
    label: int
    is_readable: bool
    """Whether the referee reads it unperturbed."""
    is_right: bool
    """Whether the network reads it unperturbed."""
    angles_degrees: tuple[float, float] | None
    """Largest unbroken range of angles around 0 where it is read; None where it is not read upright."""
    shift_pixels: int | None
    """Largest r such that every shift up to r either way is read; None where it is not read in the center."""
    cells: Count
    """Of the counted cells of the scored zone: rotations, shifts, and both."""

    @property
    def is_right_everywhere(self) -> bool | None:
        """Whether it is read in every counted cell, the worst case; None where no cell counts."""
        return None if self.cells.total == 0 else self.cells.correct == self.cells.total


def robust_radii(
    predictions: PerturbedPredictions, subject: str, zone: Zone = SCORED
) -> tuple[RobustRadius, ...]:
    """Return the robust radius of each digit, in order of the columns; nothing where `subject` read nothing."""
    if subject not in predictions.perturbed:
        return ()
    right = {name: predictions.is_right(subject, name) for name in predictions.parameter_sets}
    counted = {
        name: mask[:, np.newaxis] & predictions.valid[name] for name, mask in _zone(predictions, zone).items()
    }
    return tuple(
        RobustRadius(
            row=int(predictions.rows[i]),
            label=int(label),
            is_readable=bool(predictions.readable[i]),
            is_right=bool(predictions.unperturbed[subject][i] == label),
            angles_degrees=angle_range(right["rotation"][:, i], predictions.parameter_sets["rotation"][:, 0])
            if "rotation" in right
            else None,
            shift_pixels=shift_radius(right["shift"][:, i], predictions.parameter_sets["shift"])
            if "shift" in right
            else None,
            cells=Count(
                correct=sum(int((right[name][:, i] & mask[:, i]).sum()) for name, mask in counted.items()),
                total=sum(int(mask[:, i].sum()) for mask in counted.values()),
            ),
        )
        for i, label in enumerate(predictions.labels)
    )


def first_failures(
    predictions: PerturbedPredictions, subject: str, zone: Zone = SCORED
) -> Mapping[int, tuple[str, int]]:
    """Return, for each column that `subject` reads upright, the smallest counted change at which it no longer does.

    The size of a change is the size of its largest part: the angle as a share of the scored angle, each shift as a
    share of the scored shift. On ties rotation comes before shift and shift before both, then the order of the places
    decides.

    Returns:
        (name of the perturbation, row of the place) by column; columns without a failure are left out.
    """
    if subject not in predictions.perturbed:
        return {}
    failures: dict[int, tuple[str, int]] = {}
    reads = predictions.readable & (predictions.unperturbed[subject] == predictions.labels)
    for column in np.flatnonzero(reads).tolist():
        lost = [
            (float(np.abs(predictions.parameter_sets[name][row] / np.array(unit)).max()), number, row, name)
            for number, (name, unit) in enumerate(zone.limits.items())
            if name in predictions.parameter_sets
            for row in np.flatnonzero(
                ~predictions.is_right(subject, name)[:, column] & predictions.valid[name][:, column]
            ).tolist()
        ]
        if lost:
            _, _, row, name = min(lost)
            failures[column] = (name, row)
    return failures


def is_plausible(predictions: PerturbedPredictions, subject: str, referee: str, name: str) -> Mask:
    """Return (places, n): whether `subject` reads what the digit now looks like, though that is not its label.

    A 6 turned by 180 degrees is a 9: the referee reads one too, the cell does not count, and nothing is lost.
    """
    read = predictions.perturbed[subject][name]
    looks_like_another = (read == predictions.perturbed[referee][name]) & (read != predictions.labels)
    return np.asarray(looks_like_another & ~predictions.valid[name])


def zone_shares(
    predictions: PerturbedPredictions,
    subject: str,
    name: str,
    limits: tuple[float, ...] = (),
    *,
    only_valid: bool = True,
) -> Weighed | None:
    """Return each digit's share of the parameters within the limits; None where the perturbation was not tried.

    With one parameter it is the area under the digit's curve, divided by its width: parameters weigh as the trapezoidal
    rule has it. Where some do not count, the others share their weight. With more parameters all weigh the same.

    Args:
        predictions: what was read.
        subject: whose reading.
        name: of the perturbation.
        limits: largest absolute value of each parameter; (): everything that was tried, all of the same weight.
        only_valid: leave out what the referee cannot read.
    """
    if name not in predictions.parameter_sets:
        return None
    parameter_sets = predictions.parameter_sets[name]
    weights = np.ones(len(parameter_sets))
    if limits:
        weights = within(parameter_sets, limits).astype(float)
    if len(limits) == 1:
        weights = _trapezoids(parameter_sets[:, 0], weights > 0)
    mask = weights[:, np.newaxis] * predictions.kept(name, only_valid=only_valid)
    right = predictions.is_right(subject, name)
    return Weighed(parts=(mask * right).sum(axis=0), totals=mask.sum(axis=0))


def _trapezoids(values: npt.NDArray[np.float64], is_inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    order = np.argsort(values)
    order = order[is_inside[order]]
    gaps = np.diff(values[order])
    weights = np.zeros(len(values))
    weights[order[:-1]] += gaps / 2
    weights[order[1:]] += gaps / 2
    if len(order) == 1:
        weights[order] = 1
    return weights


def median_share(weighed: Weighed | None) -> float | None:
    """Return the share of the digit in the middle; None where no digit has one."""
    shares = np.zeros(0) if weighed is None else weighed.shares
    kept = shares[~np.isnan(shares)]
    return float(np.median(kept)) if kept.size else None


def flips(
    predictions: PerturbedPredictions, subject: str, name: str, size: float, *, only_valid: bool = True
) -> Weighed | None:
    """Return for each digit how often two changes, one to either side, give another prediction than unperturbed.

    Args:
        predictions: what was read.
        subject: whose reading.
        name: of a perturbation with one parameter.
        size: absolute value of the parameter; None is returned where neither side was tried.
        only_valid: leave out what the referee cannot read.
    """
    ends = [at_place(predictions.parameter_sets[name], (sign * size,)) for sign in (-1, 1)]
    rows = [end for end in ends if end is not None]
    if not rows:
        return None
    flipped = predictions.perturbed[subject][name][rows] != predictions.unperturbed[subject]
    mask = predictions.kept(name, only_valid=only_valid)[rows]
    return Weighed(parts=(flipped & mask).sum(axis=0, dtype=float), totals=mask.sum(axis=0, dtype=float))


def worst_case(
    predictions: PerturbedPredictions, subject: str, name: str, *, only_valid: bool = True
) -> Count | None:
    """Return how many digits are read under every set of parameters, of those with a valid one; None where not tried."""
    if name not in predictions.parameter_sets:
        return None
    right = predictions.is_right(subject, name)
    mask = predictions.kept(name, only_valid=only_valid)
    return counted((right | ~mask).all(axis=0), mask.any(axis=0))


def _zone(predictions: PerturbedPredictions, zone: Zone) -> Mapping[str, npt.NDArray[np.bool_]]:
    """Return (places,) by perturbation: whether the place is scored."""
    return {
        name: within(predictions.parameter_sets[name], limits)
        for name, limits in zone.limits.items()
        if name in predictions.parameter_sets
    }


def angle_range(
    is_right: npt.NDArray[np.bool_], angles_degrees: npt.NDArray[np.float64]
) -> tuple[float, float] | None:
    """Return the largest unbroken range of angles around 0 where the label is read; None when it is not read at 0.

    Args:
        is_right: (angles,), whether the label is read at each angle.
        angles_degrees: (angles,), in any order, 0 among them.
    """
    order = np.argsort(angles_degrees, kind="stable")
    angles, right = angles_degrees[order], is_right[order]
    start = int(np.argmin(np.abs(angles)))
    if angles[start] != 0 or not right[start]:
        return None
    low = high = start
    while low > 0 and right[low - 1]:
        low -= 1
    while high < len(angles) - 1 and right[high + 1]:
        high += 1
    return float(angles[low]), float(angles[high])


def shift_radius(is_right: npt.NDArray[np.bool_], shifts_pixels: npt.NDArray[np.float64]) -> int | None:
    """Return the largest measured r such that every shift with |dx| <= r and |dy| <= r is read; None when none is.

    Args:
        is_right: (shifts,), whether the label is read at each shift.
        shifts_pixels: (shifts, 2), whole (dx, dy).
    """
    sizes = np.abs(shifts_pixels).max(axis=1)
    reached = sizes[sizes < sizes[~is_right].min(initial=np.inf)]
    return int(reached.max()) if reached.size else None
