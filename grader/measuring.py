"""One submission → evidence: everything slow, everything that touches a student's bytes, and no judgement."""

import contextlib
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from grader.core.evidence import (
    EVIDENCE_SCHEMA,
    STUDENT,
    Evidence,
    FileEvidence,
    MeasurementSettings,
    ModelEvidence,
    SubjectEvidence,
)
from grader.core.finding import Finding, Reason, Severity
from grader.core.measurement import Measurement, MeasurementStatus
from grader.core.picture import Images, ImageSet, Picture, Probabilities
from grader.core.submission import Role, Submission, SubmittedFile
from grader.images.reader import no_pictures, read_pictures
from grader.intake.roles import order_models
from grader.metrics.accuracy import accuracy_per_class, accuracy_per_transform
from grader.models.conventions import CONVENTIONS, ConventionEvidence, Labels, infer_convention
from grader.models.facts import ModelFacts
from grader.models.references import ReferencePredictor
from grader.models.student import (
    ModelUnusable,
    StudentPredictor,
    model_format,
    open_student_model,
)
from grader.perturbations.geometry import ink_lost, rotations, shifts, warp
from grader.sandbox.zygotes import ChildFailed, Spawner

QUESTIONS = (
    "probe", "handwriting", "handwriting_as_submitted", "handwriting_readable",
    "rotation", "rotation_readable", "shift", "shift_readable",
)  # fmt: skip
"""Names of the measurements of every subject."""

_MOST_INK_LOST = 0.02
"""A shifted picture that lost more of its ink than this does not count; measurement of the lecture networks: a shift of
(3, 3) loses 0.9 % on average, one of (6, 6) 12 %."""
_SURE = 0.95
"""Two referee votes above this are wrong on 0.1 % of real pictures, so a contradicted label deserves a look."""
_MOST_MODELS = 3
"""So many model files of a submission are tried; each may take its whole time limit."""
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What measuring works with; the same for every submission of a run."""

    settings: MeasurementSettings
    """What to measure."""
    pictures: Spawner
    """Zygote whose children decode pictures."""
    models: Spawner
    """Zygote whose children run models."""
    references: Mapping[str, ReferencePredictor]
    """The reference models of `settings`, by id."""
    probe_images: Images
    """Known digits, (n, height, width, 1)."""
    probe_labels: Labels
    """Their classes, (n,)."""
    reference_probe_predictions: Mapping[str, Labels]
    """What each reference model says they are, by its id."""
    image_sides: tuple[int, int]
    """(height, width) of the images that the assignment asks for."""
    provenance: Mapping[str, str]
    """Versions and hashes that go into the evidence and its key."""


def evidence_key(submission: Submission, tools: Tools) -> str:
    """Return the hash of everything that the evidence of a submission depends on."""
    parts = {
        "schema": EVIDENCE_SCHEMA,
        "submission": submission.id,
        "name": submission.name,
        "files": [(f.name, f.role, f.sha256, f.label, f.label_source) for f in submission.files],
        "findings": [asdict(finding) for finding in submission.findings],
        "settings": asdict(tools.settings),
        "provenance": dict(tools.provenance),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def measure(submission: Submission, tools: Tools) -> Evidence:
    """Measure one submission.

    Raises:
        GraderError: something of ours is broken; a submission never raises.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "pictures"):
        images = read_pictures(
            (*submission.having(Role.PICTURE), *submission.having(Role.AMBIGUOUS)), tools.pictures
        )
    task = _Task.of(images, tools.settings)
    with _timed(seconds, "references"):
        answers = {
            id_: _answer_all(predictor.predict, predictor.predict, task)
            for id_, predictor in tools.references.items()
        }
        readable = _Readable.by(answers[tools.settings.referee], task)
        subjects = {
            id_: _subject(each, tools.reference_probe_predictions[id_], task, readable, tools)
            for id_, each in answers.items()
        }
    with _timed(seconds, "model"):
        model, student, model_findings = _measure_student(submission, task, readable, tools)
    return Evidence(
        submission_id=submission.id,
        name=submission.name,
        key=evidence_key(submission, tools),
        settings=tools.settings,
        files=_file_evidence(submission),
        images=images,
        model=model,
        subjects={STUDENT: student, **subjects},
        findings=(
            *submission.findings,
            *images.findings,
            *_missing_digits(task, tools.settings.classes),
            *_doubtful_labels(task, answers[tools.settings.referee]),
            *model_findings,
        ),
        provenance=tools.provenance,
        seconds=seconds,
    )


