"""A TOML table or a rubric → what is wrong with it, each with its key."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from grader.core.dataset import Dataset
from grader.errors import GraderError
from grader.grading.criteria.base import CRITERIA, CriterionSettings, ScaledSettings
from grader.grading.criteria.perturbed import PerturbedSettings
from grader.perturbations.suite import perturbations_on
from grader.registry import nearest

if TYPE_CHECKING:
    from grader.grading.rubric import Rubric

_NEEDED = {
    "string_type": "string",
    "int_type": "integer",
    "int_from_float": "integer",
    "bool_type": "true | false",
    "number_type": "number",
    "finite_number": "number",
    "tuple_type": "array",
    "model_type": "table",
    "model_attributes_type": "table",
    "too_short": "≥ {min_length}",
    "too_long": "≤ {max_length}",
    "string_too_short": "≥ {min_length}",
    "string_too_long": "≤ {max_length}",
    "string_pattern_mismatch": "{pattern}",
    "literal_error": "{expected}",
    "greater_than": "> {gt}",
    "greater_than_equal": "≥ {ge}",
    "less_than": "< {lt}",
    "less_than_equal": "≤ {le}",
    "decimal_max_places": "n × 1e-{decimal_places}",
}
"""What a field needs, by the type of pydantic's error, in signs and TOML's words for both languages."""

_LONGEST_FOUND = 60


def file_problems(
    table: Mapping[str, Any], rubric: type[BaseModel], *, file: str
) -> tuple[tuple[CriterionSettings, ...], list[GraderError]]:
    """Return the criteria of a rubric file, and what is wrong with any part of it.

    Args:
        table: the whole file.
        rubric: the model of the whole file.
        file: name that messages use.
    """
    criteria: list[CriterionSettings] = []
    inner: list[GraderError] = []
    tables = table.get("criteria")
    if isinstance(tables, list):
        for number, part in enumerate(tables, start=1):
            criterion, problems = _criterion(part, file=file, place=("criteria", number))
            inner += problems
            criteria += [criterion] if criterion else []
    stand_in = {"criteria": tuple(criteria)} if criteria or inner else {}
    try:
        rubric.model_validate({**table, **stand_in})
    except ValidationError as error:
        outer = [
            _problem(detail, rubric, file=file, place=())
            for detail in _errors(error)
            if not (inner and detail["loc"] == ("criteria",))
        ]
        return tuple(criteria), outer + inner
    return tuple(criteria), inner


def rubric_problems(rubric: "Rubric", dataset: Dataset, *, file: str) -> list[GraderError]:
    """Return what is wrong with a rubric whose fields are all well-formed; its data set may not fit, too."""
    found: list[GraderError] = []

    def bad(key: str, value: object, needed: object) -> None:
        found.append(
            GraderError("rubric-bad-value", file=file, key=key, found=str(value), needed=str(needed))
        )

    for key, names in (("classes", rubric.classes), ("references", rubric.references)):
        found += _repeated(file, key, names)
    found += _repeated(file, "criteria.id", [criterion.id for criterion in rubric.criteria])
    if rubric.referee != dataset.referee:
        bad("referee", rubric.referee or "–", dataset.referee or "–")
    elif rubric.referee is not None and rubric.referee not in rubric.references:
        bad("referee", rubric.referee, " | ".join(rubric.references))
    found += _dataset_problems(rubric, dataset, file)
    robustness, step = rubric.robustness.on(dataset), rubric.points_step
    for number, criterion in enumerate(rubric.criteria, start=1):
        place = f"criteria.{number}"
        for key, points in _points(criterion, place):
            if points % step:
                bad(key, points, f"n × {step}")
        for problem in criterion.problems(robustness):
            key = f"{place}.{problem.key}" if problem.key else place
            found.append(GraderError(problem.slug, file=file, key=key, **problem.values))
    total = sum((criterion.points for criterion in rubric.criteria), Decimal(0))
    if total != rubric.points_possible:
        found.append(
            GraderError("rubric-points-sum", file=file, stated=str(rubric.points_possible), found=str(total))
        )
    return found


def _dataset_problems(rubric: "Rubric", dataset: Dataset, file: str) -> Iterable[GraderError]:
    """Yield what cannot be run on the data set."""
    for key, stated, needed in (
        ("classes", rubric.classes, dataset.class_names),
        ("input_shape", rubric.input_shape, dataset.shape),
    ):
        if stated and stated != needed:
            yield GraderError(
                "rubric-not-the-dataset",
                file=file,
                key=key,
                found=_found(", ".join(map(str, stated))),
                needed=", ".join(map(str, needed)),
                dataset=dataset.name,
            )
    for name in rubric.references:
        if name not in dataset.references:
            yield GraderError(
                "rubric-reference-of-another-dataset",
                file=file,
                key="references",
                found=name,
                dataset=dataset.name,
                known=", ".join(dataset.references) or "–",
            )
    allowed = perturbations_on(dataset)
    for number, criterion in enumerate(rubric.criteria, start=1):
        if isinstance(criterion, PerturbedSettings) and criterion.kind not in allowed:
            yield GraderError(
                "rubric-perturbation-not-allowed",
                file=file,
                key=f"criteria.{number}.kind",
                found=criterion.kind,
                dataset=dataset.name,
                known=", ".join(allowed) or "–",
            )


def _criterion(
    part: object, *, file: str, place: tuple[str | int, ...]
) -> tuple[CriterionSettings | None, list[GraderError]]:
    key = _key((*place, "kind"))
    if not isinstance(part, Mapping):
        bad = GraderError("rubric-bad-value", file=file, key=_key(place), found=_found(part), needed="table")
        return None, [bad]
    kind = part.get("kind")
    if kind is None:
        return None, [GraderError("rubric-missing-key", file=file, key=key)]
    if kind not in CRITERIA.names:
        return None, [
            GraderError(
                "rubric-unknown-kind",
                file=file,
                key=key,
                found=_found(kind),
                nearest=nearest(str(kind), CRITERIA.names),
                known=", ".join(CRITERIA.names),
            )
        ]
    model = CRITERIA.get(kind).settings
    try:
        return model.model_validate(part), []
    except ValidationError as error:
        return None, [_problem(detail, model, file=file, place=place) for detail in _errors(error)]


def _errors(error: ValidationError) -> list[ErrorDetails]:
    """Return the errors without those that only follow from another one deeper inside, "array too short"."""
    errors = error.errors(include_url=False)
    return [
        outer
        for outer in errors
        if not any(
            inner is not outer and inner["loc"][: len(outer["loc"])] == outer["loc"] for inner in errors
        )
    ]


def _problem(
    detail: ErrorDetails, model: type[BaseModel], *, file: str, place: tuple[str | int, ...]
) -> GraderError:
    inside = detail["loc"]
    key = _key((*place, *(part + 1 if isinstance(part, int) else part for part in inside)))
    if detail["type"] == "extra_forbidden":
        table = _model_at(model, inside[:-1])
        return GraderError(
            "rubric-unknown-key", file=file, key=key, nearest=nearest(str(inside[-1]), table.model_fields)
        )
    if detail["type"] == "missing":
        return GraderError("rubric-missing-key", file=file, key=key)
    needed = _NEEDED.get(detail["type"])
    limits = {
        name: re.sub(r"Decimal\('(.*)'\)", r"\1", str(limit)) for name, limit in detail.get("ctx", {}).items()
    }
    if "expected" in limits:
        limits["expected"] = " | ".join(re.findall(r"'([^']*)'", limits["expected"]))
    return GraderError(
        "rubric-bad-value",
        file=file,
        key=key,
        found=_found(detail["input"]),
        needed=needed.format(**limits) if needed else detail["msg"],
    )


def _model_at(model: type[BaseModel], inside: Iterable[str | int]) -> type[BaseModel]:
    for part in inside:
        if isinstance(part, str):
            model = _models_in(model.model_fields[part].annotation)[0]
    return model


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def _points(criterion: CriterionSettings, place: str) -> Iterable[tuple[str, Decimal]]:
    yield f"{place}.points", criterion.points
    if isinstance(criterion, ScaledSettings):
        for number, band in enumerate(criterion.bands, start=1):
            yield f"{place}.bands.{number}.points", band.points


def _repeated(file: str, key: str, names: Iterable[str]) -> list[GraderError]:
    return [
        GraderError("rubric-repeated-name", file=file, key=key, name=name)
        for name, times in Counter(names).items()
        if times > 1
    ]


def _key(parts: Iterable[str | int]) -> str:
    return ".".join(str(part) for part in parts)


def _found(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_FOUND else f"{text[:_LONGEST_FOUND]}…"
