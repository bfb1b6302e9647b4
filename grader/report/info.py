"""What a page names besides grade and evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from grader.core.grade import LocalizedText


@dataclass(frozen=True, kw_only=True)
class AssignmentInfo:
    """The part of a rubric that pages show."""

    id: str
    """Key of the assignment."""
    title: LocalizedText
    """Its title."""
    class_names: tuple[str, ...]
    """Name of each class; for digits "0" to "9"."""
    points_possible: Decimal
    """Sum over the rubric."""
    rubric_file: str
    """Name of the rubric file, without folders of the machine."""
    rubric_sha256: str
    """Hash of the rubric file."""
    scored_angle_degrees: float = 30.0
    """Rotations up to this size, either way, can cost points."""
    reported_angle_degrees: float = 60.0
    """Rotations up to this size are shown and cost nothing; larger ones are information only."""
    scored_shift_pixels: int = 3
    """Shifts up to this size along either axis can cost points."""
    rotation_pass_share: float | None = None
    """Share in [0, 1] that the rubric asks for in the scored zone; None when it draws no line."""
    review_request: LocalizedText = field(default_factory=dict)
    """How to ask for a review; empty for the general text."""


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """The run that a page belongs to."""

    id: str
    """Name of the run folder."""
    date: str
    """ISO 8601 with zone."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What took part, by name: version or hash."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings of the run, by name."""
