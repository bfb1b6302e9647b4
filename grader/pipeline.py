"""The straight path: folder → submissions → evidence → grades → pages and tables.

Everything before the evidence is slow and touches a student's bytes; everything after it is a pure function.
"""

import contextlib
import json
import os
import platform
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from importlib.metadata import version
from operator import and_
from pathlib import Path
from typing import Any, Protocol

import grader
from grader.core.dataset import Dataset
from grader.core.evidence import Evidence, MeasurementSettings
from grader.core.grade import Grade
from grader.core.picture import Images
from grader.core.run import Assignment, RunInfo
from grader.core.submission import Submission, page_id
from grader.datasets.card import find_dataset
from grader.datasets.test_set import load_test_set
from grader.errors import GraderError
from grader.export.base import EXPORTERS, GradedRun
from grader.grading.rubric import (
    DEFAULT_RUBRIC,
    Rubric,
    measurement_settings,
    parse_rubric,
    read_rubric,
    require_same_settings,
)
from grader.grading.score import grade
from grader.images.reader import PICTURE_JOB
from grader.intake.collect import collect
from grader.measuring.assembly import Assembly, assemble_all
from grader.measuring.subjects import BY_CHANCE, TestSet, Tools
from grader.measuring.submission import base_key, evidence_key, measure, measure_references, our_failure
from grader.models.adapters import Labels
from grader.models.references import ONNX_FILE, ReferencePredictor, load_reference
from grader.models.student import MODEL_JOB
from grader.perturbations.suite import suite_on
from grader.report.render import render_class, render_student
from grader.sandbox.lock import NO_PART, WHOLE_LOCK
from grader.sandbox.proof import described, require, require_available
from grader.sandbox.zygotes import Zygote
from grader.store.evidence import Store, write_whole
from grader.store.records import MISSES, OWN, TEST_SET, StoredSubmission
from grader.store.run_folder import (
    EVIDENCE_FILE,
    RUBRIC_FILE,
    alone,
    choose_run_folder,
    earlier_points,
    finished_record,
    make_folder,
    paths_sha256,
    remove_strangers,
    write_record,
)

DEFAULT_LIMIT_SECONDS = 20.0
"""Processor time for a student's model; honest CNNs of the course need 1 to 2 seconds."""


class Progress(Protocol):
    """Whoever wants to know how far the work is."""

    def started(self, ids: Sequence[str]) -> None:
        """The submissions are known."""
        ...

    def finished(self, submission_id: str, *, reused: bool) -> None:
        """One of them has its evidence; `reused` when an earlier run had measured it."""
        ...


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """What `grader check` was asked to do."""

    paths: tuple[Path, ...]
    """Submissions, folders or zips of them."""
    rubric: str = DEFAULT_RUBRIC
    """Name of a rubric that ships, or path of a file."""
    out: Path | None = None
    """Run folder; None: a new one below `reports/`, or the unfinished one of the same paths."""
    jobs: int = 1
    """How many submissions are measured at a time."""
    language: str = "en"
    """Language of the pages: "ko" or "en"."""
    student: str | None = None
    """Only the submission with this id."""
    is_self_check: bool = False
    """A student tries the own work: the pages say that they are not a grade."""
    fresh: bool = False
    """Measure again what is already there."""
    limit_seconds: float = DEFAULT_LIMIT_SECONDS
    """Processor time for each student's model."""
    is_sandbox_reduced: bool = False
    """Open files also where the lock is not whole; only with `is_self_check`."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run."""

    folder: Path
    """Where everything is."""
    grades: tuple[Grade, ...]
    """In order of the submissions' ids."""
    evidence: tuple[Evidence, ...]
    """In the same order."""
    assignment: Assignment
    """What they were graded by."""
    language: str
    """Language of the pages."""
    moved: tuple[tuple[Grade, float | None], ...] = ()
    """After a regrade: grades that changed, each with the points that `results.json` said before."""

    @property
    def results(self) -> Mapping[str, Any]:
        """The content of `results.json`."""
        document: Mapping[str, Any] = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        return document


