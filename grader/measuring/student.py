"""The model files of a submission → what the first usable one answers, and what became of the others."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property, partial

import numpy as np

from grader.core.dataset import Dataset
from grader.core.diagnosis import Explanation
from grader.core.evidence import STUDENT, ModelEvidence, SubjectEvidence
from grader.core.finding import Finding, Severity
from grader.core.picture import Images, Probabilities
from grader.core.submission import NOTHING_STATED, Role, StatedModel, Submission, SubmittedFile
from grader.intake.roles import order_models
from grader.measuring.assembly import Assembly, find_misses, renamed
from grader.measuring.diagnose import diagnose
from grader.measuring.findings import convention_findings, repair_findings, stated_text
from grader.measuring.subjects import (
    BY_CHANCE,
    Task,
    Tools,
    ask_about_pictures,
    ask_perturbed,
    ask_perturbed_test_set,
)
from grader.models.adapters import conventions_for
from grader.models.consistency import CHECKED_IMAGES, check_consistency
from grader.models.facts import Leftover, ModelFacts, Repair
from grader.models.formats import model_format
from grader.models.inference import ConventionEvidence, infer_convention
from grader.models.resemblance import find_resemblance
from grader.models.student import (
    ModelUnusable,
    StudentModel,
    StudentPredictor,
    architecture_beside,
    open_student_model,
)
from grader.sandbox.zygotes import ChildFailed
from grader.store.records import MISSES, OWN, TEST_SET, StoredModel, answers_key, digest, test_image_key

_MOST_MODELS = 3
"""So many model files of a submission are tried; each may take its whole time limit."""


@dataclass(frozen=True, kw_only=True)
class StudentMeasured:
    """What became of the student's models."""

    file: str | None = None
    """The model that answered, else the first one that was refused; None when none was handed in."""
    key: str = ""
    """Key of its `StoredModel`."""
    answered: tuple[str, ...] = ()
    """What it answered to the end; see `StoredSubmission.answered`."""
    findings: tuple[Finding, ...] = ()
    """What was noticed."""


def measure_student(
    submission: Submission, task: Task, references: Mapping[str, SubjectEvidence], tools: Tools
) -> StudentMeasured:
    """Try the models in order until one answers everything; the findings say what became of the others.

    Args:
        submission: what was handed in.
        task: its pictures.
        references: what the reference models read.
        tools: zygotes, test images and the store.
    """
    handed_in = order_models(submission.having(Role.MODEL))
    files = handed_in[:_MOST_MODELS]
    findings: list[Finding] = []
    if len(handed_in) > len(files):
        values = {"n": len(handed_in), "tried": len(files)}
        findings.append(Finding(slug="models-not-tried", severity=Severity.WARNING, values=values))
    first_refused = StudentMeasured()
    for file in files:
        run = partial(_run_model, file, submission, task, references, tools)
        try:
            measured = run()
        except ChildFailed:
            # The helper process it ran in was lost, which is not the model's fault.
            measured = run()
        if not tools.store.need(measured.key, StoredModel).evidence.loaded:
            findings += measured.findings
            first_refused = first_refused if first_refused.key else measured
            continue
        if len(handed_in) > 1:
            values = {"n": len(handed_in)}
            findings.append(
                Finding(slug="model-several", severity=Severity.INFO, file=file.name, values=values)
            )
        return dataclasses.replace(measured, findings=(*findings, *measured.findings))
    return dataclasses.replace(first_refused, findings=tuple(findings))


def model_key(file: SubmittedFile, submission: Submission, tools: Tools) -> str:
    """Return the key of everything that the answers of a model depend on, but the images."""
    architecture = architecture_beside(file, submission.files)
    return digest(
        tools.base_key,
        "model",
        [file.sha256, file.path.suffix, architecture.sha256 if architecture else None],
        dataclasses.asdict(submission.stated),
        tools.run.test_set,
        tools.settings.limit_seconds,
    )


def _run_model(
    file: SubmittedFile,
    submission: Submission,
    task: Task,
    references: Mapping[str, SubjectEvidence],
    tools: Tools,
) -> StudentMeasured:
    """Ask a model what the store does not know of it.

    A refusal that may be gone with another try or other pictures gets a key of this submission alone.
    """
    key, store, run = model_key(file, submission, tools), tools.store, tools.run

    def refused(unusable: ModelUnusable, *, is_certain: bool) -> StudentMeasured:
        known = StoredModel(
            evidence=_model_evidence(file, tools.dataset, loaded=False, facts=unusable.facts),
            findings=(dataclasses.replace(unusable.finding, file=None),),
        )
        own_key = key if is_certain else digest(key, submission.id)
        store.put(own_key, "model", known)
        return StudentMeasured(file=file.name, key=own_key, findings=(unusable.finding,))

    with contextlib.ExitStack() as stack:
        stored: StoredModel | None = store.get(key, StoredModel)
        if stored and stored.evidence.loaded and not store.has(answers_key(key, run.test_set)):
            stored = None
        model = _Model(file, submission, tools, stack, stored)
        try:
            known = model.record
        except ModelUnusable as unusable:
            return refused(unusable, is_certain=unusable.finding.slug not in BY_CHANCE)
        findings = renamed(known.findings, file.name)
        if not known.evidence.loaded:
            return StudentMeasured(file=file.name, key=key, findings=tuple(findings))
        try:
            ask_about_pictures(key, model.predict, model.predict_as_submitted, task, store)
        except ModelUnusable as unusable:
            return refused(unusable, is_certain=False)
        store.put(key, "model", known)
        if model.is_new:
            answers = model.convention.predictions.astype(np.int8)
            store.put(answers_key(key, run.test_set), "answers", answers)
        # What was read up to here counts, even if the model fails while it is asked the rest.
        rest: Mapping[str, Callable[[], None]] = {
            OWN: lambda: ask_perturbed(key, model.predict, task, run, store),
            TEST_SET: lambda: ask_perturbed_test_set(key, model.predict, tools.test_set, run, store),
            MISSES: lambda: _explain(key, model, task, references, tools),
        }
        answered = tuple(stage for stage, ask in rest.items() if _answers_all(ask))
    findings += _not_asked(file.name, answered)
    return StudentMeasured(file=file.name, key=key, answered=answered, findings=tuple(findings))


