"""The assignments that are only files: a made class for each, from pictures to points, pages and results."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grader.core.dataset import Dataset
from grader.datasets.card import find_dataset
from grader.datasets.test_set import load_test_set
from grader.resources import resource_folder
from tests.end_to_end.conftest import Ran, check, grader

pytestmark = pytest.mark.tensorflow
SIDE = 64


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    subprocess.run(
        [sys.executable, "-m", "tests.end_to_end.picture_models", folder],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
    )
    return folder


def colored(random: np.random.Generator, label: int, least: float = 0.1) -> np.ndarray:
    """A noisy picture, redder than blue for class 0, by `least` to 0.3; bluer for class 1; its green says nothing."""
    lead = random.uniform(least, 0.3) * (1 - 2 * label)
    means = np.array([0.5 + lead / 2, random.uniform(0.35, 0.65), 0.5 - lead / 2])
    return np.uint8(255 * np.clip(means + random.normal(0, 0.05, (80, 80, 3)), 0, 1))


def criteria(ran: Ran, id_: str) -> dict[str, float | None]:
    return {each["id"]: each["points"] for each in ran.by_id[id_]["criteria"]}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a cache for the data sets of this file."""
    folder = tmp_path_factory.mktemp("two-colors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_DATASETS", str(folder / "cache"))
        yield folder


@pytest.fixture(scope="module")
def two_colors(models: Path, root: Path) -> tuple[Ran, Path]:
    """A class for a data set of one's own that was prepared from folders; and the folder of its cache."""
    random = np.random.default_rng(5)
    for label, name in enumerate(("cat", "dog")):
        (root / "source" / name).mkdir(parents=True)
        for number in range(60):
            Image.fromarray(colored(random, label, -0.05)).save(root / "source" / name / f"{number}.png")
    (root / "source" / "cat" / "no-picture.png").write_bytes(b"text")
    code, out, err = grader(
        [
            *("dataset", "prepare", "cats-and-dogs", "--from", root / "source", "--classes", "cat,dog"),
            *("--side", str(SIDE), "--json"),
        ],
        root,
    )
    assert code == 0, err
    made = json.loads(out)
    assert (made["images"], made["refused"]) == ({"cat": 60, "dog": 60}, 1)
    for name in ("excellent", "first-255", "sigmoid-swapped", "weak", "broken"):
        folder = root / "class" / name
        folder.mkdir(parents=True)
        (folder / "model.keras").write_bytes((models / f"{name}.keras").read_bytes())
        (folder / "report.md").write_text("# Report")
        for label, word in enumerate(("고양이", "dog")):
            for number in range(2):
                Image.fromarray(colored(random, label)).save(folder / f"{word} {number}.png")
    rubric = root / "own.toml"
    shown = (resource_folder("rubrics") / "own-classes.toml").read_text(encoding="utf-8")
    rubric.write_text(shown.replace("max_shift_pixels = 12", "max_shift_pixels = 6"), encoding="utf-8")
    return check(root / "class", root / "run", "--rubric", str(rubric)), root


def test_own_classes_when_checked_then_every_form_of_a_model_is_read(two_colors: tuple[Ran, Path]) -> None:
    ran, _ = two_colors
    assert ran.code == 1, ran.err
    fed = {id_: entry["model"]["convention"] for id_, entry in ran.by_id.items()}
    assert fed == {
        "excellent": "0-1",
        "first-255": "0-255",
        "sigmoid-swapped": "0-255",
        "weak": "0-1",
        "broken": None,
    }
    for id_ in ("excellent", "first-255", "sigmoid-swapped"):
        # One lead in seven is on the wrong side; of 120 that is 103 right, 11 more or less (three standard errors).
        assert ran.by_id[id_]["model"]["test_set_accuracy"] == pytest.approx(6 / 7, abs=11 / 120), id_
        assert criteria(ran, id_)["test-accuracy"] == 5
        assert criteria(ran, id_)["own-pictures"] == 3
    # It takes twice the green for a lead: right in 6 of 7 where that is 0, in half where it is 0.3 against.
    assert (
        0.5
        < ran.by_id["weak"]["model"]["test_set_accuracy"]
        < ran.by_id["excellent"]["model"]["test_set_accuracy"]
    )
    assert ran.by_id["sigmoid-swapped"]["model"]["outputs"] == "sigmoid"
    assert "model-label-order" in ran.slugs("sigmoid-swapped")
    assert "model-output-size" in ran.slugs("broken")
    assert ran.by_id["broken"]["status"] == "incomplete"


