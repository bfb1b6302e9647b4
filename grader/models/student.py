"""The student's model, seen from the main process: a locked child that answers batches of images."""

import contextlib
import json
import math
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from grader.core.dataset import Dataset
from grader.core.evidence import STUDENT
from grader.core.finding import Finding, Severity, Value
from grader.core.picture import Images, Probabilities
from grader.core.submission import Role, SubmittedFile
from grader.models.adapters import Inputs, Layout, NotFinite, find_layout
from grader.models.consistency import answer_mixed
from grader.models.facts import ANSWER, ANSWER_MAGIC, BATCH, FACTS_BYTES, LoadStatus, ModelFacts, parse_facts
from grader.models.formats import model_format, refusal_slug
from grader.models.inference import ConventionEvidence
from grader.models.references import known_networks
from grader.sandbox.lock import Limits
from grader.sandbox.zygotes import ChildFailed, ChildFailure, LockedChild, Spawner

MODEL_JOB = "grader.models.child"
"""Module that the TensorFlow zygote serves."""

_DATA_BYTES = 3 << 30
_WALL_SECONDS_PER_CPU_SECOND = 10
"""The limit is processor time, so that no model fails because its neighbours were busy: eight slots on two loaded cores
made the lecture's deep CNN four times slower. A model that waits instead of computing is stopped by this factor."""
_USUAL_MULTIPLICATIONS = 20e6
"""A network with more multiplications for an image gets more time: some 20,000 images are asked, and a core does 20
to 30 thousand million in a second."""
_MOST_TIMES = 10.0
_LARGEST_SCORE = 1e30
_MOST_ARCHITECTURE_BYTES = 1 << 18
"""Longest `model.json`; that of a network of 100 layers has 60 kB."""


class ModelUnusable(Exception):
    """The model cannot be graded; `finding` says why and what to do."""

    def __init__(self, finding: Finding, facts: ModelFacts | None = None) -> None:
        super().__init__(finding.slug)
        self.finding = finding
        self.facts = facts
        """What the child could still say about it."""


class ModelNotFinite(ModelUnusable, NotFinite):
    """It answered with something that is no number."""


