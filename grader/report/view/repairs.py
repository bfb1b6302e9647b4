"""What was changed in a picture so that a model reads it, in words."""

from collections.abc import Mapping, Sequence

from grader.report.numbers import angle_text, shift_text
from grader.report.words import Words


def repair_words(words: Words, names: Sequence[str], amounts: Mapping[str, float] | None = None) -> str:
    """Return repairs as a list in words, with how much was changed where that is known."""
    return ", ".join(_repair(words, name, amounts or {}) for name in names)


def _repair(words: Words, name: str, amounts: Mapping[str, float]) -> str:
    details = []
    if name == "upright":
        if amounts.get("is_mirrored"):
            details.append(words("origin.mirrored"))
        if amounts.get("angle_degrees"):
            details.append(angle_text(_shortest(amounts["angle_degrees"])))
    if name == "shift" and amounts:
        shift = shift_text(amounts.get("dx_pixels", 0), amounts.get("dy_pixels", 0))
        return words("robustness.moved", shift=shift)
    told = words(f"origin.repair.{name}")
    return f"{told} ({', '.join(details)})" if details else told


def _shortest(degrees: float) -> float:
    """Return the same turn as an angle from -180 to 180 degrees, half a turn as 180."""
    return 180 - (180 - degrees) % 360
