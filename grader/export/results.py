"""Grades and evidence → the document `results.json`, a versioned interface; see docs/results-format.md."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy.typing as npt

from grader.analysis.accuracy import accuracy
from grader.core.diagnosis import Diagnosis
from grader.core.evidence import STUDENT, Evidence, SubjectEvidence
from grader.core.finding import Finding
from grader.core.grade import CriterionResult, Grade
from grader.core.measurement import Measurement, MeasurementStatus
from grader.core.perturbed import Zone
from grader.core.picture import Picture
from grader.core.run import Assignment, RunInfo
from grader.export.robustness import image_numbers, plain, subject_numbers
from grader.texts.catalog import Texts

SCHEMA_VERSION = 1
"""Raised when a reader of the old form could misread the new one."""

ROBUSTNESS = ("rotation", "rotation_readable", "shift", "shift_readable")
"""Measurements that `robustness` holds for every subject."""

_CONFIDENCE_DECIMALS = 4
_SECONDS_DECIMALS = 3


@cache
def results_schema() -> Mapping[str, Any]:
    """Return the JSON schema (draft 2020-12) that every document follows."""
    schema: Mapping[str, Any] = json.loads(
        Path(__file__).with_name("results.schema.json").read_text(encoding="utf-8")
    )
    return schema


def results_document(
    run: RunInfo,
    assignment: Assignment,
    grades: Sequence[Grade],
    evidences: Mapping[str, Evidence],
    language: str,
) -> dict[str, Any]:
    """Return what `results.json` holds.

    Args:
        run: what was run.
        assignment: what it was graded by.
        grades: one for every submission, in any order.
        evidences: by id of the submission; one that failed before anything was measured may be absent.
        language: "ko" or "en", for texts.

    Returns:
        Plain dicts, lists, texts and numbers; submissions by id. Two equal runs differ in `seconds` only.
    """
    said = Texts(language)
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
        "submissions": [
            _submission(grade, evidences.get(grade.submission_id), assignment.zone, said)
            for grade in sorted(grades, key=lambda grade: grade.submission_id)
        ],
    }


def results_text(document: Mapping[str, Any]) -> str:
    """Return `document` as JSON text, the same for the same document.

    Raises:
        ValueError: a number in it is not finite.
    """
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


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
        "robustness": _robustness(evidence, zone, said) if evidence else {},
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
    }


def _finding(finding: Finding, said: Texts) -> dict[str, Any]:
    return {
        "slug": finding.slug,
        "severity": finding.severity.value,
        "file": finding.file,
        "detail": said.advice(finding),
    }


def _images(evidence: Evidence, zone: Zone) -> list[dict[str, Any]]:
    held_up = image_numbers(evidence, zone)
    why = {diagnosis.index: _diagnosis(diagnosis) for diagnosis in evidence.diagnoses}
    return [
        {
            **_image(picture, evidence),
            "robustness": None if picture.index is None else held_up.get(picture.index),
            "diagnosis": None if picture.index is None else why.get(picture.index),
        }
        for picture in evidence.images.pictures
    ]


def _diagnosis(found: Diagnosis) -> dict[str, Any]:
    return {
        "verdict": found.cause.value,
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


def _robustness(evidence: Evidence, zone: Zone, said: Texts) -> dict[str, Any]:
    return {
        subject: {
            **{
                name: _measurement(found, said)
                for name in ROBUSTNESS
                if (found := accuracy(evidence, subject, name)) is not None
            },
            **subject_numbers(evidence, subject, zone),
        }
        for subject in sorted(evidence.subjects, key=lambda subject: (subject != STUDENT, subject))
    }


def _measurement(measurement: Measurement, said: Texts) -> dict[str, Any]:
    return {
        "status": measurement.status.value,
        "reason": said.advice(measurement.reason) if measurement.reason else None,
        "at": [plain(cell.at) for cell in measurement.cells],
        "correct": [cell.count.correct for cell in measurement.cells],
        "total": [cell.count.total for cell in measurement.cells],
    }


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
