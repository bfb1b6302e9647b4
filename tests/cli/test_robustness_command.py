"""`grader robustness` on reference models and real files."""

import functools
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from PIL import Image

from grader import tryout
from grader.cli.main import EXIT_DONE, EXIT_NOT_STARTED, main
from grader.datasets.card import card_table, dataset_folders, find_dataset
from grader.perturbations.base import PERTURBATIONS
from grader.texts.catalog import LANGUAGES, Texts
from tests.loops import every

SAMPLE = Path(__file__).parents[2] / "submissions" / "20250001-kim-minseo"


@pytest.fixture(scope="module", autouse=True)
def each_asked_once() -> Iterator[None]:
    """The commands of this file differ in what they print; what they ask alike is asked once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tryout, "try_robustness", functools.cache(tryout.try_robustness))
        yield


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["robustness", *arguments, "--json"]) == EXIT_DONE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_json_when_a_reference_is_asked_then_numbers_follow_from_the_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = document(capsys, "lecture-mlp", "--digits", "20")
    assert (found["model"], found["convention"], found["level"]) == ("lecture-mlp", None, "standard")
    tried, test_set = found["parameter_sets"], found["test_set"]
    assert (test_set["digits"], [len(tried[name]) for name in ("rotation", "shift", "grid")]) == (
        20,
        [37, 169, 125],
    )
    correct = {name: counts["correct"] for name, counts in test_set["counts"]["lecture-mlp"].items()}
    numbers = {row: by_reader["model_all"] for row, by_reader in test_set["numbers"].items()}
    assert numbers["clean"] == {"correct": correct["rotation"][tried["rotation"].index([0])], "total": 20}
    assert correct["shift"][tried["shift"].index([0, 0])] == numbers["clean"]["correct"]
    # The mean over the grid is the share of its cells, as every digit has the same cells.
    assert numbers["grid"]["value"] == round(sum(correct["grid"]) / (125 * 20), 4)
    inside = [at for at, sizes in enumerate(tried["shift"]) if max(map(abs, sizes)) <= 3]
    right = sum(correct["shift"][at] for at in inside)
    assert (len(inside), numbers["shift"]["value"]) == (49, round(right / (49 * 20), 4))
    assert numbers["grid worst"]["correct"] <= min(correct["grid"])
    assert all(n <= 20 for n in test_set["valid"]["grid"])
    assert test_set["numbers"]["clean"]["referee_all"]["correct"] >= 19
    assert found["rows"].keys() == test_set["numbers"].keys()


def test_json_when_the_level_is_quick_then_there_is_no_grid(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "referee", "--digits", "10", "--level", "quick")
    assert found["parameter_sets"].keys() == {"rotation", "shift", "lecture"}
    assert not {"grid", "grid worst", "scale"} & found["rows"].keys()
    assert found["test_set"]["numbers"]["clean"].keys() == {"model_all", "model_counted"}


@every("language", LANGUAGES)
def test_tables_when_printed_then_every_row_has_the_title_that_pages_have(
    capsys: pytest.CaptureFixture[str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    assert main(["robustness", "lecture-mlp", "--digits", "20", "--lang", language]) == EXIT_DONE
    out = capsys.readouterr().out
    said = Texts(language)
    for key, values in {
        "clean": {}, "rotation": {"zone": 30}, "rotation_wide": {}, "shift": {"zone": 3}, "grid": {}, "grid_worst": {},
        "rotation_flips": {"size": 30}, "lecture_both": {"angle": 10, "shift": "(+5, +3)"}, "upside_down": {},
    }.items():  # fmt: skip
        assert said(f"robustness.row.{key}", **values) in out
    for name in ("scale", "noise", "equalization"):
        assert PERTURBATIONS.get(name).title[language] in out


def test_unknown_model_when_asked_then_the_known_ones_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["robustness", "nothing-like-it", "--lang", "en"]) == EXIT_NOT_STARTED
    assert "lecture-cnn-small" in capsys.readouterr().err


@pytest.mark.tensorflow
def test_json_when_a_file_and_pictures_are_given_then_both_are_tried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = document(capsys, str(SAMPLE), "--images", str(SAMPLE), "--digits", "10", "--level", "quick")
    assert found["convention"] == "white-on-black/0-1"
    assert found["own"]["digits"] == len(found["own"]["images"]) >= 10
    assert {image["label"] for image in found["own"]["images"]} == set(range(10))
    assert all(image["file"].endswith((".png", ".jpg")) for image in found["own"]["images"])
    assert found["own"]["numbers"]["clean"]["model_all"]["total"] == found["own"]["digits"]


def test_folder_when_it_holds_several_submissions_then_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [
        "robustness",
        "lecture-mlp",
        "--images",
        str(SAMPLE.parent),
        "--digits",
        "10",
        "--lang",
        "en",
    ]
    assert main(arguments) == EXIT_NOT_STARTED
    assert "folder-of-several" in capsys.readouterr().err


def test_tables_when_a_picture_cannot_be_used_then_it_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "3.png").write_bytes(b"not a picture")
    for digit in (4, 5):
        drawn = np.full((40, 40), 255, np.uint8)
        drawn[8:32, 18:22] = 0
        Image.fromarray(drawn).save(tmp_path / f"{digit}.png")
    arguments = ["robustness", "lecture-mlp", "--images", str(tmp_path), "--digits", "10", "--level", "quick"]
    assert main([*arguments, "--lang", "en"]) == EXIT_DONE
    out = capsys.readouterr().out
    assert "picture-" in out
    assert "4.png" in out


def test_json_when_the_data_set_is_another_then_its_own_referee_judges(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ("--dataset", "fashion-mnist", "--digits", "20", "--level", "quick")
    found = document(capsys, "fashion-cnn-small", *asked)
    counts = found["test_set"]["numbers"]["clean"]
    assert counts["referee_all"]["correct"] >= 16, (
        "it reads 93 in 100; the referee of the digits reads one in ten"
    )
    assert main(["robustness", "fashion-cnn-small", *asked, "--lang", "en"]) == EXIT_DONE
    assert "MNIST" not in capsys.readouterr().out


def test_page_when_the_data_set_has_no_referee_then_every_picture_counts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = replace(find_dataset("fashion-mnist"), referee=None)
    shutil.copytree(dataset_folders()["fashion-mnist"], tmp_path / "fashion-mnist")
    (tmp_path / "fashion-mnist" / "card.toml").write_text(tomli_w.dumps(card_table(card)), encoding="utf-8")
    monkeypatch.setenv("GRADER_DATASETS", str(tmp_path))
    page = tmp_path / "page.html"
    asked = ("--dataset", "fashion-mnist", "--digits", "10", "--level", "quick")
    found = document(capsys, "fashion-cnn-small", *asked, "--page", str(page))
    assert set(found["test_set"]["numbers"]["clean"]) == {"model_all", "model_counted"}
    assert found["test_set"]["numbers"]["clean"]["model_counted"]["total"] == 10
    assert "without a referee" in page.read_text(encoding="utf-8")


def test_data_set_when_it_cannot_be_used_then_the_known_messages(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_DATASETS", str(tmp_path))
    for name, slug in {"fashion": "dataset-unknown", "cifar-10": "test-set-missing"}.items():
        assert main(["robustness", "cifar-cnn-small", "--dataset", name]) == EXIT_NOT_STARTED
        assert slug in capsys.readouterr().err


@every("language", LANGUAGES)
def test_page_when_wanted_then_written_whole_and_self_contained(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, language: str
) -> None:
    page = tmp_path / "page.html"
    arguments = ["robustness", "lecture-mlp", "--digits", "20", "--page", str(page), "--lang", language]
    assert main(arguments) == EXIT_DONE
    assert str(page) in capsys.readouterr().err
    html = page.read_text(encoding="utf-8")
    assert f'<html lang="{language}"' in html
    assert "lecture-mlp" in html
    assert not re.search(r"""(src|href)=["']https?:""", html)
