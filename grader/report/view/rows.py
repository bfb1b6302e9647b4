"""Rows of numbers in words: the same title and the same remark on pages and in the terminal."""

from collections.abc import Mapping, Sequence

from grader.analysis.rows import FLIP_SIZE, Kind, Row
from grader.core.perturbed import Zone
from grader.perturbations.affine import UPSIDE_DOWN
from grader.perturbations.base import PERTURBATIONS
from grader.report.numbers import angle_text, number_text, shift_text
from grader.texts.catalog import Texts

_SUFFIXES = {Kind.WIDE: "_wide", Kind.WORST: "_worst", Kind.FLIPS: "_flips"}
"""What the texts of a kind end with."""


def row_title(row: Row, words: Texts) -> str:
    """Return what was done to the digits, in words; where the texts have none, from the title of the perturbation."""
    if row.kind is Kind.CLEAN:
        return words("robustness.row.clean")
    if row.kind is Kind.SINGLE:
        return _single_title(row, words)
    key = f"robustness.row.{row.perturbation}{_SUFFIXES.get(row.kind, '')}"
    return words(
        key if key in words else f"robustness.any.{row.kind}",
        title=perturbation_title(row.perturbation, words),
        zone=number_text(row.zone[0]) if row.zone else "",
        size=number_text(FLIP_SIZE),
    )


def row_hint(row: Row, zone: Zone, words: Texts) -> str:
    """Return how much was tried, and what the number is; "" for nothing to add.

    Args:
        row: of the table.
        zone: what is scored and what is reported.
        words: the language.
    """
    if row.kind is Kind.CLEAN:
        return ""
    key = f"robustness.hint.{row.perturbation}{_SUFFIXES.get(row.kind, '')}"
    angle = _values(row.perturbation, row.parameter_sets[0]).get("angle_degrees")
    if row.kind is Kind.SINGLE:
        if row.parameter_sets[0] in PERTURBATIONS.get(row.perturbation).information:
            key = "robustness.hint.information"
        elif angle is not None and abs(angle) > zone.reported_degrees:
            key += "_information"
    first = [each[0] for each in row.parameter_sets]
    show = number_text if angle is None else angle_text
    return words(
        key if key in words else "robustness.any.hint",
        n=len(first),
        low=show(min(first)),
        high=show(max(first)),
    )


def perturbation_title(name: str, words: Texts) -> str:
    """Return the title of a perturbation."""
    return words.localized(PERTURBATIONS.get(name).title)


def change_text(name: str, parameters: Sequence[float], words: Texts) -> str:
    """Return what was done to a picture, in words: "turned by +15°, moved by (−3, +2)".

    Args:
        name: of the perturbation.
        parameters: its parameters.
        words: the language.
    """
    values = dict(_values(name, parameters))
    angle = values.pop("angle_degrees", 0.0)
    dx, dy = values.pop("dx_pixels", 0.0), values.pop("dy_pixels", 0.0)
    parts = [words("robustness.turned", angle=angle_text(angle))] if angle else []
    if dx or dy:
        parts.append(words("robustness.moved", shift=shift_text(dx, dy)))
    if values:
        parts.append(f"{perturbation_title(name, words)} ({', '.join(map(number_text, values.values()))})")
    return ", ".join(parts) or words("robustness.unchanged")


def _values(name: str, parameters: Sequence[float]) -> Mapping[str, float]:
    return dict(zip(PERTURBATIONS.get(name).parameters, parameters, strict=True))


def _single_title(row: Row, words: Texts) -> str:
    at = row.parameter_sets[0]
    values = _values(row.perturbation, at)
    if "angle_degrees" not in values:
        return change_text(row.perturbation, at, words)
    if at == UPSIDE_DOWN:
        return words("robustness.row.upside_down")
    dx, dy = values.get("dx_pixels", 0.0), values.get("dy_pixels", 0.0)
    key = "lecture_both" if dx or dy else "lecture"
    return words(
        f"robustness.row.{key}", angle=number_text(values["angle_degrees"]), shift=shift_text(dx, dy)
    )
