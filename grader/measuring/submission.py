"""One submission → records in the store, and itself as their keys; what is known already is not asked again."""

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Mapping

import numpy as np

from grader.core.evidence import EVIDENCE_SCHEMA, FileEvidence, MeasurementSettings
from grader.core.picture import Predictor
from grader.core.submission import Role, Submission
from grader.images.reader import read_pictures
from grader.measuring.assembly import Assembly
from grader.measuring.findings import doubtful_labels, missing_classes
from grader.measuring.student import measure_student
from grader.measuring.subjects import (
    BY_CHANCE,
    Task,
    TestSet,
    Tools,
    ask_about_pictures,
    ask_perturbed,
    ask_perturbed_test_set,
)
from grader.perturbations.suite import Suite
from grader.store.evidence import Store
from grader.store.records import (
    PictureEntry,
    StoredPicture,
    StoredRun,
    StoredSubmission,
    StoredTestImages,
    answers_key,
    digest,
    in_frame_key,
)


def base_key(settings: MeasurementSettings, versions: Mapping[str, str]) -> str:
    """Return the hash of what every measurement depends on."""
    shared = [settings.dataset, settings.class_names, settings.input_shape]
    return digest(EVIDENCE_SCHEMA, dict(versions), shared)


def measure_references(
    references: Mapping[str, tuple[Predictor, str]], test_set: TestSet, suite: Suite, base: str, store: Store
) -> StoredRun:
    """Ask the reference models about the test images, unless the store knows what they say.

    Args:
        references: by id: the network, and the hash of its file.
        test_set: known images.
        suite: what is tried.
        base: see `base_key`.
        store: where the answers go.

    Returns:
        The keys of what all submissions of the run share.
    """
    digits = test_set.perturbed
    run = StoredRun(
        networks={id_: digest(base, "reference", sha256) for id_, (_, sha256) in references.items()},
        own_suite=digest("suite", suite.own),
        test_suite=digest("suite", suite.test_set),
        perturbed_test_set=digest(
            base, "perturbed test set", test_set.sha256, digits.rows.tolist(), suite.test_set
        ),
        test_set=digest(base, "test set", test_set.sha256, len(test_set.labels)),
    )
    store.put(run.own_suite, "suite", suite.own)
    store.put(run.test_suite, "suite", suite.test_set)
    store.put(run.test_set, "test set", test_set.labels.astype(np.int8))
    store.fill(
        "test images",
        [run.perturbed_test_set],
        lambda _: [
            StoredTestImages(rows=digits.rows, labels=digits.labels.astype(np.int8), in_frame=digits.in_frame)
        ],
    )
    for id_, (reference, _) in references.items():
        key = answers_key(run.networks[id_], run.test_set)
        if not store.has(key):
            store.put(key, "answers", reference.predict(test_set.images).argmax(axis=1).astype(np.int8))
        ask_perturbed_test_set(run.networks[id_], reference.predict, test_set, run, store)
    return run


def evidence_key(submission: Submission, tools: Tools) -> str:
    """Return the hash of everything that the evidence of a submission depends on."""
    return digest(
        tools.base_key,
        submission.id,
        submission.name,
        [(f.name, f.role, f.sha256, f.label, f.label_source) for f in submission.files],
        [dataclasses.asdict(finding) for finding in submission.findings],
        dataclasses.asdict(submission.stated),
        dataclasses.asdict(tools.settings),
        dataclasses.asdict(tools.run),
    )


def measure(submission: Submission, tools: Tools) -> StoredSubmission:
    """Measure what the store does not know of one submission.

    Raises:
        GraderError: something of ours is broken; a submission never raises.
    """
    seconds: dict[str, float] = {}
    settings, run, store = tools.settings, tools.run, tools.store
    with _timed(seconds, "pictures"):
        entries = _read_pictures(submission, tools)
        assembly = Assembly(store)
        images = assembly.images(entries, settings.input_shape)
        task = Task.of(
            images,
            tools.suite.own,
            entries,
            border=settings.border,
            most_perturbed=settings.most_perturbed,
        )
    with _timed(seconds, "references"):
        store.fill(
            "in frame",
            [in_frame_key(key, run.own_suite) for key in task.own_keys],
            lambda some: task.own.in_frame[:, some].T,
        )
        for id_, reference in tools.references.items():
            network, predict = run.networks[id_], reference.predict
            ask_about_pictures(network, predict, predict, task, store)
            ask_perturbed(network, predict, task, run, store)
        subjects = {
            id_: assembly.subject(network, task, run, settings.classes)
            for id_, network in run.networks.items()
        }
    with _timed(seconds, "model"):
        student = measure_student(submission, task, subjects, tools)
    referee = settings.referee
    doubts = (
        doubtful_labels(task, subjects[referee], tools.references[referee].predict, tools.dataset)
        if referee in subjects
        else ()
    )
    return dataclasses.replace(
        _identity(submission, tools),
        pictures=entries,
        model_file=student.file,
        model=student.key,
        answered=student.answered,
        findings=(
            *submission.findings,
            *images.findings,
            *missing_classes(task, tools.dataset),
            *doubts,
            *student.findings,
        ),
        seconds=seconds,
    )


def our_failure(submission: Submission, tools: Tools) -> StoredSubmission:
    """Return a submission that the grader itself failed on: no measurement, so no points and no 0."""
    return dataclasses.replace(_identity(submission, tools), failure="grader-failed")


def _identity(submission: Submission, tools: Tools) -> StoredSubmission:
    return StoredSubmission(
        id=submission.id,
        name=submission.name,
        key=evidence_key(submission, tools),
        settings=tools.settings,
        run=tools.run,
        files=tuple(
            FileEvidence(name=file.name, role=file.role, size_bytes=file.size_bytes, sha256=file.sha256)
            for file in submission.files
        ),
        findings=submission.findings,
        provenance=tools.provenance,
    )


def _read_pictures(submission: Submission, tools: Tools) -> tuple[PictureEntry, ...]:
    """Decode the pictures that the store does not know; one that was lost by chance gets a key of this submission alone."""
    files = (*submission.having(Role.PICTURE), *submission.having(Role.AMBIGUOUS))
    keys = {
        file.name: digest(tools.base_key, "picture", dataclasses.asdict(tools.dataset.form), file.sha256)
        for file in files
    }
    unknown = [file for file in files if not tools.store.has(keys[file.name])]
    read = read_pictures(unknown, tools.pictures, tools.dataset.form)
    for picture in read.pictures:
        findings = [finding for finding in read.findings if finding.file == picture.file]
        if any(finding.slug in BY_CHANCE for finding in findings):
            keys[picture.file] = digest(keys[picture.file], submission.id)
        row = picture.index
        stored = StoredPicture(
            width_pixels=picture.width_pixels,
            height_pixels=picture.height_pixels,
            quality=picture.quality,
            findings=tuple(dataclasses.replace(finding, file=None) for finding in findings),
            normalized=None if row is None else read.normalized[row],
            as_submitted=None if row is None else read.as_submitted[row],
            preview=None if row is None else read.previews[row],
        )
        tools.store.put(keys[picture.file], "picture", stored)
    return tuple(
        PictureEntry(
            file=file.name,
            group=file.role,
            label=file.label,
            label_source=file.label_source,
            key=keys[file.name],
        )
        for file in files
    )


@contextlib.contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = round(time.perf_counter() - start, 3)
