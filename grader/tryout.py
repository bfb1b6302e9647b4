"""Single pictures and a single model → what the grader makes of them; no submission, no rubric, no points."""

import contextlib
import hashlib
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

import grader
from grader.core.dataset import Dataset
from grader.core.finding import Finding
from grader.core.model_trial import ModelTrial
from grader.core.perturbed import joined
from grader.core.picture import ImageSet, Predictor, Probabilities
from grader.core.submission import Role, Submission, SubmittedFile
from grader.datasets.card import find_dataset
from grader.datasets.test_set import load_test_set
from grader.errors import GraderError
from grader.images.reader import PICTURE_JOB, read_pictures
from grader.intake.collect import collect
from grader.intake.roles import order_models
from grader.measuring.subjects import (
    PerturbedDigits,
    Rows,
    Task,
    first_of_each_class,
    pictures_of_failures,
    try_predictors,
)
from grader.models.formats import model_format
from grader.models.inference import infer_convention
from grader.models.references import list_references, load_reference
from grader.models.student import (
    MODEL_JOB,
    ModelUnusable,
    StudentPredictor,
    architecture_beside,
    open_student_model,
)
from grader.perturbations.base import ParameterSets
from grader.perturbations.suite import suite_on
from grader.sandbox.lock import NO_PART, WHOLE_LOCK, LockPart
from grader.sandbox.proof import require_available
from grader.sandbox.zygotes import Zygote

