"""One submission → its evidence."""

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict

from grader.core.evidence import EVIDENCE_SCHEMA, STUDENT, Evidence, FileEvidence
from grader.core.submission import Role, Submission
from grader.images.reader import no_pictures, read_pictures
from grader.measuring.findings import doubtful_labels, missing_classes
from grader.measuring.student import measure_student
from grader.measuring.subjects import Readable, Task, Tools, answer_all, subject


def evidence_key(submission: Submission, tools: Tools) -> str:
    """Return the hash of everything that the evidence of a submission depends on."""
    parts = {
        "schema": EVIDENCE_SCHEMA,
        "submission": submission.id,
        "name": submission.name,
        "files": [(f.name, f.role, f.sha256, f.label, f.label_source) for f in submission.files],
        "findings": [asdict(finding) for finding in submission.findings],
        "settings": asdict(tools.settings),
        "suite": asdict(tools.suite),
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
            (*submission.having(Role.PICTURE), *submission.having(Role.AMBIGUOUS)),
            tools.pictures,
            tools.dataset.form,
        )
    task = Task.of(images, tools.suite)
    with _timed(seconds, "references"):
        references, referee = tools.references, tools.settings.referee
        answers = {id_: answer_all(each.predict, each.predict, images) for id_, each in references.items()}
        readings = {id_: task.own.read_by(each.predict) for id_, each in references.items()}
        readable = Readable.by(referee, answers, readings, task)
        subjects = {
            id_: subject(
                answers[id_],
                readings[id_],
                tools.reference_test_set_predictions[id_],
                tools.test_set_labels,
                task,
                readable,
            )
            for id_ in references
        }
    with _timed(seconds, "model"):
        student = measure_student(submission, task, readable, tools)
    return Evidence(
        submission_id=submission.id,
        name=submission.name,
        key=evidence_key(submission, tools),
        settings=tools.settings,
        files=_file_evidence(submission),
        images=images,
        model=student.model,
        subjects={STUDENT: student.subject, **subjects},
        findings=(
            *submission.findings,
            *images.findings,
            *missing_classes(task, tools.dataset),
            *doubtful_labels(task, answers[referee], references[referee].predict, tools.dataset),
            *student.findings,
        ),
        own=student.own,
        test_set=student.test_set,
        first_failures=student.first_failures,
        diagnoses=student.diagnoses,
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
        images=no_pictures(tools.dataset.shape),
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


@contextlib.contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = round(time.perf_counter() - start, 3)
