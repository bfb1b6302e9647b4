"""The student's model, seen from the main process: a locked child that answers batches of images."""

import contextlib
import json
import math
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from grader.core.evidence import STUDENT
from grader.core.finding import Finding, Severity, Value
from grader.core.picture import Images, Probabilities
from grader.core.submission import SubmittedFile
from grader.models.conventions import Convention, NotFinite, to_probabilities
from grader.models.facts import ANSWER, ANSWER_MAGIC, BATCH, FACTS_BYTES, LoadStatus, ModelFacts, parse_facts
from grader.sandbox.lock import Limits
from grader.sandbox.zygotes import ChildFailed, ChildFailure, LockedChild, Spawner

MODEL_JOB = "grader.models.child"
"""Module that the TensorFlow zygote serves."""

_DATA_BYTES = 3 << 30
_WALL_SECONDS_PER_CPU_SECOND = 10
"""The limit is processor time, so that no model fails because its neighbours were busy: eight slots on two loaded cores
made the lecture's deep CNN four times slower. A model that waits instead of computing is stopped by this factor."""
_LARGEST_SCORE = 1e30

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"


class ModelUnusable(Exception):
    """The model cannot be graded; `finding` says why and what to do."""

    def __init__(self, finding: Finding, facts: ModelFacts | None = None) -> None:
        super().__init__(finding.slug)
        self.finding = finding
        self.facts = facts
        """What the child could still say about it."""


class ModelNotFinite(ModelUnusable, NotFinite):
    """It answered with something that is no number."""


def model_format(path: Path) -> str | None:
    """Tell a model's format from its first bytes: "keras", "hdf5", or None for anything else."""
    with path.open("rb") as file:
        head = file.read(len(_HDF5_MAGIC))
    if head == _HDF5_MAGIC:
        return "hdf5"
    return "keras" if head.startswith(_ZIP_MAGIC) else None


