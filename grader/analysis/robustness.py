"""How far one picture can be turned or moved before its reading changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from grader.analysis.intervals import difference_interval, mean_interval
from grader.core.count import EMPTY, Count, Estimate
from grader.core.perturbed import SCORED, WHOLE_TOLERANCE, Counted, Trials, Zone, at_place, within

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
    """Index of the picture, or place among the probe digits."""
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


def digit_robustness(trials: Trials, subject: str, zone: Zone = SCORED) -> tuple[DigitRobustness, ...]:
    """Return what holds for each digit, in order of the columns; nothing where `subject` read nothing."""
    if subject not in trials.perturbed:
        return ()
    right = {name: trials.is_right(subject, name) for name in trials.places}
    counted = {name: mask[:, np.newaxis] & trials.counted[name] for name, mask in _zone(trials, zone).items()}
    return tuple(
        DigitRobustness(
            row=int(trials.rows[i]),
            label=int(label),
            is_readable=bool(trials.readable[i]),
            is_right=bool(trials.upright[subject][i] == label),
            angles_degrees=angle_range(right["rotation"][:, i], trials.places["rotation"][:, 0])
            if "rotation" in right
            else None,
            shift_pixels=shift_radius(right["shift"][:, i], trials.places["shift"])
            if "shift" in right
            else None,
            cells=Count(
                correct=sum(int((right[name][:, i] & mask[:, i]).sum()) for name, mask in counted.items()),
                total=sum(int(mask[:, i].sum()) for mask in counted.values()),
            ),
        )
        for i, label in enumerate(trials.labels)
    )


def robustness(
    trials: Trials, subject: str, zone: Zone = SCORED, *, only_counted: bool = True
) -> Robustness | None:
    """Return the numbers of one network; None where it read nothing.

    Args:
        trials: what was read.
        subject: whose reading.
        zone: what is scored.
        only_counted: leave out cells that the referee cannot read or whose ink left the frame, and digits that the
            referee cannot read upright. False: everything, as published tables have it.
    """
    if subject not in trials.perturbed:
        return None
    kept = trials.readable if only_counted else np.ones(len(trials.labels), np.bool_)
    upright = trials.upright[subject] == trials.labels
    return Robustness(
        clean=Count(correct=int((upright & kept).sum()), total=int(kept.sum())),
        rotation=_estimate(rotation_shares(trials, subject, zone.angle_degrees, only_counted=only_counted)),
        rotation_wide=_estimate(rotation_shares(trials, subject, np.inf, only_counted=only_counted)),
        shift=_estimate(shift_shares(trials, subject, zone, only_counted=only_counted)),
        grid=_estimate(grid_shares(trials, subject, only_counted=only_counted)),
        grid_worst=grid_worst(trials, subject, only_counted=only_counted),
        flip_rate=_estimate(_flips(trials, subject, only_counted=only_counted)),
        lecture=_lecture(trials, subject, only_counted=only_counted),
        others={
            name: _estimate(_shares(trials, subject, name, only_counted=only_counted))
            for name in OTHERS
            if name in trials.places
        },
    )


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One network less another on the same digits, in shares; above 0: the first reads more."""

    rotation: Estimate | None
    shift: Estimate | None
    grid: Estimate | None


def robustness_difference(trials: Trials, subject: str, other: str, zone: Zone = SCORED) -> Difference | None:
    """Return how much more `subject` reads than `other` over the counted cells, digit by digit; None without either."""
    if not {subject, other} <= trials.perturbed.keys():
        return None

    def paired(weighed: Callable[[str], Weighed | None]) -> Estimate | None:
        one, two = weighed(subject), weighed(other)
        return None if one is None or two is None else difference_interval(one.shares, two.shares)

    return Difference(
        rotation=paired(lambda who: rotation_shares(trials, who, zone.angle_degrees)),
        shift=paired(lambda who: shift_shares(trials, who, zone)),
        grid=paired(lambda who: grid_shares(trials, who)),
    )


def first_failures(trials: Trials, subject: str, zone: Zone = SCORED) -> Mapping[int, tuple[str, int]]:
    """Return, for each column that `subject` reads upright, the smallest counted change at which it no longer does.

    The size of a change is that of its largest part: the angle as a share of the scored angle, each shift as a share of
    the scored shift. Of equal ones rotation comes before shift before both, then the order of the places.

    Returns:
        (name of the perturbation, row of the place) by column; columns without a failure are left out.
    """
    if subject not in trials.perturbed:
        return {}
    failures: dict[int, tuple[str, int]] = {}
    reads = trials.readable & (trials.upright[subject] == trials.labels)
    for column in np.flatnonzero(reads).tolist():
        lost = [
            (float(np.abs(trials.places[name][row] / np.array(unit)).max()), number, row, name)
            for number, (name, unit) in enumerate(zone.limits.items())
            if name in trials.places
            for row in np.flatnonzero(
                ~trials.is_right(subject, name)[:, column] & trials.counted[name][:, column]
            ).tolist()
        ]
        if lost:
            _, _, row, name = min(lost)
            failures[column] = (name, row)
    return failures


def count_at(
    trials: Trials, subject: str, name: str, at: tuple[float, ...], *, only_counted: bool = True
) -> Count | None:
    """Return how many digits `subject` reads at one place; None where it was not tried."""
    row = at_place(trials.places[name], at) if name in trials.places else None
    if row is None:
        return None
    right = trials.is_right(subject, name)[row]
    kept = trials.kept(name, only_counted=only_counted)[row]
    return Count(correct=int((right & kept).sum()), total=int(kept.sum()))


