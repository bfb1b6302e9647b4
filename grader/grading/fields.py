"""The building blocks of a rubric file: localized texts, points, shares."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    StrictInt,
)
from pydantic_core import PydanticCustomError

from grader.core.dataset import Dataset
from grader.perturbations.base import LEVELS, Level, ParameterSets
from grader.perturbations.suite import SUITES, Suite, suite_on


class Table(BaseModel):
    """A TOML table: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _toml_number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("number_type", "number")
    return value


_Number = Annotated[
    Decimal, BeforeValidator(_toml_number), PlainSerializer(float, return_type=float, when_used="json")
]

Points = Annotated[_Number, Field(ge=0, le=1000, decimal_places=3)]
"""Points of a grade, exact."""

Share = Annotated[_Number, Field(ge=0, le=1, decimal_places=6)]
"""A fraction: 0.97 means 97 %."""

Degrees = Annotated[_Number, Field(ge=0, le=180, decimal_places=3)]
"""An angle, to either side."""

PointsStep = Annotated[_Number, Field(gt=0, le=1, decimal_places=3)]
"""The smallest part of a point."""

Pixels = Annotated[StrictInt, Field(ge=0, le=20)]
"""A distance in pixels of the network's input; the number of shifts grows with its square."""

Number = Annotated[StrictInt, Field(ge=1, le=1_000_000_000)]
"""How many: 1 or more."""

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A name that programs use: small letters, digits, `-` and `_`."""

Line = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
"""Text for people; not empty."""


class Text(Table):
    """The same text in both languages."""

    ko: Line
    """Korean."""
    en: Line
    """English."""

    def localized(self) -> dict[str, str]:
        """Return the text by language."""
        return {"ko": self.ko, "en": self.en}


class Robustness(Table):
    """Which perturbations are tried."""

    level: Level
    """One of `grader.perturbations.suite.SUITES`."""

    _suites: Mapping[str, Suite] = PrivateAttr(default=SUITES)

    def on(self, dataset: Dataset) -> "Robustness":
        """Return the same for the images of a data set; without it for handwritten digits."""
        same = self.model_copy()
        same._suites = {level: suite_on(dataset, level) for level in LEVELS}
        return same

    def parameter_sets(self, measured_on: str, level: str | None = None) -> ParameterSets:
        """Return what is tried on the student's own pictures ("handwriting") or on the test images ("test_set").

        Args:
            measured_on: which of the two.
            level: None: the one that the rubric names.
        """
        suite = self._suites[level or self.level]
        return suite.own if measured_on == "handwriting" else suite.test_set

    def levels_with(self, name: str, measured_on: str) -> tuple[str, ...]:
        """Return the levels that try the perturbation `name` on what `measured_on` names."""
        return tuple(level for level in self._suites if name in self.parameter_sets(measured_on, level))
