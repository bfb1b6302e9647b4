"""Students' models, made with real Keras, loaded and run in real locked children."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from grader.core.submission import Role, SubmittedFile
from grader.models.facts import LoadStatus, ModelFacts, pack_facts
from grader.models.formats import model_format
from grader.models.inference import infer_convention
from grader.models.references import load_reference
from grader.models.student import MODEL_JOB, ModelUnusable, StudentPredictor, open_student_model
from grader.sandbox.lock import Limits, LockPart
from grader.sandbox.zygotes import ChildFailed, ChildFailure, Spawner, Zygote
from tests.digits import MNIST, load_test_set
from tests.loops import every

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    subprocess.run(
        [sys.executable, Path(__file__).with_name("factory.py"), folder], check=True, capture_output=True
    )
    return folder


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(MODEL_JOB) as started:
        yield started


def submitted(path: Path) -> SubmittedFile:
    content = path.read_bytes()
    return SubmittedFile(
        name=f"submission/{path.name}",
        role=Role.MODEL,
        path=path,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def opened(path: Path, zygote: Spawner, limit_seconds: float = 60):
    return open_student_model(submitted(path), zygote, dataset=MNIST, limit_seconds=limit_seconds)


@every("polarity", ["white-on-black", "black-on-white"])
@every("scale", ["0-1", "0-255", "-1..1"])
def test_convention_when_a_network_expects_it_then_it_is_found_and_reads_as_well_as_the_original(
    models: Path, zygote: Zygote, polarity: str, scale: str
) -> None:
    images, labels = load_test_set()
    with opened(models / f"{polarity}_{scale}.keras", zygote) as model:
        found = infer_convention(model, images, labels, MNIST)
        probabilities = StudentPredictor(model, found).predict(images[:50])
    original = load_reference("lecture-cnn-small").predict(images)
    assert (found.chosen.polarity, found.chosen.scale, found.is_certain) == (polarity, scale, True)
    assert (found.predictions == original.argmax(axis=1)).mean() >= 0.999
    assert np.allclose(probabilities, original[:50], atol=1e-4)


def test_facts_when_the_lecture_network_is_loaded_then_layers_and_parameters_are_the_lectures(
    models: Path, zygote: Zygote
) -> None:
    with opened(models / "hdf5.h5", zygote) as model:
        facts = model.facts
    assert facts.parameters == 50_186
    assert [layer.kind for layer in facts.layers] == [
        "Rescaling", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense",
    ]  # fmt: skip
    assert (facts.layers[1].parameters, facts.layers[-1].activation) == (320, "softmax")


@every("name, shape", [("flat.keras", (784,)), ("square.keras", (28, 28))])
def test_input_when_flat_or_without_channel_then_images_are_reshaped(
    models: Path, zygote: Zygote, name: str, shape: tuple[int, ...]
) -> None:
    images, labels = load_test_set()
    with opened(models / name, zygote) as model:
        assert model.layout.image_shape == shape
        found = infer_convention(model, images[:100], labels[:100], MNIST)
        probabilities = StudentPredictor(model, found).predict(images[:300])
    assert probabilities.shape == (300, 10)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


@every(
    "name, slug",
    [
        ("rectangle.keras", "model-input-shape"),
        ("eleven.keras", "model-output-size"),
        ("lambda.keras", "model-unsafe"),
        ("only.weights.h5", "model-weights-only"),
        ("truncated.keras", "model-damaged"),
        ("truncated.h5", "model-damaged"),
        ("text.keras", "model-unknown-format"),
    ],
)
def test_open_when_the_file_cannot_be_graded_then_the_finding_says_why(
    models: Path, zygote: Zygote, name: str, slug: str
) -> None:
    with pytest.raises(ModelUnusable) as unusable, opened(models / name, zygote):
        pass
    assert unusable.value.finding.slug == slug
    assert unusable.value.finding.file == f"submission/{name}"


def test_scores_when_not_finite_then_refused(models: Path, zygote: Zygote) -> None:
    with opened(models / "nan.keras", zygote) as model, pytest.raises(ModelUnusable) as unusable:
        model.scores(np.zeros((1, 28, 28, 1), np.float32))
    assert unusable.value.finding.slug == "model-not-finite"


def test_scores_when_the_model_never_ends_then_it_is_stopped_at_the_limit(
    models: Path, zygote: Zygote
) -> None:
    with (
        pytest.raises(ModelUnusable) as unusable,
        opened(models / "endless.keras", zygote, limit_seconds=4) as model,
    ):
        model.scores(np.zeros((1, 784), np.float32))
    assert unusable.value.finding.slug == "model-timeout"
    assert unusable.value.finding.values["limit_seconds"] == "4"


def test_scores_when_others_kept_the_processor_busy_then_waiting_costs_nothing(
    models: Path, zygote: Zygote
) -> None:
    with opened(models / "hdf5.h5", zygote, limit_seconds=5) as model:
        time.sleep(6)
        assert model.scores(np.zeros((1, 28, 28, 1), np.float32)).shape == (1, 10)


def test_scores_when_images_are_grouped_differently_then_answers_are_the_same_bits(
    models: Path, zygote: Zygote
) -> None:
    images, _ = load_test_set()
    with opened(models / "hdf5.h5", zygote) as model:
        together = model.scores(images[:200])
        apart = np.concatenate([model.scores(images[i : i + 1]) for i in range(20)])
    assert np.array_equal(together[:20], apart)


class LyingChild:
    """Says that a model with a million outputs was loaded, as only a child that was taken over can."""

    lock_parts = LockPart(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def open(self, limits: Limits, readable: Sequence[str | Path] = ()) -> Self:
        return self

    def send_block(self, data: bytes) -> None:
        pass

    def receive(self, length: int) -> bytes:
        facts = ModelFacts(status=LoadStatus.LOADED, input_shape=(28, 28, 1), outputs=1_000_000, parameters=1)
        return pack_facts(facts)


def test_open_when_the_child_promises_a_million_scores_then_nothing_is_reserved_for_them(
    models: Path,
) -> None:
    with pytest.raises(ModelUnusable) as unusable, opened(models / "hdf5.h5", LyingChild()):
        pass
    assert unusable.value.finding.slug == "model-bad-answer"


class EndedChild(LyingChild):
    """Was ended by the kernel for a forbidden system call."""

    def receive(self, length: int) -> bytes:
        raise ChildFailed(ChildFailure.FORBIDDEN, "SIGSYS")


def test_open_when_the_model_reaches_out_then_the_finding_says_that_it_was_stopped(models: Path) -> None:
    with pytest.raises(ModelUnusable) as unusable, opened(models / "hdf5.h5", EndedChild()):
        pass
    assert unusable.value.finding.slug == "model-forbidden"


def test_format_when_told_by_content_then_the_name_does_not_matter(models: Path, tmp_path: Path) -> None:
    disguised = tmp_path / "model.keras"
    disguised.write_bytes((models / "hdf5.h5").read_bytes())
    assert model_format(disguised) == "hdf5"
    assert model_format(models / "text.keras") is None
