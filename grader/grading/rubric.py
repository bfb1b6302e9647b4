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
from grader.perturbations.suite import ANGLE_LIMIT_DEGREES
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

