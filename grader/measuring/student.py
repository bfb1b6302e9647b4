"""The model files of a submission → what the first usable one read, and what became of the others."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntFlag
from typing import TypeVar

from grader.core.dataset import Dataset
from grader.core.diagnosis import Diagnosis
from grader.core.evidence import STUDENT, FirstFailure, ModelEvidence, SubjectEvidence
from grader.core.finding import Finding, Reason, Severity
from grader.core.measurement import MeasurementStatus
from grader.core.perturbed import PerturbedPredictions
from grader.core.submission import NOTHING_STATED, Role, StatedModel, Submission, SubmittedFile
from grader.intake.roles import order_models
from grader.measuring.diagnose import diagnose
from grader.measuring.findings import convention_findings, repair_findings, stated_text
from grader.measuring.subjects import (
    Readable,
    Task,
    Tools,
    answer_all,
    pictures_of_failures,
    subject,
    unmeasured,
    with_reading,
)
from grader.models.consistency import CHECKED_IMAGES, check_consistency
from grader.models.facts import Leftover, ModelFacts, Repair
from grader.models.formats import model_format
from grader.models.inference import ConventionEvidence, infer_convention
from grader.models.resemblance import find_resemblance
from grader.models.student import ModelUnusable, StudentPredictor, architecture_beside, open_student_model
from grader.sandbox.zygotes import ChildFailed

_MOST_MODELS = 3
"""So many model files of a submission are tried; each may take its whole time limit."""


@dataclass(frozen=True, kw_only=True)
class StudentMeasured:
    """What became of the student's models."""

    model: ModelEvidence | None
    """None when none was handed in."""
    subject: SubjectEvidence
    """What it read, or why it read nothing."""
    own: PerturbedPredictions
    """The perturbed pictures, with its answers where there are any."""
    test_set: PerturbedPredictions
    """The perturbed test images, likewise."""
    first_failures: tuple[FirstFailure, ...] = ()
    """Where it begins to lose digits."""
    diagnoses: tuple[Diagnosis, ...] = ()
    """Why it misread pictures."""
    findings: tuple[Finding, ...] = ()
    """What was noticed."""


def measure_student(submission: Submission, task: Task, readable: Readable, tools: Tools) -> StudentMeasured:
    """Try the models in order until one answers everything; the findings say what became of the others.

    Args:
        submission: what was handed in.
        task: its pictures.
        readable: where the referee reads them; `readable.own` with the answers of the references.
        tools: zygotes and test images.
    """
    handed_in = order_models(submission.having(Role.MODEL))
    files = handed_in[:_MOST_MODELS]
    if not files:
        nothing = unmeasured(MeasurementStatus.MISSING, Reason(slug="unmeasured-no-model"))
        return StudentMeasured(
            model=None, subject=nothing, own=readable.own, test_set=tools.test_set_predictions
        )
    findings: list[Finding] = []
    if len(handed_in) > len(files):
        values = {"n": len(handed_in), "tried": len(files)}
        findings.append(Finding(slug="models-not-tried", severity=Severity.WARNING, values=values))
    first_refused: ModelEvidence | None = None
    for file in files:
        try:
            measured = _run_model(file, submission, task, readable, tools)
        except ModelUnusable as unusable:
            findings.append(unusable.finding)
            first_refused = first_refused or _model_evidence(
                file, tools.dataset, loaded=False, facts=unusable.facts
            )
            continue
        if len(handed_in) > 1:
            values = {"n": len(handed_in)}
            findings.append(
                Finding(slug="model-several", severity=Severity.INFO, file=file.name, values=values)
            )
        return dataclasses.replace(measured, findings=(*findings, *measured.findings))
    reason = Reason(slug="unmeasured-model-unusable", values={"file": files[0].name})
    return StudentMeasured(
        model=first_refused,
        subject=unmeasured(MeasurementStatus.FAILED, reason),
        own=readable.own,
        test_set=tools.test_set_predictions,
        findings=tuple(findings),
    )


def _run_model(
    file: SubmittedFile, submission: Submission, task: Task, readable: Readable, tools: Tools
) -> StudentMeasured:
    """Run a model; once more when the helper process it ran in was lost, which is not the model's fault."""
    try:
        return _run_model_once(file, submission, task, readable, tools)
    except ChildFailed:
        return _run_model_once(file, submission, task, readable, tools)