def test_own_classes_when_there_is_no_referee_then_every_change_counts_and_the_page_says_so(
    two_colors: tuple[Ran, Path],
) -> None:
    ran, _ = two_colors
    page = (ran.folder / "students" / "excellent.html").read_text(encoding="utf-8")
    assert "A data set without a referee counts every test." in page
    code, _, err = grader(["report", ran.folder, "--lang", "ko"], ran.folder.parent)
    assert code in {0, 1}, err
    assert "심판 모델이 없는 데이터셋에서는 모든 시험을 셉니다." in (
        ran.folder / "students" / "excellent.html"
    ).read_text(encoding="utf-8")


def test_own_classes_when_the_test_set_is_kept_then_the_instructor_measures(
    two_colors: tuple[Ran, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, root = two_colors
    code, _, err = grader(
        ["dataset", "export", "cats-and-dogs", "--out", root / "out", "--for-students"], root
    )
    assert code == 0, err
    exported = root / "out" / "cats-and-dogs"
    assert [path.name for path in exported.iterdir()] == ["card.toml"]
    monkeypatch.setenv("GRADER_DATASETS", str(root / "students"))
    assert grader(["dataset", "prepare", "cats-and-dogs", "--from", exported], root)[0] == 0
    ran = check(root / "class" / "excellent", root / "self", "--rubric", str(root / "own.toml"), "--self")
    (entry,) = ran.results["submissions"]
    (accuracy,) = [each for each in entry["criteria"] if each["id"] == "test-accuracy"]
    assert (accuracy["points"], accuracy["status"]) == (None, "not_measured")
    assert criteria(ran, "excellent")["own-pictures"] == 3


def test_fashion_when_checked_then_clothes_are_told_by_their_names(models: Path, tmp_path: Path) -> None:
    dataset: Dataset = find_dataset("fashion-mnist")
    images, labels = load_test_set(dataset)
    names = ["반팔", "pants", "pullover", "dress", "코트", "sandal", "셔츠", "sneaker", "bag", "ankle-boot"]
    for name in ("excellent", "255", "first", "weak", "broken"):
        folder = tmp_path / "class" / name
        folder.mkdir(parents=True)
        (folder / "model.keras").write_bytes((models / f"clothes-{name}.keras").read_bytes())
        for label, word in enumerate(names):
            paper = Image.fromarray(np.uint8(255 - 255 * images[np.flatnonzero(labels == label)[3], ..., 0]))
            paper.resize((140, 140)).convert("RGB").save(folder / f"{word}.jpg", quality=95)
    ran = check(tmp_path / "class", tmp_path / "run", "--rubric", "fashion-mnist")
    assert ran.code == 1, ran.err
    fed = {id_: entry["model"]["convention"] for id_, entry in ran.by_id.items()}
    plain, large = "white-on-black/0-1", "white-on-black/0-255"
    assert fed == {"excellent": plain, "255": large, "first": plain, "weak": plain, "broken": None}
    for id_ in ("excellent", "255", "first"):
        assert ran.by_id[id_]["model"]["test_set_accuracy"] == 0.862, "as the card of the reference says"
        assert criteria(ran, id_)["test-accuracy"] == 5
    assert ran.by_id["excellent"]["model"]["resembles"] == "fashion-cnn-small"
    assert criteria(ran, "weak")["test-accuracy"] < 5
    assert criteria(ran, "weak")["cnn"] == 0
    assert all(criteria(ran, id_)["pictures"] == 2 for id_ in fed)


@pytest.mark.realdata
@pytest.mark.skipif("GRADER_REAL_DATA" not in os.environ, reason="GRADER_REAL_DATA is not set")
def test_cifar_when_prepared_from_a_zip_then_the_lectures_network_reads_55_percent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_DATASETS", str(tmp_path / "cache"))
    assert "test-set-missing" in check(tmp_path, tmp_path / "run", "--rubric", "cifar-10").err
    source = Path(os.environ["GRADER_REAL_DATA"]) / "datasets" / "cifar-10-test.zip"
    code, _, err = grader(["dataset", "prepare", "cifar-10", "--from", source], tmp_path)
    assert code == 0, err
    from grader.models.references import evaluate_reference

    images, labels = load_test_set(find_dataset("cifar-10"))
    counts = evaluate_reference("cifar-cnn-small", images, labels)
    assert abs(sum(count.correct for count in counts) / 10_000 - 0.5565) < 0.02