class _Model:
    """A student's model that is opened when it is first asked."""

    def __init__(
        self,
        file: SubmittedFile,
        submission: Submission,
        tools: Tools,
        stack: contextlib.ExitStack,
        known: StoredModel | None,
    ) -> None:
        self._file, self._submission, self._tools, self._stack = file, submission, tools, stack
        self._known = known
        self.is_new = known is None
        """Whether nothing was known of it before."""

    @cached_property
    def _opened(self) -> StudentModel:
        settings, submission = self._tools.settings, self._submission
        return self._stack.enter_context(
            open_student_model(
                self._file,
                self._tools.models,
                dataset=self._tools.dataset,
                limit_seconds=settings.limit_seconds,
                architecture=architecture_beside(self._file, submission.files),
                network=submission.stated.network,
            )
        )

    @cached_property
    def convention(self) -> ConventionEvidence:
        """What it was trained with: as the store knows it, else found out."""
        if self._known is None:
            test_set = self._tools.test_set
            return infer_convention(
                self._opened,
                test_set.images,
                test_set.labels,
                self._tools.dataset,
                self._submission.stated,
            )
        known = self._known.evidence
        every = conventions_for(self._opened.layout, self._tools.dataset)
        (chosen,) = (each for each in every if each.id == known.convention)
        return ConventionEvidence(
            chosen=chosen,
            is_certain=known.convention_is_certain,
            contradicted=None,
            outputs=known.outputs or "",
            label_order=known.label_order,
            losses=known.convention_losses,
            accuracies=known.convention_accuracies,
            digits=known.convention_digits,
            predictions=np.zeros(0, np.int64),
            scores=np.zeros((0, self._tools.settings.classes), np.float32),
        )

    @cached_property
    def _predictor(self) -> StudentPredictor:
        return StudentPredictor(self._opened, self.convention)

    @cached_property
    def record(self) -> StoredModel:
        """What is known of it besides its answers to pictures."""
        if self._known is not None:
            return self._known
        convention, opened, stated = self.convention, self._opened, self._submission.stated
        inputs = convention.chosen.apply(self._tools.test_set.images[:CHECKED_IMAGES], opened.layout)
        noticed = check_consistency(
            self._predictor.answer, inputs, convention.probabilities(convention.scores), ""
        )
        return StoredModel(
            evidence=_model_evidence(
                self._file,
                self._tools.dataset,
                loaded=True,
                facts=opened.facts,
                convention=convention,
                stated=stated,
            ),
            findings=(
                *repair_findings("", opened.facts.repairs),
                *convention_findings("", convention, stated),
                *noticed,
            ),
        )

    def predict(self, images: Images) -> Probabilities:
        """See `StudentPredictor`."""
        return self._predictor.predict(images)

    def predict_as_submitted(self, pictures: Images) -> Probabilities:
        """See `StudentPredictor`."""
        return self._predictor.predict_as_submitted(pictures)


def _answers_all(ask: Callable[[], None]) -> bool:
    """Whether the model answered; not where it ran out of time or gave an answer that cannot be used."""
    try:
        ask()
    except ModelUnusable:
        return False
    return True


def _not_asked(file: str, answered: tuple[str, ...]) -> Iterator[Finding]:
    """Return findings that say what the model could no longer be asked."""
    if not {OWN, TEST_SET} <= set(answered):
        yield Finding(slug="changes-not-tried", severity=Severity.WARNING, file=file)
    if MISSES not in answered:
        yield Finding(slug="misses-not-explained", severity=Severity.INFO, file=file)


def _explain(
    key: str, model: _Model, task: Task, references: Mapping[str, SubjectEvidence], tools: Tools
) -> None:
    """Find out why pictures were misread, where the store does not know."""
    store, run, test_set = tools.store, tools.run, tools.test_set
    referee = tools.settings.referee
    student = Assembly(store).subject(key, task, run, tools.settings.classes)
    wanted = [
        each
        for each in find_misses(
            task.rows,
            task.labels,
            {STUDENT: student, **references},
            referee,
            is_repaired=tools.settings.is_repaired,
        )
        if each.is_searched
    ]
    keys = [each.key(key, run, task) for each in wanted]
    store.fill(
        "explanation",
        keys,
        lambda some: diagnose(
            task.images,
            [wanted[place].miss for place in some],
            model.predict,
            model.predict_as_submitted,
            tools.references[referee].predict,
            test_set.images,
            test_set.labels,
            convention=model.convention.chosen,
            dataset=tools.dataset,
            is_explained=[wanted[place].is_complete for place in some],
        ),
    )
    near = {row for each in keys for images in store.need(each, Explanation).nearest for row in images.rows}
    store.fill(
        "test image",
        [test_image_key(run.test_set, row) for row in sorted(near)],
        lambda some: np.round(255 * test_set.images[np.array(sorted(near))[some]]).astype(np.uint8),
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
        file="",
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