def _run_model_once(
    file: SubmittedFile, submission: Submission, task: Task, readable: Readable, tools: Tools
) -> StudentMeasured:
    settings, stated = tools.settings, submission.stated
    with open_student_model(
        file,
        tools.models,
        dataset=tools.dataset,
        limit_seconds=settings.limit_seconds,
        architecture=architecture_beside(file, submission.files),
        network=stated.network,
    ) as model:
        convention = infer_convention(
            model, tools.test_set_images, tools.test_set_labels, tools.dataset, stated
        )
        predictor = StudentPredictor(model, convention)
        inputs = convention.chosen.apply(tools.test_set_images[:CHECKED_IMAGES], model.layout)
        known = convention.probabilities(convention.scores)
        noticed = check_consistency(predictor.answer, inputs, known, file.name)
        answers = answer_all(predictor.predict, predictor.predict_as_submitted, task.images)
        # What was read up to here counts, whatever becomes of the model while it is asked the rest.
        reading = _unless_it_ends(lambda: task.own.read_by(predictor.predict))
        on_test_set = _unless_it_ends(lambda: tools.test_set_size.read_by(predictor.predict))
        diagnoses = _unless_it_ends(lambda: _diagnose(predictor, convention, task, tools))
    own = readable.own if reading is None else with_reading(readable.own, STUDENT, reading)
    test_set = (
        tools.test_set_predictions
        if on_test_set is None
        else with_reading(tools.test_set_predictions, STUDENT, on_test_set)
    )
    evidence = _model_evidence(
        file, tools.dataset, loaded=True, facts=model.facts, convention=convention, stated=stated
    )
    findings = (
        *repair_findings(file.name, model.facts.repairs),
        *convention_findings(file.name, convention, stated),
        *noticed,
        *_not_asked(
            file.name, is_tried=None not in (reading, on_test_set), is_explained=diagnoses is not None
        ),
    )
    return StudentMeasured(
        model=evidence,
        subject=subject(answers, reading, convention.predictions, tools.test_set_labels, task, readable),
        own=own,
        test_set=test_set,
        first_failures=pictures_of_failures(own, STUDENT, task.own),
        diagnoses=diagnoses or (),
        findings=findings,
    )


_T = TypeVar("_T")


def _unless_it_ends(ask: Callable[[], _T]) -> _T | None:
    """Return the answer; None where the model ran out of time or gave one that cannot be used."""
    try:
        return ask()
    except ModelUnusable:
        return None


def _not_asked(file: str, *, is_tried: bool, is_explained: bool) -> Iterator[Finding]:
    """Say what the model could not be asked any more."""
    if not is_tried:
        yield Finding(slug="changes-not-tried", severity=Severity.WARNING, file=file)
    if not is_explained:
        yield Finding(slug="misses-not-explained", severity=Severity.INFO, file=file)


def _diagnose(
    predictor: StudentPredictor, convention: ConventionEvidence, task: Task, tools: Tools
) -> tuple[Diagnosis, ...]:
    """Return why pictures were misread."""
    return diagnose(
        task.images,
        task.rows,
        task.labels,
        predictor.predict,
        predictor.predict_as_submitted,
        tools.references[tools.settings.referee].predict,
        tools.test_set_images,
        tools.test_set_labels,
        convention=convention.chosen,
        dataset=tools.dataset,
    )


def _model_evidence(
    file: SubmittedFile,
    dataset: Dataset,
    *,
    loaded: bool,
    facts: ModelFacts | None = None,
    convention: ConventionEvidence | None = None,
    stated: StatedModel = NOTHING_STATED,
) -> ModelEvidence:
    known = ModelEvidence(
        file=file.name,
        format=model_format(file.path) or "unknown",
        sha256=file.sha256,
        loaded=loaded,
        convention_stated=stated_text(stated),
    )
    if facts is not None:
        known = dataclasses.replace(
            known,
            keras_version=".".join(map(str, facts.keras_version)) if facts.keras_version else None,
            leftovers=_names(Leftover, facts.leftovers),
            repairs=_names(Repair, facts.repairs),
        )
    if facts is not None and facts.parameters:
        known = dataclasses.replace(
            known, input_shape=facts.input_shape, parameters=facts.parameters, layers=facts.layers
        )
        near = find_resemblance(facts.layers, facts.input_shape, dataset)
        known = dataclasses.replace(
            known, resembles=near.id, resembles_exactly=near.is_exact, differences=near.differences
        )
    if convention is not None:
        known = dataclasses.replace(
            known,
            outputs=convention.outputs,
            label_order=convention.label_order,
            convention=convention.chosen.id,
            convention_is_certain=convention.is_certain,
            convention_losses=convention.losses,
            convention_accuracies=convention.accuracies,
            convention_digits=convention.digits,
        )
    return known


def _names(sort: type[IntFlag], found: IntFlag) -> tuple[str, ...]:
    """Return the names of the flags that are set, as evidence has them."""
    return tuple(str(flag.name).lower().replace("_", "-") for flag in sort if flag in found)
