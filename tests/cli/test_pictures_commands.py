"""`grader normalize` and `grader predict` on real pictures, in real locked children."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from grader.cli.normalize import normalize
from grader.cli.predict import predict
from grader.errors import GraderError
from grader.resources import resource_folder
from tests.digits import load_test_set
from tests.loops import every


def run(command, arguments: list[str | Path]) -> tuple[int, str]:
    result = CliRunner().invoke(
        command, [str(argument) for argument in arguments], standalone_mode=False, catch_exceptions=False
    )
    return result.return_value, result.stdout


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A 3 and a 7 of the test set, black on white, and a blank page."""
    images, labels = load_test_set()
    for digit in (3, 7):
        chosen = images[np.flatnonzero(labels == digit)[0], :, :, 0]
        picture = Image.fromarray(np.uint8(255 * (1 - chosen)))
        picture.resize((112, 112), Image.Resampling.BICUBIC).save(tmp_path / f"{digit}.png")
    Image.new("L", (60, 60), 255).save(tmp_path / "blank.png")
    return tmp_path


def test_normalize_when_one_picture_is_blank_then_says_so_and_exits_with_1(digits: Path) -> None:
    code, out = run(normalize, [digits / "3.png", digits / "blank.png", "--json"])
    told = json.loads(out)
    assert code == 1
    assert [each["usable"] for each in told] == [True, False]
    assert told[1]["findings"] == ["picture-blank"]
    assert (told[0]["width_pixels"], told[0]["quality"]["ink_is_light"]) == (112, 0.0)


def test_normalize_when_a_sheet_is_wanted_then_it_has_a_row_for_each_usable_picture(digits: Path) -> None:
    sheet = digits / "sheet.png"
    code, out = run(
        normalize, [digits / "3.png", digits / "7.png", digits / "blank.png", "--out", sheet, "--lang", "en"]
    )
    with Image.open(sheet) as image:
        assert image.size == (96 + 2 * 112 + 4 * 8, 2 * (112 + 8) + 8)
    assert code == 1
    assert "[picture-blank]" in out


def test_predict_when_the_model_is_a_reference_then_reads_the_digits(digits: Path) -> None:
    code, out = run(predict, ["lecture-cnn-small", digits / "3.png", digits / "7.png", "--json"])
    told = json.loads(out)
    assert code == 0
    assert [each["top"][0]["prediction"] for each in told["images"]] == [3, 7]
    assert all(len(each["top"]) == 3 for each in told["images"])


def test_predict_when_a_picture_is_blank_then_it_has_no_reading(digits: Path) -> None:
    code, out = run(predict, ["lecture-cnn-small", digits / "blank.png", "--lang", "en"])
    assert code == 1
    assert "not read" in out


@every(
    "model, picture, slug",
    [
        ("nothing", "3.png", "model-not-found"),
        ("lecture-cnn-small", "no.png", "path-not-found"),
        ("lecture-cnn-small", "", "path-is-folder"),
    ],
)
def test_predict_when_something_is_missing_then_says_what(
    digits: Path, model: str, picture: str, slug: str
) -> None:
    with pytest.raises(GraderError) as error:
        run(predict, [model, digits / picture])
    assert error.value.slug == slug


@pytest.mark.tensorflow
def test_predict_when_the_model_is_a_file_then_its_convention_is_found(digits: Path) -> None:
    model = resource_folder("reference_models") / "lecture-cnn-small" / "model.keras"
    code, out = run(predict, [model, digits / "3.png", "--json", "--limit-seconds", "120"])
    told = json.loads(out)
    assert (code, told["convention"]) == (0, "white-on-black/0-1")
    assert told["images"][0]["top"][0]["prediction"] == 3


@pytest.mark.tensorflow
def test_predict_when_the_file_is_no_model_then_the_remedy_is_told(digits: Path) -> None:
    with pytest.raises(GraderError) as error:
        run(predict, [digits / "3.png", digits / "3.png"])
    assert error.value.slug == "model-unknown-format"


def test_predict_when_the_model_is_a_folder_then_says_so(digits: Path) -> None:
    with pytest.raises(GraderError) as error:
        run(predict, [digits, digits / "3.png"])
    assert error.value.slug == "path-is-folder"


def test_normalize_when_the_sheet_cannot_be_written_then_says_so(digits: Path) -> None:
    with pytest.raises(GraderError) as error:
        run(normalize, [digits / "3.png", "--out", digits / "no-such-folder" / "sheet.png"])
    assert error.value.slug == "out-not-writable"
