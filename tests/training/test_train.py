"""Trains for real, but little: a handful of digits stands in for MNIST."""

import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from grader.datasets.mnist.files import Mnist
from grader.errors import GraderError
from grader.models.architectures import RECIPES
from grader.models.references import count_weights, load_reference, read_card
from grader.resources import resource_folder
from tests.digits import load_test_set
from tests.loops import every

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Keras with NumPy 2
    pytest.mark.filterwarnings("ignore::FutureWarning"),  # tf2onnx with NumPy 2
]
ROOT = resource_folder("reference_models")


@pytest.fixture(scope="module")
def few() -> Mnist:
    images, labels = load_test_set()
    digits = np.rint(images[..., 0] * 255).astype(np.uint8)
    return Mnist(
        train_images=digits,
        train_labels=labels.astype(np.uint8),
        test_images=digits,
        test_labels=labels.astype(np.uint8),
    )


@pytest.mark.parametrize("recipe_id", ["lecture-cnn-small", "lecture-cnn-logits"])
def test_training_when_short_then_files_card_and_predictor_agree(
    recipe_id: str, few: Mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.training.train import train_reference

    steps = {"epochs": 1, "steps": None} if RECIPES[recipe_id].epochs else {"steps": 30}
    recipe = replace(RECIPES[recipe_id], **steps)
    monkeypatch.setitem(RECIPES, recipe_id, recipe)
    lines: list[str] = []
    card = train_reference(recipe_id, few, tmp_path / recipe_id, lines.append)
    assert read_card(tmp_path / recipe_id) == card
    assert len(lines) == 1
    assert card.recipe == asdict(recipe)
    assert card.parameters == recipe.parameters == sum(layer.parameters for layer in card.layers)
    assert card.onnx["largest_difference"] <= 1e-5
    content = (tmp_path / recipe_id / "model.keras").read_bytes()
    assert count_weights(content) == recipe.parameters, "weights only, no optimizer state"
    predictor = load_reference(recipe_id, tmp_path)
    images, labels = load_test_set()
    assert card.accuracy.correct == int((predictor.predict(images).argmax(axis=1) == labels).sum())
    assert card.accuracy.share is not None
    assert card.accuracy.share > 0.12, "it learned something"


def test_training_when_augmented_then_reports_each_epoch_and_learns(
    few: Mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.training import train as training

    monkeypatch.setattr(training, "CLEAN_DIGITS", 300)
    monkeypatch.setattr(training, "DRAWN_DIGITS", 300)
    monkeypatch.setitem(RECIPES, "referee", replace(RECIPES["referee"], epochs=2))
    lines: list[str] = []
    card = training.train_reference("referee", few, tmp_path / "referee", lines.append)
    assert [line.split()[1] for line in lines] == ["1", "2"]
    assert card.parameters == RECIPES["referee"].parameters
    with zipfile.ZipFile(tmp_path / "referee" / "model.keras") as archive:
        assert "model.weights.h5" in archive.namelist()
    assert card.accuracy.share is not None
    assert card.accuracy.share > 0.2


def test_training_when_onnx_answers_otherwise_then_fails(
    few: Mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.training import train as training

    recipe = RECIPES["lecture-cnn-small"]
    monkeypatch.setattr(training, "LARGEST_DIFFERENCE", -1.0)
    with pytest.raises(GraderError) as caught:
        training.write_reference(recipe, training.build(recipe.id), few, tmp_path, seconds=0.0)
    assert caught.value.slug == "reference-export-differs"
    assert not (tmp_path / "card.json").exists()


@every("reference_id", [path.parent.name for path in sorted(ROOT.glob("*/model.keras"))])
def test_delivered_files_when_asked_the_same_then_keras_and_onnx_agree(reference_id: str) -> None:
    import keras

    model = keras.models.load_model(ROOT / reference_id / "model.keras", compile=False)
    images = np.random.default_rng(3).uniform(0, 1, (256, *model.input_shape[1:])).astype(np.float32)
    reference = load_reference(reference_id)
    keras_scores = model.predict(images, batch_size=256, verbose=0)
    assert np.abs(keras_scores - reference.scores(images)).max() <= 1e-5
    assert model.count_params() == reference.card.parameters


class Answering:
    """Gives the probability that is written in an image's corner to class 3."""

    def predict(self, images: np.ndarray, batch_size: int, verbose: int) -> np.ndarray:
        probabilities = np.zeros((len(images), 10), np.float32)
        probabilities[:, 3] = images[:, 0, 0, 0]
        return probabilities


def test_hardest_when_several_tries_then_each_digit_keeps_the_one_read_worst() -> None:
    from grader.training.train import hardest

    tries = [
        np.full((4, 28, 28), 0.5, np.float32) * np.array(scale, np.float32)[:, None, None]
        for scale in ([1.0, 0.2, 0.6, 0.4], [0.4, 0.8, 0.6, 0.2], [0.8, 1.0, 0.6, 0.1])
    ]
    kept = hardest(Answering(), np.full(4, 3, np.uint8), tries)
    assert np.allclose(kept[:, 14, 14], [0.2, 0.1, 0.3, 0.05])
    assert hardest(None, np.full(4, 3, np.uint8), tries[:1]) is tries[0], "a single try needs no network"