def check(options: CheckOptions, progress: Progress) -> Run:
    """Grade everything below the given paths.

    Raises:
        GraderError: nothing was started: the rubric, a path or the installation must be mended.
    """
    if options.is_sandbox_reduced and not options.is_self_check:
        raise GraderError("sandbox-reduced-needs-self")
    needed = NO_PART if options.is_sandbox_reduced else WHOLE_LOCK
    require_available(needed)
    rubric, rubric_source = _rubric(options.rubric)
    with contextlib.ExitStack() as stack:
        models = stack.enter_context(Zygote(MODEL_JOB, needed=needed))
        pictures = stack.enter_context(Zygote(PICTURE_JOB, needed=needed))
        spool = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-spool-")))
        dataset = find_dataset(rubric.dataset)
        settings = measurement_settings(rubric, limit_seconds=options.limit_seconds)
        references = {id_: load_reference(id_) for id_ in settings.references}
        known = load_test_set(dataset)
        submissions = _chosen(collect(options.paths, spool, dataset), options.student)
        folder = choose_run_folder(
            options.paths, out=options.out, fresh=options.fresh, is_self_check=options.is_self_check
        )
        require(pictures.prove(), needed)
        make_folder(folder)
        stack.enter_context(alone(folder))
        store = stack.enter_context(contextlib.closing(Store(folder / EVIDENCE_FILE, is_fresh=options.fresh)))
        tools = _tools(settings, dataset, known, references, models, pictures, store)
        record = _new_record(folder, options, tools, _sandbox(pictures, models))
        write_whole(folder / RUBRIC_FILE, rubric_source)
        write_record(folder, record)
        if options.student is None:
            remove_strangers(folder, submissions)
            store.forget_others(submission.id for submission in submissions)
        progress.started([submission.id for submission in submissions])
        _measure_all(submissions, tools, folder, options, progress)
        record["provenance"]["sandbox"] = _sandbox(pictures, models)
        write_record(folder, {**record, "is_finished": True})
        return _publish(folder, rubric, record, assemble_all(store, forgets=True))


def regrade(folder: Path, rubric_name: str | None, language: str | None) -> Run:
    """Grade the stored evidence of a run again; no model runs and no picture is opened.

    Args:
        folder: a run folder.
        rubric_name: name or path of a rubric; None: the one the run was graded with.
        language: language of the pages; None: as before.

    Raises:
        GraderError: the folder holds no run, the rubric is wrong, or it asks for something that was not measured.
    """
    record = finished_record(folder)
    rubric, rubric_source = _rubric(rubric_name or str(folder / RUBRIC_FILE))
    with alone(folder):
        if not (folder / EVIDENCE_FILE).exists():
            raise GraderError("run-without-evidence", run=str(folder))
        with contextlib.closing(Store(folder / EVIDENCE_FILE)) as store:
            evidence = assemble_all(store)
        if not evidence:
            raise GraderError("run-without-evidence", run=str(folder))
        for each in evidence:
            require_same_settings(rubric, each)
        before = earlier_points(folder)
        write_whole(folder / RUBRIC_FILE, rubric_source)
        record["settings"]["rubric"] = rubric_name or record["settings"]["rubric"]
        record["settings"]["language"] = language or record["settings"]["language"]
        write_record(folder, record)
        run = _publish(folder, rubric, record, evidence)
    after = {entry["id"]: entry for entry in run.results["submissions"]}
    moved = tuple(
        (each, before[each.submission_id])
        for each in run.grades
        if each.submission_id in before and before[each.submission_id] != after[each.submission_id]["points"]
    )
    return replace(run, moved=moved)


def report(folder: Path, language: str | None) -> Run:
    """Write the pages and tables of a run again, with the rubric it was graded with."""
    return regrade(folder, None, language)


def _rubric(path_or_name: str) -> tuple[Rubric, bytes]:
    path, content = read_rubric(path_or_name)
    return parse_rubric(content, file=path.name), content


def _tools(
    settings: MeasurementSettings,
    dataset: Dataset,
    known: tuple[Images, Labels],
    references: Mapping[str, ReferencePredictor],
    models: Zygote,
    pictures: Zygote,
    store: Store,
) -> Tools:
    images, labels = known
    suite = suite_on(dataset, settings.level)
    test_set = TestSet.of(images, labels, suite, settings.test_set_size, dataset.test_set_sha256)
    versions = {
        "grader": grader.__version__,
        "python": platform.python_version(),
        **{
            name: version(name) for name in ("tensorflow", "keras", "onnxruntime", "numpy", "pillow", "scipy")
        },
        "oneDNN": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1"),
    }
    base = base_key(settings, versions)
    hashes = {id_: reference.card.sha256[ONNX_FILE] for id_, reference in references.items()}
    networks = {id_: (reference, hashes[id_]) for id_, reference in references.items()}
    return Tools(
        settings=settings,
        suite=suite,
        pictures=pictures,
        models=models,
        references=references,
        dataset=dataset,
        test_set=test_set,
        store=store,
        run=measure_references(networks, test_set, suite, base, store),
        base_key=base,
        provenance={**versions, **{f"reference {id_}": sha256 for id_, sha256 in hashes.items()}},
    )


