"""A stored submission and its records → its evidence; no model runs and no picture is opened."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from grader.core.diagnosis import Diagnosis, Explanation, Miss
from grader.core.evidence import STUDENT, Evidence, ModelEvidence, SubjectEvidence
from grader.core.finding import Finding
from grader.core.perturbed import Classes, PerturbedPredictions
from grader.core.picture import PREVIEW_SIDE, ImageSet, Picture
from grader.measuring.subjects import PerturbedDigits, Rows, Task, pictures_of_failures
from grader.models.adapters import Labels
from grader.store.evidence import Store
from grader.store.records import (
    MISSES,
    OWN,
    TEST_SET,
    ParameterSets,
    PictureEntry,
    StoredModel,
    StoredPicture,
    StoredRun,
    StoredSubmission,
    StoredTestImages,
    answers_key,
    explanation_key,
    in_frame_key,
    perturbed_key,
    reading_key,
    test_image_key,
)

MOST_SEARCHED = 50
"""Misread pictures for which repairs are looked for; a submission has ten or twenty pictures."""
MOST_EXPLAINED = 10
"""Pictures misread after normalizing that get a map of occlusion and their nearest test images."""


def assemble_all(store: Store, *, forgets: bool = False) -> tuple[Evidence, ...]:
    """Return the evidence of every submission, in order of the ids; what belongs to the run is shared by them.

    Args:
        store: everything that was measured.
        forgets: remove records that none of them needs.

    Raises:
        GraderError: `evidence-damaged`.
    """
    assembly = Assembly(store)
    evidence = tuple(assembly.evidence(each) for each in store.submissions())
    if forgets:
        store.forget_unused(assembly.used)
    return evidence


class Assembly:
    """Puts evidence together; notes which records it took."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shared: dict[str, Any] = {}
        self.used: set[str] = set()
        """Keys of all records that were needed."""

    def evidence(self, stored: StoredSubmission) -> Evidence:
        """Return the evidence of one submission.

        Raises:
            GraderError: `evidence-damaged`: a record that it needs is missing or cannot be read.
        """
        settings, run = stored.settings, stored.run
        images = self.images(stored.pictures, settings.input_shape)
        evidence = Evidence(
            submission_id=stored.id,
            name=stored.name,
            key=stored.key,
            settings=settings,
            files=stored.files,
            images=images,
            model=self._model(stored),
            subjects={},
            findings=stored.findings,
            provenance=stored.provenance,
            failure=stored.failure,
            seconds=stored.seconds,
        )
        if stored.failure is not None:
            return evidence
        networks = dict(run.networks)
        if evidence.model is not None and evidence.model.loaded:
            networks[STUDENT] = stored.model
        task = Task.of(
            images,
            self._once(run.own_suite, ParameterSets),
            stored.pictures,
            border=settings.border,
            most_perturbed=settings.most_perturbed,
        )
        subjects = {
            STUDENT: SubjectEvidence(),
            **{who: self.subject(network, task, run, settings.classes) for who, network in networks.items()},
        }
        tried = {who: key for who, key in networks.items() if who != STUDENT or OWN in stored.answered}
        own = self._own(task, tried, stored)
        diagnoses = tuple(self._diagnoses(task, subjects, stored)) if MISSES in stored.answered else ()
        return dataclasses.replace(
            evidence,
            subjects=subjects,
            own=own,
            test_set=self._test_set(networks, stored),
            test_labels=self._once(run.test_set, np.ndarray),
            first_failures=pictures_of_failures(own, STUDENT, images.normalized, settings.border),
            diagnoses=diagnoses,
            test_images={
                row: self._once(test_image_key(run.test_set, row), np.ndarray)
                for found in diagnoses
                for near in found.nearest
                for row in near.rows
            },
        )

    def images(self, entries: Sequence[PictureEntry], input_shape: tuple[int, ...]) -> ImageSet:
        """Return pictures as arrays, those that can be used in the order of the entries."""
        pictures, findings = [], list[Finding]()
        used = list[StoredPicture]()
        for entry in entries:
            stored = self._need(entry.key, StoredPicture)
            is_usable = stored.normalized is not None
            pictures.append(
                Picture(
                    file=entry.file,
                    group=entry.group,
                    label=entry.label,
                    label_source=entry.label_source,
                    index=len(used) if is_usable else None,
                    width_pixels=stored.width_pixels,
                    height_pixels=stored.height_pixels,
                    quality=stored.quality,
                )
            )
            findings += renamed(stored.findings, entry.file)
            used += [stored] if is_usable else []
        return ImageSet(
            pictures=tuple(pictures),
            normalized=np.array([each.normalized for each in used], np.float32).reshape(-1, *input_shape),
            as_submitted=np.array([each.as_submitted for each in used], np.float32).reshape(-1, *input_shape),
            previews=np.array([each.preview for each in used], np.uint8).reshape(
                -1, PREVIEW_SIDE, PREVIEW_SIDE, 3
            ),
            findings=tuple(findings),
        )

    def subject(self, network: str, task: Task, run: StoredRun, classes: int) -> SubjectEvidence:
        """Return what a network said of every picture, and of the test images."""
        readings = [self._need(reading_key(network, key), np.ndarray) for key in task.keys]
        test_set = self._once(answers_key(network, run.test_set), np.ndarray)
        both = np.array(readings, np.float32).reshape(-1, 2, classes)
        return SubjectEvidence(normalized=both[:, 0], as_submitted=both[:, 1], test_set=test_set)

    def _model(self, stored: StoredSubmission) -> ModelEvidence | None:
        if stored.model_file is None:
            return None
        found: StoredModel = self._need(stored.model, StoredModel)
        return dataclasses.replace(found.evidence, file=stored.model_file)

    def _own(self, task: Task, networks: Mapping[str, str], stored: StoredSubmission) -> PerturbedPredictions:
        keys, suite = task.own_keys, stored.run.own_suite
        n_cells = sum(map(len, task.own.parameter_sets.values()))
        answers = {
            who: _columns(
                [self._need(perturbed_key(network, key, suite), np.ndarray) for key in keys], 1 + n_cells
            )
            for who, network in networks.items()
        }
        kept = _columns([self._need(in_frame_key(key, suite), np.ndarray) for key in keys], n_cells)
        return task.own.predictions(answers, stored.settings.referee or None, kept.astype(np.bool_))

    def _test_set(self, networks: Mapping[str, str], stored: StoredSubmission) -> PerturbedPredictions:
        """Return what the networks predict for the perturbed test images; the references' part is shared."""
        run = stored.run

        def answers(network: str) -> Classes:
            key = perturbed_key(network, run.perturbed_test_set, run.test_suite)
            return np.asarray(self._once(key, np.ndarray))

        known = f"{run.networks} {run.perturbed_test_set} {run.test_suite}"
        if known not in self._shared:
            known_images = self._once(run.perturbed_test_set, StoredTestImages)
            digits = PerturbedDigits(
                rows=known_images.rows,
                labels=known_images.labels,
                digits=np.zeros((0, 0, 0, 0), np.float32),
                parameter_sets=self._once(run.test_suite, ParameterSets),
                border=stored.settings.border,
            )
            read = {who: answers(key) for who, key in run.networks.items()}
            self._shared[known] = digits.predictions(
                read, stored.settings.referee or None, known_images.in_frame
            )
        shared: PerturbedPredictions = self._shared[known]
        if STUDENT not in networks or TEST_SET not in stored.answered:
            return shared
        return shared.with_answers({STUDENT: answers(networks[STUDENT])})

    def _diagnoses(
        self, task: Task, subjects: Mapping[str, SubjectEvidence], stored: StoredSubmission
    ) -> Iterator[Diagnosis]:
        settings = stored.settings
        for wanted in find_misses(
            task.rows, task.labels, subjects, settings.referee, is_repaired=settings.is_repaired
        ):
            found: Explanation = Explanation()
            if wanted.is_searched:
                found = self._need(wanted.key(stored.model, stored.run, task), Explanation)
            yield Diagnosis.of(wanted.miss, found)

    def _need(self, key: str, type_: Any) -> Any:
        self.used.add(key)
        return self._store.need(key, type_)

    def _once(self, key: str, type_: Any) -> Any:
        """Return a record that many submissions need, unpacked once."""
        if key not in self._shared:
            self._shared[key] = self._need(key, type_)
        return self._shared[key]