def our_failure(submission: Submission, tools: Tools) -> Evidence:
    """Return the evidence of a submission that the grader itself failed on: no measurement, so no points and no 0."""
    return Evidence(
        submission_id=submission.id,
        name=submission.name,
        key=evidence_key(submission, tools),
        settings=tools.settings,
        files=_file_evidence(submission),
        images=no_pictures(),
        model=None,
        subjects={},
        findings=submission.findings,
        provenance=tools.provenance,
        failure="grader-failed",
    )


def _file_evidence(submission: Submission) -> tuple[FileEvidence, ...]:
    return tuple(
        FileEvidence(name=file.name, role=file.role, size_bytes=file.size_bytes, sha256=file.sha256)
        for file in submission.files
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Task:
    """The pictures, and what is asked about them."""

    images: ImageSet
    settings: MeasurementSettings
    graded: tuple[Picture, ...]
    """Usable pictures with a label, outside `ambiguous/`."""
    rows: Rows
    """Their rows in the arrays."""
    labels: Labels
    """Their labels."""
    rotated: Images
    """(angles * n, height, width, 1)"""
    shifted: Images
    """(shifts * n, height, width, 1)"""
    counts_shifted: npt.NDArray[np.bool_]
    """(shifts, graded): whether enough ink stayed in the frame."""

    @classmethod
    def of(cls, images: ImageSet, settings: MeasurementSettings) -> "_Task":
        graded = tuple(
            picture
            for picture in images.usable
            if picture.group is Role.PICTURE and picture.label is not None
        )
        rows = np.array([picture.index for picture in graded], np.int64)
        rotated = warp(images.normalized, rotations(settings.angles_degrees))
        shifted = warp(images.normalized, shifts(settings.shifts_pixels))
        return cls(
            images=images,
            settings=settings,
            graded=graded,
            rows=rows,
            labels=np.array([picture.label for picture in graded], np.int64),
            rotated=rotated.reshape(-1, *images.normalized.shape[1:]),
            shifted=shifted.reshape(-1, *images.normalized.shape[1:]),
            counts_shifted=ink_lost(images.normalized, shifted)[:, rows] < _MOST_INK_LOST,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Answers:
    """What one network says of every picture."""

    normalized: Probabilities
    as_submitted: Probabilities
    rotation: npt.NDArray[np.int8]
    """(angles, n)"""
    shift: npt.NDArray[np.int8]
    """(shifts, n)"""


Predict = Callable[[Images], Probabilities]


def _answer_all(predict: Predict, predict_as_submitted: Predict, task: _Task) -> _Answers:
    n, classes = len(task.images.normalized), task.settings.classes
    if n == 0:
        nothing = np.zeros((0, classes), np.float32)
        rotation = np.zeros((len(task.settings.angles_degrees), 0), np.int8)
        shift = np.zeros((len(task.settings.shifts_pixels), 0), np.int8)
        return _Answers(normalized=nothing, as_submitted=nothing, rotation=rotation, shift=shift)
    batch = predict(np.concatenate([task.images.normalized, task.rotated, task.shifted]))
    classes_ = batch[n:].argmax(axis=1).astype(np.int8).reshape(-1, n)
    n_angles = len(task.settings.angles_degrees)
    return _Answers(
        normalized=batch[:n],
        as_submitted=predict_as_submitted(task.images.as_submitted),
        rotation=classes_[:n_angles],
        shift=classes_[n_angles:],
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Readable:
    """Where the referee reads the label: only there can a network be blamed for a miss."""

    upright: npt.NDArray[np.bool_]
    """(graded,)"""
    rotated: npt.NDArray[np.bool_]
    """(angles, graded)"""
    shifted: npt.NDArray[np.bool_]
    """(shifts, graded)"""

    @classmethod
    def by(cls, referee: _Answers, task: _Task) -> "_Readable":
        upright = referee.normalized[task.rows].argmax(axis=1) == task.labels
        return cls(
            upright=upright,
            rotated=(referee.rotation[:, task.rows] == task.labels) & upright,
            shifted=(referee.shift[:, task.rows] == task.labels) & upright & task.counts_shifted,
        )


def _subject(
    answers: _Answers, probe_predictions: Labels, task: _Task, readable: _Readable, tools: Tools
) -> SubjectEvidence:
    rows, labels = task.rows, task.labels
    upright = answers.normalized[rows].argmax(axis=1)
    angles = tuple((angle,) for angle in task.settings.angles_degrees)
    places = tuple((float(dx), float(dy)) for dx, dy in task.settings.shifts_pixels)
    rotation, shift = answers.rotation[:, rows], answers.shift[:, rows]
    measured = (
        accuracy_per_class("probe", probe_predictions, tools.probe_labels),
        accuracy_per_class("handwriting", upright, labels),
        accuracy_per_class("handwriting_as_submitted", answers.as_submitted[rows].argmax(axis=1), labels),
        accuracy_per_class("handwriting_readable", upright, labels, readable.upright),
        accuracy_per_transform("rotation", angles, rotation, labels),
        accuracy_per_transform("rotation_readable", angles, rotation, labels, readable.rotated),
        accuracy_per_transform("shift", places, shift, labels),
        accuracy_per_transform("shift_readable", places, shift, labels, readable.shifted),
    )
    return SubjectEvidence(
        measurements={each.name: _or_missing(each, task) for each in measured},
        normalized=answers.normalized,
        as_submitted=answers.as_submitted,
        rotation=answers.rotation,
        shift=answers.shift,
    )


def _or_missing(measurement: Measurement, task: _Task) -> Measurement:
    """What could not be measured for want of pictures is missing, or failed when pictures were handed in."""
    if measurement.status is MeasurementStatus.MEASURED or task.graded:
        return measurement
    handed_in = any(picture.group is Role.PICTURE for picture in task.images.pictures)
    status = MeasurementStatus.FAILED if handed_in else MeasurementStatus.MISSING
    slug = "unmeasured-no-usable-picture" if handed_in else "unmeasured-no-picture"
    return dataclasses.replace(measurement, status=status, reason=Reason(slug=slug))


def _measure_student(
    submission: Submission, task: _Task, readable: _Readable, tools: Tools
) -> tuple[ModelEvidence | None, SubjectEvidence, tuple[Finding, ...]]:
    """Try the models in order until one answers everything; the findings say what became of the others."""
    handed_in = order_models(submission.having(Role.MODEL))
    files = handed_in[:_MOST_MODELS]
    if not files:
        return None, _unmeasured(MeasurementStatus.MISSING, Reason(slug="unmeasured-no-model")), ()
    findings: list[Finding] = []
    if len(handed_in) > len(files):
        values = {"n": len(handed_in), "tried": len(files)}
        findings.append(Finding(slug="models-not-tried", severity=Severity.WARNING, values=values))
    first_refused: ModelEvidence | None = None
    for file in files:
        try:
            model, student = _run_model(file, task, readable, tools)
        except ModelUnusable as unusable:
            findings.append(unusable.finding)
            first_refused = first_refused or _model_evidence(file, loaded=False, facts=unusable.facts)
            continue
        if len(handed_in) > 1:
            values = {"n": len(handed_in)}
            findings.append(
                Finding(slug="model-several", severity=Severity.INFO, file=file.name, values=values)
            )
        findings += _convention_findings(model)
        return model, student, tuple(findings)
    reason = Reason(slug="unmeasured-model-unusable", values={"file": files[0].name})
    return first_refused, _unmeasured(MeasurementStatus.FAILED, reason), tuple(findings)


def _run_model(
    file: SubmittedFile, task: _Task, readable: _Readable, tools: Tools
) -> tuple[ModelEvidence, SubjectEvidence]:
    """Run a model; once more when the helper process it ran in was lost, which is not the model's fault."""
    try:
        return _run_model_once(file, task, readable, tools)
    except ChildFailed:
        return _run_model_once(file, task, readable, tools)


def _run_model_once(
    file: SubmittedFile, task: _Task, readable: _Readable, tools: Tools
) -> tuple[ModelEvidence, SubjectEvidence]:
    settings = tools.settings
    with open_student_model(
        file,
        tools.models,
        classes=settings.classes,
        image_sides=tools.image_sides,
        limit_seconds=settings.limit_seconds,
    ) as model:
        convention = infer_convention(model, tools.probe_images, tools.probe_labels)
        predictor = StudentPredictor(model, convention.chosen, convention.outputs)
        answers = _answer_all(predictor.predict, predictor.predict_as_submitted, task)
    student = _subject(answers, convention.predictions, task, readable, tools)
    return _model_evidence(file, loaded=True, facts=model.facts, convention=convention), student


def _model_evidence(
    file: SubmittedFile,
    *,
    loaded: bool,
    facts: ModelFacts | None = None,
    convention: ConventionEvidence | None = None,
) -> ModelEvidence:
    known = ModelEvidence(
        file=file.name, format=model_format(file.path) or "unknown", sha256=file.sha256, loaded=loaded
    )
    if facts is not None and facts.parameters:
        known = dataclasses.replace(
            known, input_shape=facts.input_shape, parameters=facts.parameters, layers=facts.layers
        )
    if convention is not None:
        known = dataclasses.replace(
            known,
            outputs=convention.outputs,
            convention=convention.chosen.id,
            convention_is_certain=convention.is_certain,
            convention_losses=convention.losses,
            convention_accuracies=convention.accuracies,
        )
    return known


def _unmeasured(status: MeasurementStatus, reason: Reason) -> SubjectEvidence:
    return SubjectEvidence(
        measurements={name: Measurement(name=name, status=status, reason=reason) for name in QUESTIONS}
    )


def _convention_findings(model: ModelEvidence) -> list[Finding]:
    plain = CONVENTIONS[0].id
    if model.convention in {None, plain}:
        return []
    return [
        Finding(
            slug="model-other-convention",
            severity=Severity.INFO,
            file=model.file,
            values={
                "convention": str(model.convention),
                "plain_percent": f"{100 * model.convention_accuracies[plain]:.1f}",
                "own_percent": f"{100 * model.convention_accuracies[str(model.convention)]:.1f}",
            },
        )
    ]


def _missing_digits(task: _Task, classes: int) -> Iterator[Finding]:
    """Say which classes have no usable picture, when there are pictures at all."""
    handed_in = [picture for picture in task.images.pictures if picture.group is Role.PICTURE]
    missing = sorted(set(range(classes)) - {int(label) for label in task.labels})
    if handed_in and missing:
        yield Finding(
            slug="digits-missing",
            severity=Severity.WARNING,
            values={"digits": ", ".join(map(str, missing)), "n": len(missing)},
        )


def _doubtful_labels(task: _Task, referee: _Answers) -> Iterator[Finding]:
    """Say where the referee does not read what the label claims: surely another digit, or not this one."""
    for picture in task.graded:
        probabilities = referee.normalized[picture.index]
        prediction = int(probabilities.argmax())
        confidence = float(probabilities[prediction])
        if prediction != picture.label:
            yield Finding(
                slug="label-doubtful" if confidence >= _SURE else "picture-contested",
                severity=Severity.SUSPICIOUS if confidence >= _SURE else Severity.INFO,
                file=picture.file,
                values={
                    "label": int(picture.label or 0),
                    "prediction": prediction,
                    "percent": f"{100 * confidence:.0f}",
                },
            )


@contextlib.contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = round(time.perf_counter() - start, 3)
