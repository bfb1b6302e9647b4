"""How far one picture can be turned or moved before its reading changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from grader.analysis.intervals import difference_interval, mean_interval
from grader.core.count import EMPTY, Count, Estimate
from grader.core.perturbed import SCORED, WHOLE_TOLERANCE, Mask, PerturbedPredictions, Zone, at_place, within

FLIP_DEGREES = 30.0
"""The flip rate is taken at this angle, both ways."""
OTHERS = ("scale", "shear", "thickness", "contrast", "equalization", "noise", "blur")
"""Perturbations besides turning and moving, in the order in which they are shown."""

Shares = npt.NDArray[np.float64]
"""(n,): of each digit the share of cells read rightly, in [0, 1]; NaN where no cell counts."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Weighed:
    """Of each digit how much of the weight of its cells was read rightly."""

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


@dataclass(frozen=True, kw_only=True)
class DigitRobustness:
    """One digit."""

    row: int
    """Index of the picture, or place among the test images."""
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


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """One network on one set of digits. Shares are means over digits of each digit's share of cells."""

    clean: Count
    """Unperturbed digits."""
    rotation: Estimate | None
    """Area under the curve of the scored angles, trapezoids; 1 means all read at every angle."""
    rotation_wide: Estimate | None
    """The same over all angles that were tried."""
    shift: Estimate | None
    """Over the scored shifts."""
    grid: Estimate | None
    """Over the grid of rotations with shifts; None where there was none."""
    grid_worst: Count | None
    """Digits read in every cell of the grid."""
    flip_rate: Estimate | None
    """Share of digits whose reading at 30 degrees, either way, is another than upright."""
    lecture: tuple[tuple[tuple[float, ...], Count], ...]
    """What the lectures ask about: place and count."""
    others: Mapping[str, Estimate | None]
    """The other perturbations, over all their places."""