def _chosen(submissions: Sequence[Submission], student: str | None) -> tuple[Submission, ...]:
    chosen = tuple(each for each in submissions if student in {None, each.id, each.name})
    if not chosen:
        known = ", ".join(each.id for each in submissions)
        raise GraderError("student-not-found", student=str(student), known=known)
    return chosen


def _measure_all(
    submissions: Sequence[Submission], tools: Tools, folder: Path, options: CheckOptions, progress: Progress
) -> None:
    """Measure what has no evidence yet. Evidence is stored as it comes, so that an interrupted run goes on there."""

    def measure_one(submission: Submission) -> tuple[Submission, bool]:
        if not options.fresh and is_current(submission, tools):
            return submission, True
        stored, failure = _measure_or_fail(submission, tools)
        said = folder / "evidence" / f"{page_id(submission.id)}.error.txt"
        if failure is None:
            said.unlink(missing_ok=True)
        else:
            make_folder(said.parent)
            write_whole(said, failure.encode("utf-8", "backslashreplace"))
        tools.store.save(stored)
        return submission, False

    with ThreadPoolExecutor(max_workers=options.jobs) as slots:
        futures = [slots.submit(measure_one, submission) for submission in submissions]
        try:
            for future in as_completed(futures):
                submission, reused = future.result()
                progress.finished(submission.id, reused=reused)
        except BaseException:
            slots.shutdown(wait=True, cancel_futures=True)
            raise


def _measure_or_fail(submission: Submission, tools: Tools) -> tuple[StoredSubmission, str | None]:
    """Return the submission as measured, and the traceback of a mistake of ours, which costs only this submission.

    Raises:
        GraderError: the installation is broken, for everybody.
    """
    if submission.failure is not None:
        return our_failure(submission, tools), submission.failure
    try:
        return measure(submission, tools), None
    except GraderError:
        raise
    except Exception:
        return our_failure(submission, tools), traceback.format_exc()


def is_current(submission: Submission, tools: Tools) -> bool:
    """Whether the store has everything about a submission, and no failure that another try may avoid."""
    stored = tools.store.submission(submission.id)
    if stored is None or stored.key != evidence_key(submission, tools) or stored.failure is not None:
        return False
    try:
        evidence = Assembly(tools.store).evidence(stored)
    except GraderError:
        return False
    is_complete = (
        not evidence.model or not evidence.model.loaded or {OWN, TEST_SET, MISSES} <= set(stored.answered)
    )
    return is_complete and not any(finding.slug in BY_CHANCE for finding in stored.findings)


def _new_record(folder: Path, options: CheckOptions, tools: Tools, sandbox: str) -> dict[str, Any]:
    return {
        "run": folder.resolve().name,
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "is_finished": False,
        "paths_sha256": paths_sha256(options.paths),
        "settings": {
            "rubric": options.rubric,
            "language": options.language,
            "is_self_check": options.is_self_check,
            "limit_seconds": options.limit_seconds,
        },
        "provenance": {**tools.provenance, "sandbox": sandbox},
    }


def _sandbox(*zygotes: Zygote) -> str:
    """Return the parts of the lock that held in the children of every helper used so far."""
    proven = [each.proven for each in zygotes if each.proven is not None]
    return described(reduce(and_, proven))


def _publish(folder: Path, rubric: Rubric, record: Mapping[str, Any], evidence: tuple[Evidence, ...]) -> Run:
    """Evidence → grades → pages and tables: the pure half."""
    language = record["settings"]["language"]
    grades = tuple(grade(rubric, each) for each in evidence)
    if record["settings"]["is_self_check"]:
        grades = tuple(each.for_students() for each in grades)
    by_id = {each.submission_id: each for each in evidence}
    assignment = rubric.assignment(RUBRIC_FILE)
    run = RunInfo(
        id=record["run"],
        date=record["date"],
        grader_version=record["provenance"]["grader"],
        is_self_check=record["settings"]["is_self_check"],
        versions=record["provenance"],
        settings={name: str(value) for name, value in record["settings"].items()},
    )
    (folder / "students").mkdir(exist_ok=True)
    for each in grades:
        page = render_student(each, by_id[each.submission_id], assignment, run, language)
        write_whole(folder / "students" / f"{page_id(each.submission_id)}.html", page.encode())
    index = render_class(tuple(zip(grades, evidence, strict=True)), assignment, run, language)
    write_whole(folder / "index.html", index.encode())
    graded = GradedRun(run=run, assignment=assignment, grades=grades, evidences=by_id, language=language)
    for name in EXPORTERS.names:
        exporter = EXPORTERS.get(name)
        write_whole(folder / exporter.file, exporter.write(graded))
    return Run(folder=folder, grades=grades, evidence=evidence, assignment=assignment, language=language)
