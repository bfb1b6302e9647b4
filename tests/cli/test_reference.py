import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from grader.cli.reference import reference
from grader.datasets.mnist.files import TEST_CLASS_COUNTS, TRAIN_CLASS_COUNTS
from grader.errors import GraderError
from grader.models import references
from grader.resources import resource_folder
from tests.loops import every

ROOT = resource_folder("reference_models")


def run(*words: str) -> Result:
    return CliRunner().invoke(reference, list(words), catch_exceptions=False)


def slug_of(*words: str) -> str:
    with pytest.raises(GraderError) as caught:
        run(*words)
    return caught.value.slug


def test_list_when_json_then_id_parameters_and_accuracy_of_each() -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert [row["id"] for row in rows] == sorted(path.parent.name for path in ROOT.glob("*/card.json"))
    small = next(row for row in rows if row["id"] == "lecture-cnn-small")
    assert small["parameters"] == 50_186
    assert small["accuracy"] >= 0.9775, "the lecture's result"
    assert small["accuracy"] == small["correct"] / small["total"]
    assert small["total"] == 10_000


def test_list_when_plain_then_a_line_each() -> None:
    result = run("list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 1 + len(references.list_references())
    assert any(line.startswith("lecture-cnn-small ") and "50,186" in line for line in lines)


def test_show_when_id_is_known_then_its_card() -> None:
    card = json.loads(run("show", "lecture-cnn-small").stdout)
    assert card == json.loads((ROOT / "lecture-cnn-small" / "card.json").read_text(encoding="utf-8"))


@every("command", ["show", "evaluate", "verify", "train"])
def test_command_when_id_is_unknown_then_nearest_is_suggested(command: str) -> None:
    with pytest.raises(GraderError) as caught:
        run(command, "lecture-cnn-smal")
    assert caught.value.slug == "reference-unknown"
    assert caught.value.values["nearest"] == "lecture-cnn-small"


@every("command", ["evaluate", "train"])
def test_command_when_mnist_is_not_there_then_says_so(command: str, tmp_path: Path) -> None:
    words = (command, "lecture-cnn-small", "--mnist", str(tmp_path))
    assert slug_of(*words) == "mnist-not-found"


def test_verify_when_files_are_as_delivered_then_every_model_is_ok() -> None:
    lines = run("verify").stdout.splitlines()
    assert len(lines) == len(references.list_references())
    assert all(": ok" in line for line in lines)


def test_evaluate_when_digits_are_given_then_counts_of_the_predictor(tmp_path: Path) -> None:
    random = np.random.default_rng(11)
    images = random.integers(0, 256, (10_000, 28, 28), np.uint8)
    labels = np.repeat(np.arange(10, dtype=np.uint8), TEST_CLASS_COUNTS)
    path = tmp_path / "mnist.npz"
    train_labels = np.repeat(np.arange(10, dtype=np.uint8), TRAIN_CLASS_COUNTS)
    train_images = np.zeros((60_000, 28, 28), np.uint8)
    np.savez_compressed(path, x_train=train_images, y_train=train_labels, x_test=images, y_test=labels)
    row = json.loads(run("evaluate", "lecture-cnn-small", "--mnist", str(path), "--json").stdout)[0]
    predictor = references.load_reference("lecture-cnn-small")
    read = predictor.predict((images / 255.0).astype(np.float32)[..., None]).argmax(axis=1)
    assert row["correct"] == int((read == labels).sum())
    assert [digit["total"] for digit in row["digits"]] == list(TEST_CLASS_COUNTS)
    assert row["digits"][1]["correct"] == int((read[labels == 1] == 1).sum())
    plain = run("evaluate", "lecture-cnn-small", "--mnist", str(path)).stdout
    assert f"{row['correct']} / 10000" in plain


def test_verification_when_the_card_claims_another_number_then_refused() -> None:
    from dataclasses import replace

    from grader.core.count import Count

    card = references.find_reference("lecture-cnn-small")
    with pytest.raises(GraderError) as caught:
        references.verify_reference(replace(card, parameters=50_187))
    assert caught.value.slug == "reference-parameters-differ"
    claimed = Count(correct=card.test_set_accuracy.correct - 1, total=1000)
    with pytest.raises(GraderError) as caught:
        references.verify_reference(replace(card, test_set_accuracy=claimed))
    assert caught.value.slug == "reference-accuracy-differs"


def test_training_when_extra_is_missing_then_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import importlib.util

    from grader.training import train as training

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "tf2onnx" else find_spec(name)
    )
    with pytest.raises(GraderError) as caught:
        training.train_reference("lecture-mlp", None, tmp_path, print)  # type: ignore[arg-type]
    assert caught.value.slug == "reference-train-extra"
    assert caught.value.values["module"] == "tf2onnx"


def test_commands_when_run_then_tensorflow_and_keras_stay_out() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from grader.cli.reference import reference;"
        "assert 'numpy' not in sys.modules;"
        "[CliRunner().invoke(reference, words, catch_exceptions=False) for words in"
        " (['--help'], ['list'], ['verify', 'lecture-cnn-small'])];"
        "loaded = {'tensorflow', 'keras', 'pandas', 'PIL'} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
