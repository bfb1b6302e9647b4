"""A rubric file in TOML → a rubric, or every problem in it at once."""

import dataclasses
import hashlib
import re
import tomllib
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, SerializeAsAny, StrictInt

from grader.core.evidence import Evidence, MeasurementSettings
from grader.core.run import Assignment
from grader.datasets.card import find_dataset
from grader.errors import GraderError, GraderErrors
from grader.grading import criteria as _registered  # noqa: F401  (registers the built-in kinds)
from grader.grading.criteria.base import CriterionSettings
from grader.grading.criteria.perturbed import MAX_ANGLE_DEGREES, MAX_SHIFT_PIXELS, Rotation, Shift
from grader.grading.fields import Identifier, Line, Number, Points, PointsStep, Robustness, Table, Text
from grader.grading.rubric_problems import file_problems, rubric_problems
from grader.perturbations.affine import ANGLE_LIMIT_DEGREES
from grader.registry import nearest
from grader.resources import resource_folder


def shipped_rubrics() -> tuple[str, ...]:
    """Return the names of the rubrics that travel with the package, sorted."""
    return tuple(sorted(path.stem for path in resource_folder("rubrics").glob("*.toml")))


def read_rubric(path_or_name: str | Path) -> tuple[Path, bytes]:
    """Return the path and the bytes of a rubric file.

    Args:
        path_or_name: the name of a shipped rubric, or a path, which has a folder in it or ends in ".toml".

    Raises:
        GraderError: `rubric-not-found` or `rubric-unreadable`.
    """
    given = Path(path_or_name)
    is_name = isinstance(path_or_name, str) and given.name == path_or_name and given.suffix != ".toml"
    path = resource_folder("rubrics") / f"{path_or_name}.toml" if is_name else given
    try:
        return path, path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        known = shipped_rubrics()
        raise GraderError(
            "rubric-not-found",
            name=str(path_or_name),
            nearest=nearest(given.stem, known),
            known=", ".join(known) or "–",
        ) from error
    except (OSError, ValueError) as error:
        raise GraderError("rubric-unreadable", name=str(path_or_name), detail=str(error)) from error


def parse_toml(content: bytes, *, file: str) -> dict[str, Any]:
    """Return the table in `content`; numbers with a fraction become `Decimal`.

    Raises:
        GraderError: `rubric-not-toml`, with the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise GraderError("rubric-not-toml", file=file, line=line, detail="UTF-8") from error
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, InvalidOperation, RecursionError) as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        detail = str(error).partition(" (at ")[0] or type(error).__name__
        raise GraderError("rubric-not-toml", file=file, line=line, detail=detail) from error


RUBRIC_FORMAT = 2
"""Version of the file's form; 1 did not name the data set."""

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
    dataset: Identifier
    """Name of the data set: it says which classes and images there are."""
    classes: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    """Names of the classes in the order of the network's outputs; those of the data set, which need not be repeated."""
    input_shape: Annotated[tuple[Number, ...], Field(max_length=3)] = ()
    """Height, width and channels of one image; those of the data set, which need not be repeated."""
    test_set_size: Number
    """How many of the test images the model answers, the first ones."""
    references: Annotated[tuple[Identifier, ...], Field(max_length=20)] = ()
    """Ids of the reference models that read the same pictures; the referee is among them. () where the data set has
    none."""
    referee: Identifier | None = None
    """The reference model that judges whether a picture can be read; None where the data set has none: then every
    perturbed picture counts."""
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
        own = [
            each
            for each in self.criteria
            if each.visible_to_students and getattr(each, "measured_on", None) == "handwriting"
        ]
        rotation = next((each for each in own if isinstance(each, Rotation)), None)
        shift = next((each for each in own if isinstance(each, Shift)), None)
        angle = rotation.max_angle_degrees if rotation else MAX_ANGLE_DEGREES
        dataset = find_dataset(self.dataset)
        return Assignment(
            id=self.id,
            title=self.title.localized(),
            class_titles=tuple(each.title for each in dataset.classes),
            preparation=dataset.preparation,
            is_ink=dataset.is_ink,
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
    if table.get("format") == 1:
        raise GraderError("rubric-format-1", file=file)
    criteria, problems = file_problems(table, Rubric, file=file)
    if problems:
        raise GraderErrors(problems)
    rubric = Rubric.model_validate(table | {"criteria": criteria})
    dataset = find_dataset(rubric.dataset)
    problems = rubric_problems(rubric, dataset, file=file)
    if problems:
        raise GraderErrors(problems)
    rubric = rubric.model_copy(update={"classes": dataset.class_names, "input_shape": dataset.shape})
    rubric._sha256 = hashlib.sha256(content).hexdigest()
    return rubric


def measurement_settings(rubric: Rubric, limit_seconds: float) -> MeasurementSettings:
    """Return what has to be measured for `rubric`.

    Args:
        rubric: the assignment.
        limit_seconds: processor time for the student's model.
    """
    dataset = find_dataset(rubric.dataset)
    return MeasurementSettings(
        dataset=rubric.dataset,
        class_names=rubric.classes,
        input_shape=rubric.input_shape,
        border=dataset.border,
        most_perturbed=dataset.most_perturbed,
        is_repaired=dataset.preparation == "mnist",
        references=rubric.references,
        referee=rubric.referee or "",
        level=rubric.robustness.level,
        test_set_size=rubric.test_set_size,
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
