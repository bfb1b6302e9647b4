import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.datasets.card import find_dataset, list_datasets
from grader.datasets.test_set import load_test_set
from grader.errors import GraderError
from grader.models.references import known_networks, list_references, load_reference, softmax
from grader.resources import resource_folder
from tests.loops import every

ROOT = resource_folder("reference_models")
CARDS = {card.id: card for card in list_references()}
IDS = list(CARDS)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "lecture-cnn-small", tmp_path / "lecture-cnn-small")
    return tmp_path


def test_cards_when_listed_then_ids_are_folder_names_in_order() -> None:
    assert sorted(IDS) == IDS
    assert "lecture-cnn-small" in IDS
    known = {id_ for dataset in list_datasets() for id_ in known_networks(dataset)}
    referees = {dataset.referee for dataset in list_datasets()} & set(IDS)
    assert {path.name for path in ROOT.iterdir() if path.is_dir()} == known | referees


@every("reference_id", IDS)
def test_predictions_when_images_are_grouped_differently_then_bit_identical(reference_id: str) -> None:
    shape = find_dataset(CARDS[reference_id].dataset).shape
    images = np.random.default_rng(1).random((300, *shape), np.float32)
    predictor = load_reference(reference_id)
    together = predictor.predict(images)
    for i in (0, 1, 5, 127, 128, 255, 256, 299):
        assert np.array_equal(predictor.predict(images[i : i + 1])[0], together[i]), i
    order = np.random.default_rng(7).permutation(300)
    assert np.array_equal(predictor.predict(images[order]), together[order])
    assert np.array_equal(
        np.concatenate([predictor.predict(images[:9]), predictor.predict(images[9:])]), together
    )


@every("reference_id", [id_ for id_ in IDS if CARDS[id_].dataset != "cifar-10"])
def test_predictions_when_test_set_is_read_then_as_many_right_as_the_card_says(reference_id: str) -> None:
    images, labels = load_test_set(find_dataset(CARDS[reference_id].dataset))
    predictor = load_reference(reference_id)
    probabilities = predictor.predict(images)
    assert probabilities.shape == (1000, 10)
    assert probabilities.dtype == np.float32
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert int((probabilities.argmax(axis=1) == labels).sum()) == predictor.card.test_set_accuracy.correct
    assert predictor.card.test_set_accuracy.total == 1000


def test_predictions_when_there_are_no_images_then_no_rows() -> None:
    predictor = load_reference("lecture-cnn-small")
    assert predictor.predict(np.zeros((0, 28, 28, 1), np.float32)).shape == (0, 10)


def test_predictor_when_loaded_then_its_id_is_the_folder_name() -> None:
    assert load_reference("lecture-cnn-small").id == "lecture-cnn-small"


@every(
    "asked, nearest",
    [("lecture-cnn-smal", "lecture-cnn-small"), ("Lecture_CNN_small", "lecture-cnn-small")],
)
def test_loading_when_id_is_unknown_then_nearest_is_suggested(asked: str, nearest: str) -> None:
    with pytest.raises(GraderError) as caught:
        load_reference(asked)
    assert caught.value.slug == "reference-unknown"
    assert caught.value.values["nearest"] == nearest


@every("asked", ["", "..", "../reference_models/lecture-cnn-small", "test_set.npz"])
def test_loading_when_id_is_no_plain_folder_name_then_unknown(asked: str) -> None:
    with pytest.raises(GraderError) as caught:
        load_reference(asked)
    assert caught.value.slug == "reference-unknown"


def test_loading_when_one_byte_differs_then_altered(copied: Path) -> None:
    path = copied / "lecture-cnn-small" / "model.onnx"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(GraderError) as caught:
        load_reference("lecture-cnn-small", copied)
    assert caught.value.slug == "reference-altered"
    assert caught.value.values["found"] == hashlib.sha256(content).hexdigest()


def test_loading_when_the_file_is_missing_then_unreadable(copied: Path) -> None:
    (copied / "lecture-cnn-small" / "model.onnx").unlink()
    with pytest.raises(GraderError) as caught:
        load_reference("lecture-cnn-small", copied)
    assert caught.value.slug == "reference-unreadable"


@every("damage", ["no json", "no field", "list", "impossible count", "missing hash"])
def test_loading_when_the_card_is_damaged_then_refused(copied: Path, damage: str) -> None:
    path = copied / "lecture-cnn-small" / "card.json"
    fields = json.loads((ROOT / "lecture-cnn-small" / "card.json").read_text())
    if damage == "no field":
        del fields["outputs"]
    elif damage == "impossible count":
        fields["accuracy"] = {"correct": 11, "total": 10}
    elif damage == "missing hash":
        fields["sha256"] = {}
    text = {"no json": "{", "list": "[]"}.get(damage, json.dumps(fields))
    path.write_text(text)
    with pytest.raises(GraderError) as caught:
        load_reference("lecture-cnn-small", copied)
    assert caught.value.slug == ("reference-altered" if damage == "missing hash" else "reference-unreadable")


def test_listing_when_the_folder_is_empty_then_nothing(tmp_path: Path) -> None:
    assert list_references(tmp_path) == ()


def test_softmax_when_logits_are_huge_then_still_probabilities() -> None:
    logits = np.array([[1000, 1000, -1000], [0, np.log(3), 0]], np.float32)
    np.testing.assert_allclose(softmax(logits), [[0.5, 0.5, 0], [0.2, 0.6, 0.2]], atol=1e-6)


def test_reference_when_it_is_loaded_then_the_runtime_reports_to_nobody(tmp_path: Path) -> None:
    """ONNX Runtime writes a session id beside the temporary files before it reports."""
    program = "from grader.models.references import load_reference; load_reference('lecture-cnn-small')"
    environment = {
        name: os.environ[name] for name in os.environ if name not in {"CI", "ORT_DISABLE_TELEMETRY"}
    }
    environment["TMPDIR"] = str(tmp_path)
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
