"""Perturbed predictions → one table of rows, from which pages, the terminal and results.json take every number."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from grader.analysis.intervals import difference_interval, mean_interval
from grader.analysis.robustness import Weighed, counted, flips, worst_case, zone_shares
from grader.core.count import Count, Estimate
from grader.core.perturbed import PerturbedPredictions, Zone, at_place, within
from grader.perturbations.base import in_order

Number = Estimate | Count | None
"""A mean share over digits, or a count of digits; None: not tried, or nothing counts."""

FLIP_SIZE = 30.0
"""The flip rate is taken at this value of a parameter, both ways."""


class Kind(StrEnum):
    """What the number of a row is."""

    CLEAN = "clean"
    """Count of unperturbed digits."""
    MEAN = "mean"
    """Mean over digits of each digit's share of the scored zone; for an unscored perturbation, of everything tried."""
    WIDE = "wide"
    """The same over everything that was tried, where that is more than the scored zone."""
    WORST = "worst"
    """Count of digits that are read under every set of parameters."""
    FLIPS = "flips"
    """Mean over digits of how often the prediction at ±`FLIP_SIZE` differs from the unperturbed one."""
    SINGLE = "single"
    """Count of digits under one set of parameters."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whose numbers a column holds."""

    network: str
    """Its name in the predictions."""
    only_valid: bool = True
    """Leave out tests that the referee cannot read or whose ink left the frame; False: every test."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way of trying digits, with a number for each reader."""

    key: str
    """Unique in the table: "clean", "rotation", "rotation wide", "lecture 70,0,0"."""
    kind: Kind
    """What the number is."""
    perturbation: str = ""
    """Name of the perturbation; "" for unperturbed digits."""
    zone: tuple[float, ...] = ()
    """Largest scored size of each parameter; () where nothing is scored."""
    parameter_sets: tuple[tuple[float, ...], ...] = field(default=(), repr=False)
    """What the number was taken over."""
    numbers: tuple[Number, ...]
    """In the order of the readers."""

    @property
    def is_scored(self) -> bool:
        """Whether the perturbation has a scored zone."""
        return bool(self.zone)


def rows(predictions: PerturbedPredictions, readers: Sequence[Reader], zone: Zone) -> tuple[Row, ...]:
    """Return every row: unperturbed digits, scored perturbations, flip rates, single sets of parameters, all others.

    Args:
        predictions: what was read.
        readers: the columns; whoever read nothing has None in every row.
        zone: what is scored.
    """
    found = [Row(key="clean", kind=Kind.CLEAN, numbers=())]
    for each in in_order(predictions.parameter_sets):
        parameter_sets = tuple(map(tuple, predictions.parameter_sets[each.name].tolist()))
        found += _rows_of(each.name, parameter_sets, zone.limits.get(each.name, each.scored or ()))
    return tuple(
        replace(
            row,
            numbers=tuple(
                _number(row, predictions, reader) if reader.network in predictions.perturbed else None
                for reader in readers
            ),
        )
        for row in sorted(found, key=_group)
    )


def difference_rows(
    predictions: PerturbedPredictions, network: str, others: Sequence[str], zone: Zone
) -> tuple[Row, ...]:
    """Return how much more `network` reads than each other, digit by digit, one row for each scored perturbation.

    Args:
        predictions: what was read.
        network: whose share is on the left of the minus sign.
        others: whose are on the right; whoever read nothing has None.
        zone: what is scored.
    """
    return tuple(
        replace(row, numbers=tuple(_difference(row, predictions, network, other) for other in others))
        for row in rows(predictions, (), zone)
        if row.kind is Kind.MEAN and row.is_scored
    )


def _group(row: Row) -> int:
    """Return where a row stands; within a group the order is that of the perturbations."""
    if row.kind in (Kind.CLEAN, Kind.FLIPS, Kind.SINGLE):
        return {Kind.CLEAN: 0, Kind.FLIPS: 2, Kind.SINGLE: 3}[row.kind]
    return 1 if row.is_scored else 4


def share_of(number: Number) -> float | None:
    """Return the share of a number, in [0, 1]; None where nothing counts."""
    return number.share if isinstance(number, Count) else None if number is None else number.value


def n_of(number: Number) -> int | None:
    """Return on how many digits a number rests; None for no number."""
    return number.total if isinstance(number, Count) else None if number is None else number.n


def _rows_of(
    name: str, parameter_sets: tuple[tuple[float, ...], ...], limits: tuple[float, ...]
) -> list[Row]:
    """Return the rows of one perturbation, without numbers.

    A scored one of one parameter has a curve, and so a wide row and a flip rate; one of more than two is a grid of
    combinations, taken as a whole, and has a worst case. An unscored one of several parameters is a list of questions.
    """

    def row(kind: Kind, key: str, sets: tuple[tuple[float, ...], ...] = parameter_sets) -> Row:
        return Row(key=key, kind=kind, perturbation=name, zone=limits, parameter_sets=sets, numbers=())

    if not limits:
        if len(parameter_sets[0]) == 1:
            return [row(Kind.MEAN, name)]
        return [
            row(Kind.SINGLE, f"{name} {','.join(f'{v:g}' for v in each)}", (each,)) for each in parameter_sets
        ]
    if len(limits) > 2:
        return [row(Kind.MEAN, name), row(Kind.WORST, f"{name} worst")]
    is_inside = within(np.array(parameter_sets), limits).tolist()
    inside = tuple(each for each, is_kept in zip(parameter_sets, is_inside, strict=True) if is_kept)
    found = [row(Kind.MEAN, name, inside)]
    if len(limits) == 1:
        if len(inside) < len(parameter_sets):
            found.append(row(Kind.WIDE, f"{name} wide"))
        if (FLIP_SIZE,) in parameter_sets or (-FLIP_SIZE,) in parameter_sets:
            found.append(row(Kind.FLIPS, f"{name} flips"))
    return found


def _number(row: Row, predictions: PerturbedPredictions, reader: Reader) -> Number:
    name, network, only_valid = row.perturbation, reader.network, reader.only_valid
    if row.kind is Kind.CLEAN:
        kept = predictions.readable if only_valid else np.ones(len(predictions.labels), np.bool_)
        return counted(predictions.unperturbed[network] == predictions.labels, kept)
    if row.kind is Kind.WORST:
        return worst_case(predictions, network, name, only_valid=only_valid)
    if row.kind is Kind.SINGLE:
        at = at_place(predictions.parameter_sets[name], row.parameter_sets[0])
        kept = predictions.kept(name, only_valid=only_valid)[at]
        return counted(predictions.is_right(network, name)[at], kept)
    weighed = (
        flips(predictions, network, name, FLIP_SIZE, only_valid=only_valid)
        if row.kind is Kind.FLIPS
        else _shares(row, predictions, network, only_valid=only_valid)
    )
    return None if weighed is None else mean_interval(weighed.shares)


def _shares(
    row: Row, predictions: PerturbedPredictions, network: str, *, only_valid: bool = True
) -> Weighed | None:
    limits = row.zone if len(row.zone) <= 2 else ()
    if row.kind is Kind.WIDE:
        limits = (np.inf,)
    return zone_shares(predictions, network, row.perturbation, limits, only_valid=only_valid)


def _difference(row: Row, predictions: PerturbedPredictions, network: str, other: str) -> Estimate | None:
    if not {network, other} <= predictions.perturbed.keys():
        return None
    one, two = (_shares(row, predictions, each) for each in (network, other))
    return None if one is None or two is None else difference_interval(one.shares, two.shares)
