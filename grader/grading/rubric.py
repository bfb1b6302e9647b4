"""A rubric file in TOML → a rubric, or every problem in it at once."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr, SerializeAsAny, StrictInt

from grader.core.battery import ANGLE_LIMIT_DEGREES
from grader.core.evidence import Evidence, MeasurementSettings
from grader.core.run import Assignment
from grader.errors import GraderError, GraderErrors
from grader.grading import criteria as _registered  # noqa: F401  (registers the built-in kinds)
from grader.grading.criteria.base import CriterionSettings
from grader.grading.criteria.rotation import MAX_ANGLE_DEGREES, Rotation
from grader.grading.criteria.shift import MAX_SHIFT_PIXELS, Shift
from grader.grading.fields import Identifier, Line, Number, Points, PointsStep, Table, Text
from grader.grading.robustness import Robustness
from grader.grading.rubric_problems import file_problems, rubric_problems
from grader.grading.rubric_source import parse_toml, read_rubric

RUBRIC_FORMAT = 1
"""Version of the file's form."""

DEFAULT_RUBRIC = "handwritten-digits"
"""Rubric that is used when none is named."""


class Rubric(Table):
    """An assignment: what is asked, what is measured, what it is worth."""

    format: Annotated[StrictInt, Field(ge=RUBRIC_FORMAT, le=RUBRIC_FORMAT)]
    """Version of the file's form."""
    id: Identifier
    """Name of the assignment in results."""
    title: Text
    """Name of the assignment on pages."""
    text: Text
    """What students are asked to do."""
    points_possible: Points
    """Sum over the criteria; stated so that a slip is noticed."""
    points_step: PointsStep
    """Smallest part of a point; every result is rounded to it, half up."""
    classes: Annotated[tuple[Line, ...], Field(min_length=2, max_length=100)]
    """Names of the classes in the order of the network's outputs."""
    input_shape: Annotated[tuple[Number, ...], Field(min_length=3, max_length=3)]
    """Height, width and channels of one image."""
    probe_digits: Number
    """How many of the shipped test digits the model answers."""
    references: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=20)]
    """Ids of the reference models that read the same pictures; the referee is among them."""
    referee: Identifier
    """The reference model that judges whether a digit can be read."""
    robustness: Robustness
    """Which rotations and shifts are measured."""
    criteria: Annotated[tuple[SerializeAsAny[CriterionSettings], ...], Field(min_length=1, max_length=100)]
    """What gives points, in the order of the pages."""

    _sha256: str = PrivateAttr(default="")

    @property
    def sha256(self) -> str:
        """Hash of the file's bytes, hexadecimal."""
        return self._sha256

    def assignment(self, file: str) -> Assignment:
        """Return what results and pages show of the rubric.

        Args:
            file: name of the rubric file there.
        """
        own = [each for each in self.criteria if getattr(each, "measured_on", None) == "handwriting"]
        rotation = next((each for each in own if isinstance(each, Rotation)), None)
        shift = next((each for each in own if isinstance(each, Shift)), None)
        angle = rotation.max_angle_degrees if rotation else MAX_ANGLE_DEGREES
        return Assignment(
            id=self.id,
            title=self.title.localized(),
            class_names=self.classes,
            points_possible=self.points_possible,
            rubric_file=file,
            rubric_sha256=self.sha256,
            scored_angle_degrees=float(angle),
            reported_angle_degrees=min(2 * float(angle), float(ANGLE_LIMIT_DEGREES)),
            scored_shift_pixels=shift.max_shift_pixels if shift else MAX_SHIFT_PIXELS,
            rotation_full_share=float(rotation.bands[0].at_least) if rotation and rotation.bands else None,
        )

    def criterion(self, criterion_id: str) -> CriterionSettings:
        """Return the criterion `criterion_id`.

        Raises:
            KeyError: there is none.
        """
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        raise KeyError(criterion_id)


def load_rubric(path_or_name: str | Path) -> Rubric:
    """Return a rubric by the name of a shipped one or by the path of a file.

    Args:
        path_or_name: "handwritten-digits", or a path: something with a folder in it or ending in ".toml".

    Raises:
        GraderError: `rubric-not-found`, `rubric-unreadable` or `rubric-not-toml`.
        GraderErrors: the file is TOML and not a rubric; every problem at once.
    """
    path, content = read_rubric(path_or_name)
    return parse_rubric(content, file=path.name)


def parse_rubric(content: bytes, *, file: str) -> Rubric:
    """Return the rubric in `content`.

    Args:
        content: TOML in UTF-8.
        file: name that messages use.

    Raises:
        GraderError: `rubric-not-toml`.
        GraderErrors: every problem at once.
    """
    table = parse_toml(content, file=file)
    criteria, problems = file_problems(table, Rubric, file=file)
    if problems:
        raise GraderErrors(problems)
    rubric = Rubric.model_validate(table | {"criteria": criteria})
    problems = rubric_problems(rubric, file=file)
    if problems:
        raise GraderErrors(problems)
    rubric._sha256 = hashlib.sha256(content).hexdigest()
    return rubric


def measurement_settings(rubric: Rubric, limit_seconds: float) -> MeasurementSettings:
    """Return what has to be measured for `rubric`.

    Args:
        rubric: the assignment.
        limit_seconds: processor time for the student's model.
    """
    return MeasurementSettings(
        classes=len(rubric.classes),
        references=rubric.references,
        referee=rubric.referee,
        level=rubric.robustness.level,
        probe_digits=rubric.probe_digits,
        limit_seconds=limit_seconds,
    )


def require_same_settings(rubric: Rubric, evidence: Evidence) -> None:
    """Make sure that `evidence` was measured for `rubric`; the time limit may differ.

    Raises:
        GraderError: `evidence-other-settings`: names the settings that differ.
    """
    found = evidence.settings
    needed = measurement_settings(rubric, found.limit_seconds)
    names = [field.name for field in dataclasses.fields(needed)]
    different = [name for name in names if getattr(needed, name) != getattr(found, name)]
    if different:
        raise GraderError(
            "evidence-other-settings", submission=evidence.submission_id, settings=", ".join(different)
        )
