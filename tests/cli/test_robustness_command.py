"""`grader robustness` on reference models and real files."""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from grader import tryout
from grader.cli.main import EXIT_DONE, EXIT_NOT_STARTED, main
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
    assert (found["model"], found["convention"], found["level"], found["digits"]) == (
        "lecture-mlp",
        None,
        "standard",
        20,
    )
    assert (len(found["curve"]["at"]), len(found["shift"]["at"]), len(found["grid"]["at"])) == (37, 169, 125)
    upright = found["curve"]["at"].index([0])
    centre = found["shift"]["at"].index([0, 0])
    assert found["clean"] == {"correct": found["curve"]["correct"][upright], "total": 20}
    assert found["shift"]["correct"][centre] == found["clean"]["correct"]
    # The mean over the grid is the share of its cells, as every digit has the same cells.
    assert found["all"]["grid"]["value"] == round(sum(found["grid"]["correct"]) / (125 * 20), 4)
    inside = [at for at in found["shift"]["at"] if max(map(abs, at)) <= 3]
    right = sum(found["shift"]["correct"][found["shift"]["at"].index(at)] for at in inside)
    assert (len(inside), found["all"]["shift"]["value"]) == (49, round(right / (49 * 20), 4))
    assert found["worst"]["correct"] <= min(found["grid"]["correct"])
    assert all(
        some <= every
        for some, every in zip(found["grid"]["counted_total"], found["grid"]["total"], strict=True)
    )
    assert found["referee"]["clean"]["correct"] >= 19


def test_json_when_the_level_is_quick_then_there_is_no_grid(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "referee", "--digits", "10", "--level", "quick")
    assert (found["grid"], found["worst"], found["all"]["grid"], found["all"]["others"]) == (
        None,
        None,
        None,
        {},
    )
    assert found["referee"] == found["all"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_when_printed_then_every_row_has_a_name_in_the_language(
    capsys: pytest.CaptureFixture[str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    assert main(["robustness", "lecture-mlp", "--digits", "20", "--lang", language]) == EXIT_DONE
    out = capsys.readouterr().out
    said = Texts(language)
    for key in ("clean", "rotation_30", "rotation_90", "shift_3", "flips"):
        assert said(f"terminal.robustness.{key}") in out
    for key in ("noise", "equalization"):
        assert said(f"terminal.perturbation.{key}") in out
    assert (
        said("terminal.robustness.turned", angle="10") + said("terminal.robustness.and_shift", dx="5", dy="3")
        in out
    )


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
    assert found["own"]["clean"]["total"] == found["own"]["digits"]


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
