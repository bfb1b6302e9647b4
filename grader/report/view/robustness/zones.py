"""What is scored, reported or information only, how much of it counts, and where the network is weakest."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.analysis.cells import cell_size, cells_of, counting, sum_between, worst_cell
from grader.core.measurement import Cell
from grader.report.numbers import NOTHING, angle_text, count_text, number_text, shift_text
from grader.report.view.robustness.tried import Tried

LARGEST = float("inf")
"""Every place is within this size."""


@dataclass(frozen=True, kw_only=True)
class ZoneRow:
    """One zone, summed up in tests: digits times places."""

    name: str
    meaning: str
    """What it means for points."""
    tests: str
    """How many tests count, of all."""
    student: str
    """How many of those the network reads."""
    referee: str
    """How many of all tests the referee reads."""
    worst: str
    """Where the network reads least of what counts."""


def bounds_of(tried: Tried, name: str) -> tuple[tuple[str, float, float], ...]:
    """Return key, lower and upper end of each zone of rotations or shifts."""
    zone = tried.zone
    if name == "shift":
        return (("scored", -1.0, zone.shift_pixels), ("information", zone.shift_pixels, LARGEST))
    return (
        ("scored", -1.0, zone.angle_degrees),
        ("reported", zone.angle_degrees, zone.reported_degrees),
        ("information", max(zone.angle_degrees, zone.reported_degrees), LARGEST),
    )


def zone_word(tried: Tried, name: str, size: float) -> str:
    """Return in which zone a rotation or shift of this size lies, as a word."""
    key = next(key for key, low, high in bounds_of(tried, name) if low < size <= high)
    return tried.words(f"robustness.zone.{key}")


def zones(tried: Tried, name: str) -> tuple[ZoneRow, ...]:
    """Return the zones of rotations or shifts that were tried."""
    counted = cells_of(tried.predictions, tried.subject, name, only_valid=True)
    judged = cells_of(tried.predictions, tried.referee, name, only_valid=True)
    everything = cells_of(tried.predictions, tried.referee, name, only_valid=False)
    rows = []
    for key, low, high in bounds_of(tried, name):
        of_all = sum_between(everything, low, high)
        if of_all.total == 0:
            continue
        tests = sum_between(judged, low, high)
        worst = worst_cell(cell for cell in counted if low < cell_size(cell) <= high)
        kind = "angle" if name == "rotation" else "shift"
        rows.append(
            ZoneRow(
                name=tried.words(
                    f"robustness.zone.{key}_{kind}", low=number_text(low), high=number_text(high)
                ),
                meaning=tried.words(f"robustness.zone.{key}_means"),
                tests=tried.words("count.of", correct=tests.total, total=of_all.total),
                student=count_text(sum_between(counted, low, high), tried.words),
                referee=count_text(of_all, tried.words),
                worst=NOTHING if worst is None else _worst_text(tried, worst),
            )
        )
    return tuple(rows)


def headline(tried: Tried, name: str) -> str:
    """Return where in the scored zone the network is weakest, in one sentence; "" where it read nothing."""
    cells = cells_of(tried.predictions, tried.subject, name, only_valid=True)
    high = tried.zone.limits[name][0]
    worst = worst_cell(cell for cell in cells if cell_size(cell) <= high)
    if worst is None:
        return ""
    return tried.words(
        f"robustness.headline.{name}",
        zone=number_text(high),
        where=place_text(worst.at),
        who=tried.subject_name,
        count=count_text(worst.count, tried.words),
    )


def counting_note(tried: Tried, name: str) -> str:
    """Return how many tests of the scored zone count and why the others do not; "" where nothing was tried."""
    found = counting(tried.predictions, tried.referee, name, tried.zone.limits[name])
    if found is None or found.tried == 0:
        return ""
    words = tried.words
    if found.counted == found.tried:
        return words("robustness.all_count", n=found.tried)
    why = [
        words(f"robustness.uncounted.{key}", n=n)
        for key, n in (
            ("contested", found.contested),
            ("unread", found.unread),
            ("without_ink", found.without_ink),
        )
        if n
    ]
    return words("robustness.some_count", n=found.counted, total=found.tried, why="; ".join(why))


def place_text(at: Sequence[float]) -> str:
    """Return an angle or a shift."""
    return angle_text(at[0]) if len(at) == 1 else shift_text(at[0], at[1])


def _worst_text(tried: Tried, worst: Cell) -> str:
    return tried.words(
        "robustness.worst", where=place_text(worst.at), count=count_text(worst.count, tried.words)
    )