def is_plausible(trials: Trials, subject: str, referee: str, name: str) -> Counted:
    """Return (places, n): whether `subject` reads what the digit now looks like, though that is not its label.

    A 6 turned by 180 degrees is a 9: the referee reads one too, the cell does not count, and nothing is lost.
    """
    read = trials.perturbed[subject][name]
    looks_like_another = (read == trials.perturbed[referee][name]) & (read != trials.labels)
    return np.asarray(looks_like_another & ~trials.counted[name])


def rotation_shares(
    trials: Trials, subject: str, limit_degrees: float, *, only_counted: bool = True
) -> Weighed | None:
    """Return the area under each digit's curve within the limit, divided by its width; None without rotations.

    Angles weigh as the trapezoidal rule has it; where some do not count, the others share their weight.
    """
    if "rotation" not in trials.places:
        return None
    angles = trials.places["rotation"][:, 0]
    order = np.argsort(angles)
    order = order[np.abs(angles[order]) <= limit_degrees + WHOLE_TOLERANCE]
    gaps = np.diff(angles[order])
    weights = np.zeros(len(angles))
    weights[order[:-1]] += gaps / 2
    weights[order[1:]] += gaps / 2
    if len(order) == 1:
        weights[order] = 1
    return _shares(trials, subject, "rotation", weights, only_counted=only_counted)


def shift_shares(
    trials: Trials, subject: str, zone: Zone = SCORED, *, only_counted: bool = True
) -> Weighed | None:
    """Return each digit's share over the scored shifts; None without shifts."""
    if "shift" not in trials.places:
        return None
    inside = within(trials.places["shift"], (zone.shift_pixels, zone.shift_pixels))
    return _shares(trials, subject, "shift", inside.astype(float), only_counted=only_counted)


def grid_shares(trials: Trials, subject: str, *, only_counted: bool = True) -> Weighed | None:
    """Return each digit's share over the grid; None without one."""
    return _shares(trials, subject, "grid", only_counted=only_counted)


def median_share(weighed: Weighed | None) -> float | None:
    """Return the share of the digit in the middle; None where no digit has one."""
    shares = np.zeros(0) if weighed is None else weighed.shares
    kept = shares[~np.isnan(shares)]
    return float(np.median(kept)) if kept.size else None


def _shares(
    trials: Trials,
    subject: str,
    name: str,
    weights: npt.NDArray[np.float64] | None = None,
    *,
    only_counted: bool = True,
) -> Weighed | None:
    """Return each digit's weighted share of right cells; None where the perturbation was not tried."""
    if name not in trials.places:
        return None
    right = trials.is_right(subject, name)
    mask = trials.kept(name, only_counted=only_counted)
    each = (np.ones(len(right)) if weights is None else weights)[:, np.newaxis] * mask
    return Weighed(parts=(each * right).sum(axis=0), totals=each.sum(axis=0))


def _flips(trials: Trials, subject: str, *, only_counted: bool) -> Weighed | None:
    places = trials.places.get("rotation")
    ends = [] if places is None else [at_place(places, (sign * FLIP_DEGREES,)) for sign in (-1, 1)]
    rows = [end for end in ends if end is not None]
    if not rows:
        return None
    flipped = trials.perturbed[subject]["rotation"][rows] != trials.upright[subject]
    mask = trials.kept("rotation", only_counted=only_counted)[rows]
    return Weighed(parts=(flipped & mask).sum(axis=0, dtype=float), totals=mask.sum(axis=0, dtype=float))


def grid_worst(trials: Trials, subject: str, *, only_counted: bool = True) -> Count | None:
    """Return how many digits are read in every cell of the grid, of those that have a cell; None without a grid."""
    if "grid" not in trials.places:
        return None
    right = trials.is_right(subject, "grid")
    mask = trials.kept("grid", only_counted=only_counted)
    judged = mask.any(axis=0)
    return Count(correct=int(((right | ~mask).all(axis=0) & judged).sum()), total=int(judged.sum()))


def _lecture(
    trials: Trials, subject: str, *, only_counted: bool
) -> tuple[tuple[tuple[float, ...], Count], ...]:
    if "lecture" not in trials.places:
        return ()
    right = trials.is_right(subject, "lecture")
    mask = trials.kept("lecture", only_counted=only_counted)
    return tuple(
        (tuple(place.tolist()), Count(correct=int((row & kept).sum()), total=int(kept.sum())))
        for place, row, kept in zip(trials.places["lecture"], right, mask, strict=True)
    )


def _zone(trials: Trials, zone: Zone) -> Mapping[str, npt.NDArray[np.bool_]]:
    """Return (places,) by perturbation: whether the place is scored."""
    return {
        name: within(trials.places[name], limits)
        for name, limits in zone.limits.items()
        if name in trials.places
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
    """Return the largest r such that every measured shift with |dx| <= r and |dy| <= r is read; None when none is.

    Args:
        is_right: (shifts,), whether the label is read at each shift.
        shifts_pixels: (shifts, 2), whole (dx, dy).
    """
    if not is_right.size:
        return None
    sizes = np.abs(shifts_pixels).max(axis=1)
    radius = int(sizes.max() if is_right.all() else sizes[~is_right].min() - 1)
    return radius if radius >= 0 else None
