"""A measured value, or the reason why there is none. "Could not measure" is a state, never a zero."""

from dataclasses import dataclass
from enum import StrEnum

from grader.core.count import EMPTY, Count
from grader.core.finding import Reason


class MeasurementStatus(StrEnum):
    """Whether there is a number."""

    MEASURED = "measured"
    NOT_APPLICABLE = "not_applicable"
    """There was nothing it could be measured on, through nobody's fault."""
    MISSING = "missing"
    """The student did not hand in what it is measured on."""
    FAILED = "failed"
    """It was handed in and could not be measured."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A count at one place: a digit, an angle, a shift."""

    at: tuple[float, ...]
    """(digit,), (angle_degrees,) or (dx_pixels, dy_pixels)."""
    count: Count
    """How many of the images were read rightly there."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Counts over the cells of one question."""

    name: str
    """Key of the question: "handwriting", "test_set", "rotation", "shift", ...; see docs/results-format.md."""
    status: MeasurementStatus
    """Whether there is a number."""
    cells: tuple[Cell, ...] = ()
    """Empty unless `status` is measured."""
    reason: Reason | None = None
    """Why there is no number."""

    @property
    def count(self) -> Count:
        """Sum over all cells."""
        total = EMPTY
        for cell in self.cells:
            total += cell.count
        return total

    def count_at(self, *at: float) -> Count | None:
        """Return the count of the cell at `at`, or None where there is none."""
        return next((cell.count for cell in self.cells if cell.at == at), None)