def renamed(findings: Sequence[Finding], file: str) -> list[Finding]:
    """Return the findings of a record with the name of the file, which the record does not know."""
    return [dataclasses.replace(finding, file=file) for finding in findings]


def _columns(records: Sequence[Classes], n_rows: int) -> Classes:
    return np.stack(records, axis=1) if records else np.zeros((n_rows, 0), np.int8)


@dataclasses.dataclass(frozen=True, kw_only=True)
class WantedExplanation:
    """A miss, and how much is asked about it."""

    miss: Miss
    is_searched: bool
    """Whether repairs are looked for; else nothing is asked."""
    is_complete: bool
    """Whether it gets a map of occlusion and its nearest test images, too."""
    referee: str
    """Id of the referee; "" for none."""

    def key(self, model: str, run: StoredRun, task: Task) -> str:
        """Return the key of its `Explanation`."""
        picture, referee = task.keys[self.miss.index], run.networks.get(self.referee, "")
        return explanation_key(model, referee, picture, self.miss.label, is_complete=self.is_complete)


def find_misses(
    rows: Rows,
    labels: Labels,
    subjects: Mapping[str, SubjectEvidence],
    referee: str,
    *,
    is_repaired: bool = True,
) -> tuple[WantedExplanation, ...]:
    """Return the labelled pictures that the student's model misread as handed in or normalized, in their order.

    Args:
        rows: of the labelled pictures in the arrays, (n,).
        labels: their classes, (n,).
        subjects: what the networks read, by subject.
        referee: id of the one that judges; "" for none, then every label stands.
        is_repaired: whether repairs are looked for: of ink on paper.
    """
    student, judge = subjects[STUDENT], subjects.get(referee)
    if student.normalized is None or student.as_submitted is None:
        return ()
    found: list[WantedExplanation] = []
    n_explained = 0
    for row, label in zip(rows.tolist(), labels.tolist(), strict=True):
        miss = Miss(
            index=row,
            label=label,
            submitted=student.as_submitted[row],
            normalized=student.normalized[row],
            is_read_by_referee=judge is None
            or judge.normalized is None
            or int(judge.normalized[row].argmax()) == label,
        )
        if miss.reads_as_submitted and miss.reads_normalized:
            continue
        is_searched = is_repaired and bool(referee) and len(found) < MOST_SEARCHED
        is_complete = is_searched and not miss.reads_normalized and n_explained < MOST_EXPLAINED
        n_explained += is_complete
        found.append(
            WantedExplanation(miss=miss, is_searched=is_searched, is_complete=is_complete, referee=referee)
        )
    return tuple(found)