def digit_robustness(
    predictions: PerturbedPredictions, subject: str, zone: Zone = SCORED
) -> tuple[DigitRobustness, ...]:
    """Return what holds for each digit, in order of the columns; nothing where `subject` read nothing."""
    if subject not in predictions.perturbed:
        return ()
    right = {name: predictions.is_right(subject, name) for name in predictions.parameter_sets}
    counted = {
        name: mask[:, np.newaxis] & predictions.valid[name] for name, mask in _zone(predictions, zone).items()
    }
    return tuple(
        DigitRobustness(
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


def robustness(
    predictions: PerturbedPredictions, subject: str, zone: Zone = SCORED, *, only_valid: bool = True
) -> Robustness | None:
    """Return the numbers of one network; None where it read nothing.

    Args:
        trials: what was read.
        subject: whose reading.
        zone: what is scored.
        only_valid: leave out cells that the referee cannot read or whose ink left the frame, and digits that the
            referee cannot read upright. False: everything, as published tables have it.
    """
    if subject not in predictions.perturbed:
        return None
    kept = predictions.readable if only_valid else np.ones(len(predictions.labels), np.bool_)
    upright = predictions.unperturbed[subject] == predictions.labels
    return Robustness(
        clean=Count(correct=int((upright & kept).sum()), total=int(kept.sum())),
        rotation=_estimate(rotation_shares(predictions, subject, zone.angle_degrees, only_valid=only_valid)),
        rotation_wide=_estimate(rotation_shares(predictions, subject, np.inf, only_valid=only_valid)),
        shift=_estimate(shift_shares(predictions, subject, zone, only_valid=only_valid)),
        grid=_estimate(grid_shares(predictions, subject, only_valid=only_valid)),
        grid_worst=grid_worst(predictions, subject, only_valid=only_valid),
        flip_rate=_estimate(_flips(predictions, subject, only_valid=only_valid)),
        lecture=_lecture(predictions, subject, only_valid=only_valid),
        others={
            name: _estimate(_shares(predictions, subject, name, only_valid=only_valid))
            for name in OTHERS
            if name in predictions.parameter_sets
        },
    )


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One network less another on the same digits, in shares; above 0: the first reads more."""

    rotation: Estimate | None
    shift: Estimate | None
    grid: Estimate | None


def robustness_difference(
    predictions: PerturbedPredictions, subject: str, other: str, zone: Zone = SCORED
) -> Difference | None:
    """Return how much more `subject` reads than `other` over the counted cells, digit by digit; None without either."""
    if not {subject, other} <= predictions.perturbed.keys():
        return None

    def paired(weighed: Callable[[str], Weighed | None]) -> Estimate | None:
        one, two = weighed(subject), weighed(other)
        return None if one is None or two is None else difference_interval(one.shares, two.shares)

    return Difference(
        rotation=paired(lambda who: rotation_shares(predictions, who, zone.angle_degrees)),
        shift=paired(lambda who: shift_shares(predictions, who, zone)),
        grid=paired(lambda who: grid_shares(predictions, who)),
    )


def first_failures(
    predictions: PerturbedPredictions, subject: str, zone: Zone = SCORED
) -> Mapping[int, tuple[str, int]]:
    """Return, for each column that `subject` reads upright, the smallest counted change at which it no longer does.

    The size of a change is that of its largest part: the angle as a share of the scored angle, each shift as a share of
    the scored shift. Of equal ones rotation comes before shift before both, then the order of the places.

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


def count_at(
    predictions: PerturbedPredictions,
    subject: str,
    name: str,
    at: tuple[float, ...],
    *,
    only_valid: bool = True,
) -> Count | None:
    """Return how many digits `subject` reads at one place; None where it was not tried."""
    row = at_place(predictions.parameter_sets[name], at) if name in predictions.parameter_sets else None
    if row is None:
        return None
    right = predictions.is_right(subject, name)[row]
    kept = predictions.kept(name, only_valid=only_valid)[row]
    return Count(correct=int((right & kept).sum()), total=int(kept.sum()))


def is_plausible(predictions: PerturbedPredictions, subject: str, referee: str, name: str) -> Mask:
    """Return (places, n): whether `subject` reads what the digit now looks like, though that is not its label.

    A 6 turned by 180 degrees is a 9: the referee reads one too, the cell does not count, and nothing is lost.
    """
    read = predictions.perturbed[subject][name]
    looks_like_another = (read == predictions.perturbed[referee][name]) & (read != predictions.labels)
    return np.asarray(looks_like_another & ~predictions.valid[name])


def rotation_shares(
    predictions: PerturbedPredictions, subject: str, limit_degrees: float, *, only_valid: bool = True
) -> Weighed | None:
    """Return the area under each digit's curve within the limit, divided by its width; None without rotations.

    Angles weigh as the trapezoidal rule has it; where some do not count, the others share their weight.
    """
    if "rotation" not in predictions.parameter_sets:
        return None
    angles = predictions.parameter_sets["rotation"][:, 0]
    order = np.argsort(angles)
    order = order[np.abs(angles[order]) <= limit_degrees + WHOLE_TOLERANCE]
    gaps = np.diff(angles[order])
    weights = np.zeros(len(angles))
    weights[order[:-1]] += gaps / 2
    weights[order[1:]] += gaps / 2
    if len(order) == 1:
        weights[order] = 1
    return _shares(predictions, subject, "rotation", weights, only_valid=only_valid)


def shift_shares(
    predictions: PerturbedPredictions, subject: str, zone: Zone = SCORED, *, only_valid: bool = True
) -> Weighed | None:
    """Return each digit's share over the scored shifts; None without shifts."""
    if "shift" not in predictions.parameter_sets:
        return None
    inside = within(predictions.parameter_sets["shift"], (zone.shift_pixels, zone.shift_pixels))
    return _shares(predictions, subject, "shift", inside.astype(float), only_valid=only_valid)


def grid_shares(
    predictions: PerturbedPredictions, subject: str, *, only_valid: bool = True
) -> Weighed | None:
    """Return each digit's share over the grid; None without one."""
    return _shares(predictions, subject, "grid", only_valid=only_valid)


def median_share(weighed: Weighed | None) -> float | None:
    """Return the share of the digit in the middle; None where no digit has one."""
    shares = np.zeros(0) if weighed is None else weighed.shares
    kept = shares[~np.isnan(shares)]
    return float(np.median(kept)) if kept.size else None


def _shares(
    predictions: PerturbedPredictions,
    subject: str,
    name: str,
    weights: npt.NDArray[np.float64] | None = None,
    *,
    only_valid: bool = True,
) -> Weighed | None:
    """Return each digit's weighted share of right cells; None where the perturbation was not tried."""
    if name not in predictions.parameter_sets:
        return None
    right = predictions.is_right(subject, name)
    mask = predictions.kept(name, only_valid=only_valid)
    each = (np.ones(len(right)) if weights is None else weights)[:, np.newaxis] * mask
    return Weighed(parts=(each * right).sum(axis=0), totals=each.sum(axis=0))


def _flips(predictions: PerturbedPredictions, subject: str, *, only_valid: bool) -> Weighed | None:
    parameter_sets = predictions.parameter_sets.get("rotation")
    ends = (
        []
        if parameter_sets is None
        else [at_place(parameter_sets, (sign * FLIP_DEGREES,)) for sign in (-1, 1)]
    )
    rows = [end for end in ends if end is not None]
    if not rows:
        return None
    flipped = predictions.perturbed[subject]["rotation"][rows] != predictions.unperturbed[subject]
    mask = predictions.kept("rotation", only_valid=only_valid)[rows]
    return Weighed(parts=(flipped & mask).sum(axis=0, dtype=float), totals=mask.sum(axis=0, dtype=float))


def grid_worst(predictions: PerturbedPredictions, subject: str, *, only_valid: bool = True) -> Count | None:
    """Return how many digits are read in every cell of the grid, of those that have a cell; None without a grid."""
    if "grid" not in predictions.parameter_sets:
        return None
    right = predictions.is_right(subject, "grid")
    mask = predictions.kept("grid", only_valid=only_valid)
    judged = mask.any(axis=0)
    return Count(correct=int(((right | ~mask).all(axis=0) & judged).sum()), total=int(judged.sum()))


def _lecture(
    predictions: PerturbedPredictions, subject: str, *, only_valid: bool
) -> tuple[tuple[tuple[float, ...], Count], ...]:
    if "lecture" not in predictions.parameter_sets:
        return ()
    right = predictions.is_right(subject, "lecture")
    mask = predictions.kept("lecture", only_valid=only_valid)
    return tuple(
        (tuple(place.tolist()), Count(correct=int((row & kept).sum()), total=int(kept.sum())))
        for place, row, kept in zip(predictions.parameter_sets["lecture"], right, mask, strict=True)
    )


def _zone(predictions: PerturbedPredictions, zone: Zone) -> Mapping[str, npt.NDArray[np.bool_]]:
    """Return (places,) by perturbation: whether the place is scored."""
    return {
        name: within(predictions.parameter_sets[name], limits)
        for name, limits in zone.limits.items()
        if name in predictions.parameter_sets
    }


def _estimate(weighed: Weighed | None) -> Estimate | None:
    return None if weighed is None else mean_interval(weighed.shares)


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
