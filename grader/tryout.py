"""Single pictures and a single model → what the grader makes of them; no submission, no rubric, no points."""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.core.picture import ImageSet, Probabilities
from grader.core.submission import Role, SubmittedFile
from grader.errors import GraderError
from grader.images.reader import PICTURE_JOB, read_pictures
from grader.intake.collect import collect
from grader.intake.roles import order_models
from grader.models.formats import model_format
from grader.models.inference import infer_convention
from grader.models.probe import load_probe
from grader.models.references import list_references, load_reference
from grader.models.student import (
    MODEL_JOB,
    ModelUnusable,
    StudentPredictor,
    architecture_beside,
    open_student_model,
)
from grader.sandbox.lock import NO_PART, WHOLE_LOCK, LockPart
from grader.sandbox.proof import require_available
from grader.sandbox.zygotes import Zygote

_CLASSES = 10
_SIDES = (28, 28)
_SUFFIXES = {"keras": ".keras", "hdf5": ".h5", "tflite": ".tflite", "onnx": ".onnx", None: ".bin"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Readings:
    """What a model says about pictures."""

    images: ImageSet
    """The pictures; row i of `probabilities` belongs to the picture with index i."""
    probabilities: Probabilities
    """(n, classes)"""
    convention: str | None
    """Input convention that was found for the model; None for a reference model, which has MNIST's."""


def normalize_pictures(paths: Sequence[Path], *, is_sandbox_reduced: bool = False) -> ImageSet:
    """Return pictures as a network will see them.

    Args:
        paths: picture files; each appears under its path as given.
        is_sandbox_reduced: the pictures are one's own; open them also where the lock is not whole.

    Raises:
        GraderError: `path-not-found`, `path-is-folder`, `sandbox-incomplete`.
    """
    needed = _needed(is_sandbox_reduced)
    with _spool() as spool, Zygote(PICTURE_JOB, needed=needed) as zygote:
        return read_pictures(_pictures(paths, spool), zygote)


def read_with(
    model: str, paths: Sequence[Path], *, limit_seconds: float, is_sandbox_reduced: bool = False
) -> Readings:
    """Let a model read pictures after normalization.

    Args:
        model: path of a model file, or id of a reference model.
        paths: picture files.
        limit_seconds: processor time for a model file.
        is_sandbox_reduced: model and pictures are one's own; open them also where the lock is not whole.

    Raises:
        GraderError: `path-not-found`, `path-is-folder`, `model-not-found`, `sandbox-incomplete`, or what is wrong with
            the model file.
    """
    needed = _needed(is_sandbox_reduced)
    is_reference = model in {card.id for card in list_references()}
    if not is_reference and not Path(model).exists():
        raise GraderError(
            "model-not-found", model=model, known=", ".join(card.id for card in list_references())
        )
    with contextlib.ExitStack() as stack:
        models = None if is_reference else stack.enter_context(Zygote(MODEL_JOB, needed=needed))
        pictures = stack.enter_context(Zygote(PICTURE_JOB, needed=needed))
        spool = stack.enter_context(_spool())
        images = read_pictures(_pictures(paths, spool), pictures)
        if models is None:
            answers = load_reference(model).predict(images.normalized)
            return Readings(images=images, probabilities=answers, convention=None)
        file, beside = _spooled_model(Path(model), spool)
        try:
            opened = open_student_model(
                file,
                models,
                classes=_CLASSES,
                image_sides=_SIDES,
                limit_seconds=limit_seconds,
                architecture=architecture_beside(file, beside),
            )
            loaded = stack.enter_context(opened)
            convention = infer_convention(loaded, *load_probe())
            predictor = StudentPredictor(loaded, convention)
            answers = predictor.predict(images.normalized)
        except ModelUnusable as unusable:
            raise GraderError(unusable.finding.slug, **unusable.finding.named) from unusable
        return Readings(images=images, probabilities=answers, convention=convention.chosen.id)


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


def _spooled_model(path: Path, spool: Path) -> tuple[SubmittedFile, Sequence[SubmittedFile]]:
    """Return the model at `path`, a file or the folder of one, and everything that lies in that folder."""
    if not path.is_dir():
        return _spooled(path, spool / f"model{_SUFFIXES[model_format(path)]}", Role.MODEL), ()
    (submission, *others) = collect([path], spool / "model")
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
