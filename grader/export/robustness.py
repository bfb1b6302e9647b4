"""Perturbed predictions → plain numbers for JSON, for `results.json` and for `grader robustness --json`."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grader.analysis.robustness import RobustRadius
from grader.analysis.rows import Number, Reader, Row, rows
from grader.core.count import Count
from grader.core.perturbed import PerturbedPredictions, Zone

_DECIMALS = 4


def set_document(
    predictions: PerturbedPredictions,
    readers: Mapping[str, Reader],
    zone: Zone,
    *,
    counted: Iterable[str],
) -> dict[str, Any] | None:
    """Return the numbers of several networks on one set of digits; None where nothing was tried.

    Args:
        predictions: what was read.
        readers: whose numbers, by the name they get; whoever read nothing is left out.
        zone: what is scored.
        counted: names in the predictions of the networks whose counts under each set of parameters are given, too.
    """
    if not predictions.parameter_sets or not predictions.labels.size:
        return None
    known = {name: reader for name, reader in readers.items() if reader.network in predictions.perturbed}
    return {
        "digits": len(predictions.labels),
        "numbers": numbers_document(rows(predictions, tuple(known.values()), zone), known),
        "valid": {name: mask.sum(axis=1).tolist() for name, mask in sorted(predictions.valid.items())},
        "counts": {
            network: {name: _counts(predictions, network, name) for name in sorted(predictions.valid)}
            for network in counted
            if network in predictions.perturbed
        },
    }


def rows_document(found: Iterable[Row]) -> dict[str, Any]:
    """Return what each row is, by its key."""
    return {
        row.key: {"kind": row.kind.value, "perturbation": row.perturbation or None, "zone": plain(row.zone)}
        for row in found
    }


def numbers_document(found: Iterable[Row], names: Iterable[str]) -> dict[str, Any]:
    """Return the numbers of rows by key, then by the name of each column."""
    return {row.key: dict(zip(names, map(number_document, row.numbers), strict=True)) for row in found}


def parameter_sets_document(predictions: PerturbedPredictions) -> dict[str, Any]:
    """Return what was tried, by name of the perturbation."""
    return {
        name: [plain(each) for each in sets.tolist()]
        for name, sets in sorted(predictions.parameter_sets.items())
    }


def radius_document(digit: RobustRadius) -> dict[str, Any]:
    """Return how far one digit goes."""
    return {
        "angles_degrees": None if digit.angles_degrees is None else plain(digit.angles_degrees),
        "shift_pixels": digit.shift_pixels,
        "cells": number_document(digit.cells),
    }


def number_document(number: Number) -> dict[str, Any] | None:
    """Return a count as it is and an estimate with four decimals; None for none."""
    if number is None:
        return None
    if isinstance(number, Count):
        return {"correct": number.correct, "total": number.total}
    ends = {"value": number.value, "low": number.low, "high": number.high}
    return {**{name: _rounded(end) for name, end in ends.items()}, "n": number.n}


def plain(parameters: Sequence[float]) -> list[int | float]:
    """Return numbers without needless decimals."""
    return [int(value) if value == int(value) else value for value in parameters]


def _counts(predictions: PerturbedPredictions, network: str, name: str) -> dict[str, list[int]]:
    right = predictions.is_right(network, name)
    return {
        "correct": right.sum(axis=1).tolist(),
        "valid_correct": (right & predictions.valid[name]).sum(axis=1).tolist(),
    }


def _rounded(share: float) -> float:
    """Return a share or a difference with four decimals; a whole number only when it is exactly that."""
    whole = round(share)
    rounded = round(share, _DECIMALS)
    if rounded != whole or share == whole:
        return rounded
    return round(whole + math.copysign(10**-_DECIMALS, share - whole), _DECIMALS)
