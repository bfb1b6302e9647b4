"""Perturbed predictions → plain numbers for JSON: how well networks hold up."""

import math
from collections.abc import Sequence
from typing import Any

from grader.analysis.robustness import (
    Difference,
    DigitRobustness,
    Robustness,
    digit_robustness,
    robustness,
    robustness_difference,
)
from grader.core.count import Count, Estimate
from grader.core.evidence import STUDENT, Evidence
from grader.core.perturbed import Zone

_DECIMALS = 4


def subject_numbers(evidence: Evidence, subject: str, zone: Zone) -> dict[str, Any]:
    """Return what `subject` does on the student's own digits and on the test images.

    The student's model is compared with each reference but the referee, who reads everything that counts by definition.
    """
    sets = (("own", evidence.own), ("test_set", evidence.test_set))
    numbers: dict[str, Any] = {
        name: numbers_of(robustness(predictions, subject, zone)) for name, predictions in sets
    }
    if subject == STUDENT:
        numbers["less_reference"] = {
            id_: differences_of(robustness_difference(evidence.own, STUDENT, id_, zone))
            for id_ in evidence.settings.references
            if id_ != evidence.settings.referee
        }
    return numbers


def numbers_of(found: Robustness | None) -> dict[str, Any] | None:
    """Return the numbers of one network on one set of digits; None where it read nothing."""
    if found is None:
        return None
    return {
        "clean": count_of(found.clean),
        "rotation": estimate_of(found.rotation),
        "rotation_wide": estimate_of(found.rotation_wide),
        "shift": estimate_of(found.shift),
        "grid": estimate_of(found.grid),
        "worst": count_of(found.grid_worst),
        "flip_rate": estimate_of(found.flip_rate),
        "lecture": [{"at": plain(at), **count_of(count)} for at, count in found.lecture],
        "others": {name: estimate_of(each) for name, each in found.others.items()},
    }


def image_numbers(evidence: Evidence, zone: Zone) -> dict[int, dict[str, Any]]:
    """Return how far each perturbed picture goes with the student's model, by index of the picture."""
    failures = {failure.row: failure for failure in evidence.first_failures}
    found = {}
    for digit in digit_robustness(evidence.own, STUDENT, zone):
        failure = failures.get(digit.row)
        found[digit.row] = {
            **digit_of(digit),
            "first_failure": None
            if failure is None
            else {
                "perturbation": failure.perturbation,
                "at": plain(failure.at),
                "prediction": failure.prediction,
            },
        }
    return found


def digit_of(digit: DigitRobustness) -> dict[str, Any]:
    """Return how far one digit goes."""
    return {
        "angles_degrees": None if digit.angles_degrees is None else plain(digit.angles_degrees),
        "shift_pixels": digit.shift_pixels,
        "cells": count_of(digit.cells),
    }


def count_of(count: Count | None) -> Any:
    """Return a count as an object; None for none."""
    return None if count is None else {"correct": count.correct, "total": count.total}


def estimate_of(estimate: Estimate | None) -> dict[str, Any] | None:
    """Return an estimate as an object with four decimals; None for none."""
    if estimate is None:
        return None
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {**{name: _rounded(end) for name, end in ends.items()}, "n": estimate.n}


def _rounded(share: float) -> float:
    """Return a share or a difference with four decimals; a whole number only when it is exactly that."""
    whole = round(share)
    rounded = round(share, _DECIMALS)
    if rounded != whole or share == whole:
        return rounded
    return round(whole + math.copysign(10**-_DECIMALS, share - whole), _DECIMALS)


def plain(place: Sequence[float]) -> list[int | float]:
    """Return numbers without needless decimals."""
    return [int(value) if value == int(value) else value for value in place]


def differences_of(found: Difference | None) -> dict[str, Any] | None:
    """Return how much more one network reads than another; None without both."""
    if found is None:
        return None
    parts = {"rotation": found.rotation, "shift": found.shift, "grid": found.grid}
    return {name: estimate_of(each) for name, each in parts.items()}
