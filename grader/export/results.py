"""Grades and evidence → the document `results.json`, a versioned interface; see docs/results-format.md."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy.typing as npt

from grader.analysis.accuracy import accuracy
from grader.analysis.robustness import RobustRadius, robust_radii
from grader.analysis.rows import Reader, difference_rows, rows
from grader.core.diagnosis import Diagnosis
from grader.core.evidence import STUDENT, Evidence, FirstFailure, SubjectEvidence
from grader.core.finding import Finding
from grader.core.grade import CriterionResult, Grade
from grader.core.measurement import MeasurementStatus
from grader.core.perturbed import NO_PREDICTIONS, Zone
from grader.core.picture import Picture
from grader.export.base import GradedRun, exporter
from grader.export.robustness import (
    numbers_document,
    parameter_sets_document,
    plain,
    radius_document,
    rows_document,
    set_document,
)
from grader.texts.catalog import Texts

SCHEMA_VERSION = 2
"""Raised when a reader of the old form could misread the new one."""

_CONFIDENCE_DECIMALS = 4
_SECONDS_DECIMALS = 3
_WIDTH = 120
"""What fits into so many characters is on one line."""


@cache
def results_schema() -> Mapping[str, Any]:
    """Return the JSON schema (draft 2020-12) that every document follows."""
    schema: Mapping[str, Any] = json.loads(
        Path(__file__).with_name("results.schema.json").read_text(encoding="utf-8")
    )
    return schema


def results_document(graded: GradedRun) -> dict[str, Any]:
    """Return what `results.json` holds.

    Returns:
        Plain dicts, lists, texts and numbers; submissions by id. Two equal runs differ in `seconds` only.
    """
    run, assignment, language = graded.run, graded.assignment, graded.language
    said = Texts(language, preparation=assignment.preparation)
    return {
        "schema": SCHEMA_VERSION,
        "run": {
            "id": run.id,
            "grader": run.grader_version,
            "rubric_sha256": assignment.rubric_sha256,
            "language": language,
            "self_check": run.is_self_check,
        },
        "assignment": {"id": assignment.id, "title": assignment.title[language]},
        "robustness": _run_robustness(graded),
        "submissions": [
            _submission(grade, graded.evidences.get(grade.submission_id), assignment.zone, said)
            for grade in sorted(graded.grades, key=lambda grade: grade.submission_id)
        ],
    }


@exporter("results", file="results.json")
def results_json(graded: GradedRun) -> bytes:
    """Return the document as UTF-8."""
    return results_text(results_document(graded)).encode()


def results_text(document: Mapping[str, Any]) -> str:
    """Return `document` as JSON text, the same for the same document; numbers of one list are on one line.

    Raises:
        ValueError: a number in it is not finite.
    """
    return _text(document, "\n") + "\n"


def _text(value: Any, line: str) -> str:
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(flat) <= _WIDTH or not isinstance(value, dict | list) or _is_numbers(value):
        return flat
    inside = f"{line} "
    if isinstance(value, list):
        return "[" + ",".join(inside + _text(each, inside) for each in value) + line + "]"
    parts = (
        f"{inside}{json.dumps(key, ensure_ascii=False)}: {_text(each, inside)}" for key, each in value.items()
    )
    return "{" + ",".join(parts) + line + "}"


def _is_numbers(value: Any) -> bool:
    return all(map(_is_numbers, value)) if isinstance(value, list) else isinstance(value, int | float)


def _run_robustness(graded: GradedRun) -> dict[str, Any] | None:
    """Return what is the same for every submission; None where nothing was tried."""
    tried = [each for each in graded.evidences.values() if each.test_set.perturbed or each.own.perturbed]
    if not tried:
        return None
    zone = graded.assignment.zone
    sets = {
        name: next((found for each in tried if (found := getattr(each, name)).parameter_sets), NO_PREDICTIONS)
        for name in ("own", "test_set")
    }
    settings = tried[0].settings
    return {
        "rows": rows_document(row for each in sets.values() for row in rows(each, (), zone)),
        "parameter_sets": {name: parameter_sets_document(each) for name, each in sets.items()},
        "test_set": set_document(
            sets["test_set"],
            _readers(settings.references, settings.referee),
            zone,
            counted=settings.references,
        ),
    }


def _readers(networks: Iterable[str], referee: str) -> dict[str, Reader]:
    """Return the columns: networks where a digit counts, the referee everywhere, since only what it reads counts."""
    return {name: Reader(network=name, only_valid=name != referee) for name in networks}


def _submission(grade: Grade, evidence: Evidence | None, zone: Zone, said: Texts) -> dict[str, Any]:
    return {
        "id": grade.submission_id,
        "name": grade.name,
        "status": grade.status.value,
        "points": _number(grade.points),
        "points_possible": _number(grade.points_possible),
        "points_open": _number(grade.points_open),
        "criteria": [_criterion(criterion, said) for criterion in grade.criteria],
        "findings": [_finding(finding, said) for finding in evidence.findings] if evidence else [],
        "images": _images(evidence, zone) if evidence else [],
        "robustness": _robustness(evidence, zone) if evidence else None,
        "model": _model(evidence) if evidence else None,
        "seconds": round(sum(evidence.seconds.values()), _SECONDS_DECIMALS) if evidence else None,
    }


def _criterion(criterion: CriterionResult, said: Texts) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "status": criterion.status.value,
        "points": _number(criterion.points),
        "points_possible": _number(criterion.points_possible),
        "reason": said.advice(criterion.reason),
        "visible_to_students": criterion.is_visible_to_students,
    }


def _finding(finding: Finding, said: Texts) -> dict[str, Any]:
    return {
        "slug": finding.slug,
        "severity": finding.severity.value,
        "file": finding.file,
        "detail": said.advice(finding),
    }


def _images(evidence: Evidence, zone: Zone) -> list[dict[str, Any]]:
    radii = {digit.row: digit for digit in robust_radii(evidence.own, STUDENT, zone)}
    failures = {failure.row: failure for failure in evidence.first_failures}
    why = {diagnosis.index: _diagnosis(diagnosis) for diagnosis in evidence.diagnoses}
    return [
        {
            **_image(picture, evidence),
            "robustness": _radius(picture.index, radii, failures),
            "diagnosis": None if picture.index is None else why.get(picture.index),
        }
        for picture in evidence.images.pictures
    ]


def _radius(
    index: int | None, radii: Mapping[int, RobustRadius], failures: Mapping[int, FirstFailure]
) -> dict[str, Any] | None:
    if index is None or index not in radii:
        return None
    failure = failures.get(index)
    lost = failure and {
        "perturbation": failure.perturbation,
        "at": plain(failure.at),
        "prediction": failure.prediction,
    }
    return {**radius_document(radii[index]), "first_failure": lost}


def _diagnosis(found: Diagnosis) -> dict[str, Any]:
    return {
        "cause": found.cause.value,
        "repairs": list(found.repairs),
        "competitor": found.competitor,
        "margin": round(found.margin, _CONFIDENCE_DECIMALS),
        "variants_tried": found.variants_tried,
    }


def _image(picture: Picture, evidence: Evidence) -> dict[str, Any]:
    references = sorted(subject for subject in evidence.subjects if subject != STUDENT)
    return {
        "file": picture.file,
        "group": picture.group.value,
        "label": picture.label,
        "student": _prediction(evidence.student, picture.index),
        "reference": {
            subject: _prediction(evidence.subjects[subject], picture.index) for subject in references
        },
    }


def _prediction(subject: SubjectEvidence | None, row: int | None) -> dict[str, Any]:
    """Return what a network read; both values are None where the network or the picture could not be used."""
    if subject is None or subject.normalized is None or row is None:
        return {"prediction": None, "confidence": None}
    scores: npt.NDArray[Any] = subject.normalized[row]
    best = int(scores.argmax())
    return {"prediction": best, "confidence": round(float(scores[best]), _CONFIDENCE_DECIMALS)}


def _robustness(evidence: Evidence, zone: Zone) -> dict[str, Any]:
    settings = evidence.settings
    others = [name for name in settings.references if name != settings.referee]
    own = set_document(
        evidence.own, _readers((STUDENT, *settings.references), settings.referee), zone, counted=[STUDENT]
    )
    test_set = set_document(evidence.test_set, _readers([STUDENT], settings.referee), zone, counted=[STUDENT])
    if own is not None:
        differences = difference_rows(evidence.own, STUDENT, others, zone)
        own["less_reference"] = numbers_document(differences, others)
    if test_set is not None:
        del test_set["valid"]
    return {"own": own, "test_set": test_set}


def _model(evidence: Evidence) -> dict[str, Any] | None:
    model = evidence.model
    if model is None:
        return None
    return {
        "file": model.file,
        "format": model.format,
        "keras_version": model.keras_version,
        "repairs": list(model.repairs),
        "parameters": model.parameters,
        "resembles": model.resembles,
        "resembles_exactly": model.resembles_exactly,
        "outputs": model.outputs,
        "label_order": list(model.label_order),
        "convention": model.convention,
        "test_set_accuracy": _test_set_accuracy(evidence),
    }


def _test_set_accuracy(evidence: Evidence) -> float | None:
    test_set = accuracy(evidence, STUDENT, "test_set")
    if test_set is None or test_set.status is not MeasurementStatus.MEASURED:
        return None
    share = test_set.count.share
    return None if share is None else round(share, _CONFIDENCE_DECIMALS)


def _number(points: Decimal | None) -> int | float | None:
    """Return points as the JSON number with the same digits."""
    if points is None:
        return None
    return int(points) if points == points.to_integral_value() else float(points)
