"""What results and pages name besides grades and evidence: the assignment and the run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from grader.core.grade import LocalizedText
from grader.core.perturbed import Zone


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """The part of a rubric that results and pages show."""

    id: str
    """Key of the assignment."""
    title: LocalizedText
    """Its title."""
    class_titles: tuple[LocalizedText, ...]
    """What pages call each class; digits "0" to "9"."""
    preparation: str = "mnist"
    """How the data set prepares pictures, which decides what pictures are called; see `grader.texts.catalog.Texts`."""
    is_ink: bool = True
    """Whether pictures are turned bright on dark; else preparing only makes them square and resizes them."""
    points_possible: Decimal
    """Sum over the rubric."""
    rubric_file: str
    """Name of the rubric file, without folders of the machine."""
    rubric_sha256: str
    """Hash of the rubric file, hexadecimal."""
    scored_angle_degrees: float
    """Rotations up to this size, either way, can cost points."""
    reported_angle_degrees: float
    """Rotations up to this size are shown and cost nothing; larger ones are information only."""
    scored_shift_pixels: int
    """Shifts up to this size along either axis can cost points."""
    rotation_full_share: float | None = None
    """Share in [0, 1] of the scored zone that gives full points; None when rotation gives no points."""

    @property
    def zone(self) -> Zone:
        """What is scored, and what is reported."""
        return Zone(
            angle_degrees=self.scored_angle_degrees,
            shift_pixels=float(self.scored_shift_pixels),
            reported_degrees=self.reported_angle_degrees,
        )


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What a run was, besides its submissions."""

    id: str
    """Name of the run folder."""
    date: str
    """When it was started: ISO 8601 with zone."""
    grader_version: str
    """Version of this program."""
    is_self_check: bool = False
    """Whether a student checked the own work; such a result is no grade."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What took part, by name: version or hash."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings of the run, by name."""