_PACKAGES = ("tensorflow", "keras", "onnxruntime", "numpy", "pillow", "scipy")
_MOST_IMAGES = 20_000
"""How many images are perturbed and asked at a time; 63 MB."""
_SUFFIXES = {"keras": ".keras", "hdf5": ".h5", "tflite": ".tflite", "onnx": ".onnx", None: ".bin"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Readings:
    """What a model says about pictures."""

    images: ImageSet
    """The pictures; row i of `probabilities` belongs to the picture with index i."""
    probabilities: Probabilities
    """(n, classes)"""
    convention: str | None
    """Input convention that was found for the model; None for a reference model, which takes images as the data set
    has them."""


def normalize_pictures(paths: Sequence[Path], *, dataset: str, is_sandbox_reduced: bool = False) -> ImageSet:
    """Return pictures as a network will see them.

    Args:
        paths: picture files; each appears under its path as given.
        dataset: name of the data set that says what a network sees.
        is_sandbox_reduced: the pictures are one's own; open them also where the lock is not whole.

    Raises:
        GraderError: `path-not-found`, `path-is-folder`, `sandbox-incomplete`.
    """
    needed = _needed(is_sandbox_reduced)
    with _spool() as spool, Zygote(PICTURE_JOB, needed=needed) as zygote:
        return read_pictures(_pictures(paths, spool), zygote, find_dataset(dataset).form)


def read_with(
    model: str,
    paths: Sequence[Path],
    *,
    dataset: str,
    limit_seconds: float,
    is_sandbox_reduced: bool = False,
) -> Readings:
    """Let a model read pictures after normalization.

    Args:
        model: path of a model file, or id of a reference model.
        paths: picture files.
        dataset: name of the data set that the model was trained on.
        limit_seconds: processor time for a model file.
        is_sandbox_reduced: model and pictures are one's own; open them also where the lock is not whole.

    Raises:
        GraderError: `path-not-found`, `path-is-folder`, `model-not-found`, `sandbox-incomplete`, or what is wrong with
            the model file.
    """
    needed, card = _needed(is_sandbox_reduced), find_dataset(dataset)
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(_opening(model, card, needed, limit_seconds))
        pictures = stack.enter_context(Zygote(PICTURE_JOB, needed=needed))
        spool = stack.enter_context(_spool())
        images = read_pictures(_pictures(paths, spool), pictures, card.form)
        with opened() as (predictor, convention):
            answers = predictor.predict(images.normalized)
        return Readings(images=images, probabilities=answers, convention=convention)


def try_robustness(
    model: str,
    *,
    dataset: str,
    folder: Path | None,
    level: str,
    n_digits: int,
    limit_seconds: float,
    is_sandbox_reduced: bool = False,
) -> ModelTrial:
    """Let a model, and the data set's referee if it has one, read images that are turned, moved and changed in other ways.

    Args:
        model: path of a model file, or id of a reference model.
        dataset: name of the data set that it was trained on.
        folder: a folder of pictures whose names tell the class, or None.
        level: how much is tried; a key of `SUITES`.
        n_digits: how many test images, rounded down to as many of each class.
        limit_seconds: processor time for a model file.
        is_sandbox_reduced: model and pictures are one's own; open them also where the lock is not whole.

    Raises:
        GraderError: `model-not-found`, `folder-of-several`, `sandbox-incomplete`, what `collect` raises of the folder, or
            what is wrong with the model file.
    """
    needed, card = _needed(is_sandbox_reduced), find_dataset(dataset)
    suite = suite_on(card, level)
    test_set_images, test_set_labels = load_test_set(card)
    rows = first_of_each_class(test_set_labels, n_digits)
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(_opening(model, card, needed, limit_seconds))
        images, task = None, None
        findings: tuple[Finding, ...] = ()
        if folder is not None:
            pictures = stack.enter_context(Zygote(PICTURE_JOB, needed=needed))
            spool = stack.enter_context(_spool())
            submission = _only_submission(folder, spool, card)
            images = read_pictures(submission.having(Role.PICTURE), pictures, card.form)
            findings = (*submission.findings, *images.findings)
            task = Task.of(images, suite.own, border=suite.border)
        judges: dict[str, Predictor] = (
            {} if card.referee is None else {card.referee: load_reference(card.referee)}
        )
        with opened() as (predictor, convention):
            readers = {**judges, predictor.id: predictor}
            own = None if task is None else try_predictors(task.own, readers, card.referee)
            digits = (
                PerturbedDigits.of(test_set_images, some, test_set_labels[some], suite.own, suite.border)
                for some in _in_parts(rows, suite.own)
            )
            test_set = joined([try_predictors(each, readers, card.referee) for each in digits])
            answers = None if images is None else predictor.predict(images.normalized)
        return ModelTrial(
            model=Path(model).name,
            subject=predictor.id,
            referee=card.referee or "",
            convention=convention,
            level=level,
            preparation=card.preparation,
            class_names=card.class_names,
            test_set=test_set,
            own=own,
            images=images,
            probabilities=answers,
            first_failures=()
            if images is None or own is None
            else pictures_of_failures(own, predictor.id, images.normalized, suite.border),
            findings=findings,
            date=datetime.now().astimezone().isoformat(timespec="seconds"),
            versions={"grader": grader.__version__, **{name: version(name) for name in _PACKAGES}},
        )


def _only_submission(folder: Path, spool: Path, dataset: Dataset) -> Submission:
    """Return the one submission in a folder.

    Raises:
        GraderError: `folder-of-several`, or what `collect` raises.
    """
    found = collect([folder], spool, dataset)
    if len(found) > 1:
        raise GraderError("folder-of-several", path=str(folder), n=len(found))
    return found[0]


def _in_parts(rows: Rows, parameter_sets: ParameterSets) -> Sequence[Rows]:
    """Return the digits in parts whose perturbations fit into memory; at least one part."""
    cells = 1 + sum(map(len, parameter_sets.values()))
    return np.array_split(rows, max(1, math.ceil(len(rows) * cells / _MOST_IMAGES)))


_Opened = Callable[[], contextlib.AbstractContextManager[tuple[Predictor, str | None]]]


@contextlib.contextmanager
def _opening(model: str, dataset: Dataset, needed: LockPart, limit_seconds: float) -> Iterator[_Opened]:
    """Start what opening a model needs, and yield a function that opens it: predictor and input convention.

    Args:
        model: path of a model file, or id of a reference model.
        dataset: the data set it was trained on.
        needed: parts of the lock without which no file is opened.
        limit_seconds: processor time for a model file.

    Raises:
        GraderError: `model-not-found`; when it is opened, what is wrong with the model file.
    """
    known = [card.id for card in list_references() if card.dataset == dataset.name]
    if model in known:
        yield lambda: contextlib.nullcontext((load_reference(model), None))
        return
    if not Path(model).exists():
        raise GraderError("model-not-found", model=model, known=", ".join(known))
    with Zygote(MODEL_JOB, needed=needed) as models, _spool() as spool:

        @contextlib.contextmanager
        def opened() -> Iterator[tuple[Predictor, str | None]]:
            file, beside = _spooled_model(Path(model), spool, dataset)
            try:
                with open_student_model(
                    file,
                    models,
                    dataset=dataset,
                    limit_seconds=limit_seconds,
                    architecture=architecture_beside(file, beside),
                ) as loaded:
                    found = infer_convention(loaded, *load_test_set(dataset), dataset)
                    yield StudentPredictor(loaded, found), found.chosen.id
            except ModelUnusable as unusable:
                raise GraderError(unusable.finding.slug, **unusable.finding.named) from unusable

        yield opened


def _needed(is_sandbox_reduced: bool) -> LockPart:
    needed = NO_PART if is_sandbox_reduced else WHOLE_LOCK
    require_available(needed)
    return needed


@contextlib.contextmanager
def _spool() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="grader-spool-") as folder:
        yield Path(folder)


def _pictures(paths: Sequence[Path], spool: Path) -> list[SubmittedFile]:
    return [_spooled(path, spool / f"{number}.bin", Role.PICTURE) for number, path in enumerate(paths)]


def _spooled_model(
    path: Path, spool: Path, dataset: Dataset
) -> tuple[SubmittedFile, Sequence[SubmittedFile]]:
    """Return the model at `path`, a file or the folder of one, and everything that lies in that folder."""
    if not path.is_dir():
        return _spooled(path, spool / f"model{_SUFFIXES[model_format(path)]}", Role.MODEL), ()
    (submission, *others) = collect([path], spool / "model", dataset)
    models = order_models(submission.having(Role.MODEL))
    if others or not models:
        raise GraderError("path-is-folder", path=str(path))
    return models[0], submission.files


def _spooled(path: Path, copy: Path, role: Role) -> SubmittedFile:
    """Copy a file into the spool under a name of ours."""
    if path.is_dir():
        raise GraderError("path-is-folder", path=str(path))
    if not path.is_file():
        raise GraderError("path-not-found", path=str(path))
    shutil.copyfile(path, copy)
    content = copy.read_bytes()
    return SubmittedFile(
        name=str(path),
        role=role,
        path=copy,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