class StudentModel:
    """A loaded model in its locked child."""

    def __init__(
        self,
        child: LockedChild,
        file: SubmittedFile,
        facts: ModelFacts,
        layout: Layout,
        limit_seconds: float,
    ) -> None:
        self._child = child
        self._file = file
        self._limit_seconds = limit_seconds
        self.facts = facts
        """What the model is, in numbers."""
        self.layout = layout
        """Form of one image as the model takes it."""

    def scores(self, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the model's answers to images that are already in its convention.

        Args:
            inputs: float32, (n, *layout.image_shape).

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
    """The student's model under one convention; a `grader.core.picture.Predictor`."""

    id = STUDENT

    def __init__(self, model: StudentModel, found: ConventionEvidence) -> None:
        self._model = model
        self._found = found

    def predict(self, images: Images) -> Probabilities:
        """Return probabilities (n, classes) for images as the data set has them; the model sees a mixed order."""
        return answer_mixed(self.answer, self._found.chosen.apply(images, self._model.layout))

    def predict_as_submitted(self, pictures: Images) -> Probabilities:
        """Return probabilities for pictures in [0, 1] with the polarity of the file.

        Only the side in pixels and the form of the array are adapted to the model.
        """
        return answer_mixed(self.answer, self._model.layout.apply(pictures))

    def answer(self, inputs: Inputs) -> Probabilities:
        """Return probabilities (n, classes) for images as the model takes them."""
        return self._found.probabilities(self._model.scores(inputs))


@contextlib.contextmanager
def open_student_model(
    file: SubmittedFile,
    spawner: Spawner,
    *,
    dataset: Dataset,
    limit_seconds: float,
    architecture: SubmittedFile | None = None,
    network: str | None = None,
    is_limit_final: bool = False,
) -> Iterator[StudentModel]:
    """Load a student's model in a locked child of its own.

    Args:
        file: the model, in the spool, under a name of ours whose suffix tells what it holds.
        spawner: the TensorFlow zygote.
        dataset: says how many scores per image it must give, and which images it must take.
        limit_seconds: processor time for loading and all answers together; a large network gets more, see `more_time`.
        architecture: the `model.json` of a file that holds weights alone; see `architecture_beside`.
        network: id of the lecture network that such weights are stated to belong to.
        is_limit_final: give it no more time, whatever its size.

    Raises:
        ModelUnusable: it cannot be used; the finding says why.
    """
    found, classes = model_format(file.path), len(dataset.classes)
    if found is None:
        raise ModelUnusable(_refused(file, refusal_slug(file.path)))
    request = {
        "path": str(file.path),
        "format": found,
        "classes": classes,
        "shape": dataset.shape,
        "networks": list(known_networks(dataset)),
        "architecture": _text_of(architecture),
        "network": network,
    }
    limits = Limits(
        wall_seconds=_WALL_SECONDS_PER_CPU_SECOND * limit_seconds,
        cpu_seconds=math.ceil(limit_seconds),
        data_bytes=_DATA_BYTES,
    )
    with _findings(file, limit_seconds), spawner.open(limits, [file.path]) as child:
        child.send_block(json.dumps(request).encode())
        try:
            facts = parse_facts(child.receive(FACTS_BYTES))
        except ValueError as error:
            raise ChildFailed(ChildFailure.BAD_ANSWER) from error
        if facts.status is not LoadStatus.LOADED:
            raise ModelUnusable(_not_loaded(file, facts, dataset), facts)
        if facts.outputs not in {classes, *([1] if classes == 2 else [])} or not facts.input_shape:
            raise ChildFailed(ChildFailure.BAD_ANSWER)
        layout = find_layout(facts.input_shape, dataset.shape)
        if layout is None:
            raise ModelUnusable(_wrong_input(file, facts, dataset), facts)
        longer = 1.0 if is_limit_final else more_time(facts)
        if longer == 1:
            child.send_block(json.dumps({"image_shape": layout.image_shape}).encode())
            yield StudentModel(child, file, facts, layout, limit_seconds)
            return
    with open_student_model(
        file,
        spawner,
        dataset=dataset,
        limit_seconds=longer * limit_seconds,
        architecture=architecture,
        network=network,
        is_limit_final=True,
    ) as model:
        yield model


def more_time(facts: ModelFacts) -> float:
    """Return how many times the usual processor time a network gets: 1 to `_MOST_TIMES`, by its operations.

    Counted are the multiplications for one image: the weights of each layer, for a convolution at every place of what it
    gives. The lecture's largest network for digits needs 5 million and a tenth of the usual time.
    """
    multiplications = sum(
        layer.parameters * math.prod(max(axis, 1) for axis in layer.output_shape[:-1])
        for layer in facts.layers
    )
    return min(max(1.0, multiplications / _USUAL_MULTIPLICATIONS), _MOST_TIMES)


def architecture_beside(file: SubmittedFile, files: Sequence[SubmittedFile]) -> SubmittedFile | None:
    """Return the `model.json` that belongs to a model file: one in the same folder, else the only one.

    Args:
        file: the model.
        files: everything that was handed in.
    """
    candidates = [other for other in files if other.role is Role.ARCHITECTURE]
    folder = PurePosixPath(file.name).parent
    beside = [other for other in candidates if PurePosixPath(other.name).parent == folder]
    if beside:
        return beside[0]
    return candidates[0] if len(candidates) == 1 else None


def _text_of(architecture: SubmittedFile | None) -> str | None:
    """Return the text of a `model.json`, which only the child interprets; None when it is too long."""
    if architecture is None or architecture.size_bytes > _MOST_ARCHITECTURE_BYTES:
        return None
    return architecture.path.read_bytes().decode("utf-8", "replace")


_FAILURES = {
    ChildFailure.TIMEOUT: "model-timeout",
    ChildFailure.KILLED: "model-killed",
    ChildFailure.FORBIDDEN: "model-forbidden",
    ChildFailure.CRASHED: "model-crashed",
    ChildFailure.BAD_ANSWER: "model-bad-answer",
}


@contextlib.contextmanager
def _findings(file: SubmittedFile, limit_seconds: float) -> Iterator[None]:
    """Turn the end of a child into a finding; that a child was lost is raised again, so that it is tried once more."""
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
    LoadStatus.INCOMPLETE: "model-saved-model-incomplete",
    LoadStatus.UNSAFE_OPERATION: "model-unsafe-operation",
    LoadStatus.WEIGHTS_MISFIT: "model-weights-misfit",
    LoadStatus.EXTERNAL_DATA: "model-external-data",
    LoadStatus.NO_SIGNATURE: "model-no-signature",
}


def _not_loaded(file: SubmittedFile, facts: ModelFacts, dataset: Dataset) -> Finding:
    if facts.status is LoadStatus.INPUT_SHAPE:
        return _wrong_input(file, facts, dataset)
    if facts.status is LoadStatus.OUTPUT_SHAPE:
        return _refused(file, "model-output-size", found=facts.outputs, needed=len(dataset.classes))
    return _refused(file, _LOAD_SLUGS[facts.status], keras_version=version("keras"))


def _wrong_input(file: SubmittedFile, facts: ModelFacts, dataset: Dataset) -> Finding:
    found = ", ".join("?" if axis == -1 else str(axis) for axis in facts.input_shape)
    return _refused(file, "model-input-shape", found=f"({found})", needed=str(dataset.shape))
