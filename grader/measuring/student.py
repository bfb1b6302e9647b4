"""The model files of a submission → what the first usable one read, and what became of the others."""

import dataclasses

from grader.core.evidence import ModelEvidence, SubjectEvidence
from grader.core.finding import Finding, Reason, Severity
from grader.core.measurement import MeasurementStatus
from grader.core.submission import Role, Submission, SubmittedFile
from grader.intake.roles import order_models
from grader.measuring.subjects import Readable, Task, answer_all, subject, unmeasured
from grader.measuring.tools import Tools
from grader.models.conventions import CONVENTIONS, ConventionEvidence, infer_convention
from grader.models.facts import ModelFacts
from grader.models.resemblance import find_resemblance
from grader.models.student import ModelUnusable, StudentPredictor, model_format, open_student_model
from grader.sandbox.zygotes import ChildFailed

_MOST_MODELS = 3
"""So many model files of a submission are tried; each may take its whole time limit."""


def measure_student(
    submission: Submission, task: Task, readable: Readable, tools: Tools
) -> tuple[ModelEvidence | None, SubjectEvidence, tuple[Finding, ...]]:
    """Try the models in order until one answers everything; the findings say what became of the others."""
    handed_in = order_models(submission.having(Role.MODEL))
    files = handed_in[:_MOST_MODELS]
    if not files:
        return None, unmeasured(MeasurementStatus.MISSING, Reason(slug="unmeasured-no-model")), ()
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
    return first_refused, unmeasured(MeasurementStatus.FAILED, reason), tuple(findings)


def _run_model(
    file: SubmittedFile, task: Task, readable: Readable, tools: Tools
) -> tuple[ModelEvidence, SubjectEvidence]:
    """Run a model; once more when the helper process it ran in was lost, which is not the model's fault."""
    try:
        return _run_model_once(file, task, readable, tools)
    except ChildFailed:
        return _run_model_once(file, task, readable, tools)


def _run_model_once(
    file: SubmittedFile, task: Task, readable: Readable, tools: Tools
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
        answers = answer_all(predictor.predict, predictor.predict_as_submitted, task)
    student = subject(answers, convention.predictions, task, readable, tools)
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
        near = find_resemblance(facts.layers, facts.input_shape)
        known = dataclasses.replace(
            known, resembles=near.id, resembles_exactly=near.is_exact, differences=near.differences
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