class StudentModel:
    """A loaded model in its locked child."""

    def __init__(
        self,
        child: LockedChild,
        file: SubmittedFile,
        facts: ModelFacts,
        shape: tuple[int, ...],
        limit_seconds: float,
    ) -> None:
        self._child = child
        self._file = file
        self._limit_seconds = limit_seconds
        self.facts = facts
        """What the model is, in numbers."""
        self.image_shape = shape
        """Shape of one image as the model takes it."""

    def scores(self, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the model's answers to images that are already in its convention.

        Args:
            inputs: float32, (n, *image_shape).

        Returns:
            float32, (n, classes), finite.

        Raises:
            ModelUnusable: the model died, took too long, or answered something else.
        """
        with _findings(self._file, self._limit_seconds):
            self._child.send(BATCH.pack(len(inputs)) + np.ascontiguousarray(inputs, np.float32).tobytes())
            magic, rows, columns = ANSWER.unpack(self._child.receive(ANSWER.size))
            if (magic, rows, columns) != (ANSWER_MAGIC, len(inputs), self.facts.outputs):
                raise ChildFailed(ChildFailure.BAD_ANSWER)
            answer = np.frombuffer(self._child.receive(rows * columns * 4), np.float32).reshape(rows, columns)
        if not np.isfinite(answer).all() or np.abs(answer).max(initial=0) > _LARGEST_SCORE:
            raise ModelNotFinite(_refused(self._file, "model-not-finite"), self.facts)
        return answer


class StudentPredictor:
    """The student's model under one convention; a `grader.core.predictor.Predictor`."""

    id = STUDENT

    def __init__(self, model: StudentModel, convention: Convention, outputs: str) -> None:
        self._model = model
        self._convention = convention
        self._outputs = outputs

    def predict(self, images: Images) -> Probabilities:
        """Return probabilities (n, classes) for images with ink = 1 on background 0."""
        inputs = self._convention.apply(images, self._model.image_shape)
        return to_probabilities(self._model.scores(inputs), self._outputs)

    def predict_as_submitted(self, pictures: Images) -> Probabilities:
        """Return probabilities for grey pictures whose polarity is as in the file; only their scale is adapted."""
        inputs = self._convention.apply_as_submitted(pictures, self._model.image_shape)
        return to_probabilities(self._model.scores(inputs), self._outputs)


@contextlib.contextmanager
def open_student_model(
    file: SubmittedFile,
    spawner: Spawner,
    *,
    classes: int,
    image_sides: tuple[int, int],
    limit_seconds: float,
) -> Iterator[StudentModel]:
    """Load a student's model in a locked child of its own.

    Args:
        file: the model, in the spool, under a name of ours that ends in .keras or .h5.
        spawner: the TensorFlow zygote.
        classes: how many scores per image it must give.
        image_sides: (height, width) of the images it must take.
        limit_seconds: processor time for loading and all answers together.

    Raises:
        ModelUnusable: it cannot be used; the finding says why.
    """
    if model_format(file.path) is None:
        raise ModelUnusable(_refused(file, "model-unknown-format"))
    limits = Limits(
        wall_seconds=_WALL_SECONDS_PER_CPU_SECOND * limit_seconds,
        cpu_seconds=math.ceil(limit_seconds),
        data_bytes=_DATA_BYTES,
    )
    with _findings(file, limit_seconds), spawner.open(limits, [file.path]) as child:
        child.send_block(json.dumps({"path": str(file.path), "classes": classes}).encode())
        try:
            facts = parse_facts(child.receive(FACTS_BYTES))
        except ValueError as error:
            raise ChildFailed(ChildFailure.BAD_ANSWER) from error
        if facts.status is not LoadStatus.LOADED:
            raise ModelUnusable(_not_loaded(file, facts, classes, image_sides), facts)
        if facts.outputs != classes:
            raise ChildFailed(ChildFailure.BAD_ANSWER)
        shape = _image_shape(facts.input_shape, image_sides)
        if shape is None:
            raise ModelUnusable(_wrong_input(file, facts, image_sides), facts)
        child.send_block(json.dumps({"image_shape": shape}).encode())
        yield StudentModel(child, file, facts, shape, limit_seconds)


def _image_shape(found: Sequence[int], sides: tuple[int, int]) -> tuple[int, ...] | None:
    """Return the shape that a model takes one grey image in, or None when it takes something else."""
    height, width = sides
    for shape in ((height, width, 1), (height, width), (height * width,)):
        if len(found) == len(shape) and all(a in {b, -1} for a, b in zip(found, shape, strict=True)):
            return shape
    return None


_FAILURES = {
    ChildFailure.TIMEOUT: "model-timeout",
    ChildFailure.KILLED: "model-killed",
    ChildFailure.FORBIDDEN: "model-forbidden",
    ChildFailure.CRASHED: "model-crashed",
    ChildFailure.BAD_ANSWER: "model-bad-answer",
}


@contextlib.contextmanager
def _findings(file: SubmittedFile, limit_seconds: float) -> Iterator[None]:
    """Turn the end of a child into a finding; a lost child goes on up, to be tried again."""
    try:
        yield
    except ChildFailed as failed:
        if failed.failure is ChildFailure.LOST:
            raise
        finding = _refused(file, _FAILURES[failed.failure], limit_seconds=f"{limit_seconds:g}")
        raise ModelUnusable(finding) from failed


def _refused(file: SubmittedFile, slug: str, **values: Value) -> Finding:
    return Finding(slug=slug, severity=Severity.REFUSED, file=file.name, values=values)


_LOAD_SLUGS = {
    LoadStatus.NOT_READABLE: "model-damaged",
    LoadStatus.UNSAFE: "model-unsafe",
    LoadStatus.UNKNOWN_LAYER: "model-unknown-layer",
    LoadStatus.WEIGHTS_ONLY: "model-weights-only",
    LoadStatus.LOAD_FAILED: "model-not-loaded",
    LoadStatus.OUT_OF_MEMORY: "model-out-of-memory",
    LoadStatus.SEVERAL_INPUTS: "model-several-inputs",
    LoadStatus.TOO_MANY_LAYERS: "model-too-large",
    LoadStatus.TOO_MANY_PARAMETERS: "model-too-large",
}


def _not_loaded(file: SubmittedFile, facts: ModelFacts, classes: int, sides: tuple[int, int]) -> Finding:
    if facts.status is LoadStatus.INPUT_SHAPE:
        return _wrong_input(file, facts, sides)
    if facts.status is LoadStatus.OUTPUT_SHAPE:
        return _refused(file, "model-output-size", found=facts.outputs, needed=classes)
    return _refused(file, _LOAD_SLUGS[facts.status], keras_version=version("keras"))


def _wrong_input(file: SubmittedFile, facts: ModelFacts, sides: tuple[int, int]) -> Finding:
    found = ", ".join("?" if axis == -1 else str(axis) for axis in facts.input_shape)
    return _refused(file, "model-input-shape", found=f"({found})", needed=f"({sides[0]}, {sides[1]}, 1)")
