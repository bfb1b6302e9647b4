"""Honest and dishonest networks of a few lines, and four real ones in locked children."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.core.finding import Severity
from grader.core.picture import Probabilities
from grader.core.submission import Role, SubmittedFile
from grader.models.adapters import Inputs
from grader.models.consistency import answer_mixed, check_consistency, secret_order
from grader.models.inference import infer_convention
from grader.models.references import softmax
from grader.models.student import MODEL_JOB, open_student_model
from grader.sandbox.zygotes import Zygote
from tests.digits import MNIST, load_test_set
from tests.loops import every

IMAGES = np.random.default_rng(5).random((300, 10), np.float32)


class Network:
    """Softmax of the input, spoiled in one way; counts its calls."""

    def __init__(self, way: str = "") -> None:
        self.way = way
        self.calls = 0
        self._random = np.random.default_rng(1)

    def __call__(self, inputs: Inputs) -> Probabilities:
        self.calls += 1
        if self.way == "varies":
            inputs = inputs + self._random.normal(0, 0.1, inputs.shape).astype(np.float32)
        if self.way == "neighbors":
            inputs = inputs - inputs.mean(axis=0)
        if self.way == "place":
            inputs = (
                inputs
                + np.arange(len(inputs), dtype=np.float32)[:, None] % 7 * np.eye(10, dtype=np.float32)[0]
            )
        if self.way == "constant":
            inputs = inputs * 0 + np.eye(10, dtype=np.float32)[3]
        if self.way == "rounding":
            inputs = inputs + self._random.normal(0, 1e-6, inputs.shape).astype(np.float32)
        return softmax(inputs)


@every("way", ["", "rounding"])
def test_honesty_when_answers_are_alike_then_nothing_is_found_in_one_call(way: str) -> None:
    network = Network(way)
    known = network(IMAGES)
    assert check_consistency(network, IMAGES, known, "m.keras") == ()
    assert network.calls == 2


@every(
    "way, slug, severity",
    [
        ("varies", "model-answers-vary", Severity.SUSPICIOUS),
        ("neighbors", "model-depends-on-order", Severity.SUSPICIOUS),
        ("place", "model-depends-on-order", Severity.SUSPICIOUS),
        ("constant", "model-constant", Severity.WARNING),
    ],
)
def test_honesty_when_answers_are_not_the_images_own_then_it_is_said(
    way: str, slug: str, severity: Severity
) -> None:
    network = Network(way)
    (finding,) = check_consistency(network, IMAGES, network(IMAGES), "m.keras")
    assert (finding.slug, finding.severity, finding.file) == (slug, severity, "m.keras")


def test_mixed_when_answered_then_rows_are_where_they_belong_and_the_order_was_another() -> None:
    seen = []

    def answer(inputs: Inputs) -> Probabilities:
        seen.append(inputs)
        return softmax(inputs)

    assert np.array_equal(answer_mixed(answer, IMAGES), softmax(IMAGES))
    assert not np.array_equal(seen[0], IMAGES)
    assert sorted(secret_order(300)) == list(range(300))
    assert np.array_equal(secret_order(300), secret_order(300))


MAKE = """
import sys, keras
from keras import layers
keras.utils.set_random_seed(1)
def save(name, *stack, batch=None):
    image = keras.Input(batch_shape=(batch, 28, 28, 1))
    keras.Sequential([image, *stack]).save(f"{sys.argv[1]}/{name}.keras")
def scores():
    return layers.Dense(10, activation="softmax")
save("honest", layers.Flatten(), layers.Dropout(0.5), layers.BatchNormalization(), scores())
remembering = layers.SimpleRNN(
    16, stateful=True, recurrent_initializer="identity", kernel_initializer=keras.initializers.RandomNormal(stddev=0.02)
)
save("stateful", layers.Reshape((28, 28)), remembering, scores(), batch=128)
save("neighbors", layers.Flatten(), layers.UnitNormalization(axis=0), scores())
save("constant", layers.Flatten(), layers.Dense(10, "softmax", kernel_initializer="zeros"))
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("honesty")
    subprocess.run([sys.executable, "-c", MAKE, folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(MODEL_JOB) as started:
        yield started


@pytest.mark.tensorflow
@every(
    "name, slugs",
    [
        ("honest", []),
        ("stateful", ["model-answers-vary"]),
        ("neighbors", ["model-depends-on-order"]),
        ("constant", ["model-constant"]),
    ],
)
def test_honesty_when_a_real_model_is_asked_in_a_locked_child_then_it_is_found_out(
    models: Path, zygote: Zygote, name: str, slugs: list[str]
) -> None:
    path = models / f"{name}.keras"
    content = path.read_bytes()
    file = SubmittedFile(
        name=path.name,
        role=Role.MODEL,
        path=path,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    images, labels = load_test_set()
    with open_student_model(file, zygote, dataset=MNIST, limit_seconds=60) as model:
        found = infer_convention(model, images, labels, MNIST)
        inputs = found.chosen.apply(images, model.layout)
        answers = found.probabilities(found.scores)
        findings = check_consistency(
            lambda each: found.probabilities(model.scores(each)), inputs, answers, path.name
        )
    assert [finding.slug for finding in findings] == slugs
