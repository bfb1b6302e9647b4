import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.rubric import DEFAULT, rubric
from grader.errors import GraderError, GraderErrors
from grader.grading.rubric import DEFAULT_RUBRIC, load_rubric
from tests.grading.rubrics import rubric_toml
from tests.loops import every


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@every("language, title", [("en", "Your handwriting, read by your model"), ("ko", "내 손글씨")])
def test_show_when_no_name_then_every_criterion_of_the_homework(language: str, title: str) -> None:
    shown = CliRunner().invoke(rubric, ["show", "--lang", language])
    assert shown.exit_code == 0, shown.exception
    for criterion in load_rubric(DEFAULT_RUBRIC).criteria:
        assert criterion.id in shown.output
    assert title in shown.output
    assert "≥ 96.5 % → 4, ≥ 95 % → 3, ≥ 90 % → 2, ≥ 80 % → 1" in shown.output
    assert DEFAULT == DEFAULT_RUBRIC


def test_show_when_the_terminal_is_narrow_then_no_text_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    shown = CliRunner().invoke(rubric, ["show", "--lang", "ko"])
    assert "…" not in shown.output.split("┏")[1].replace("0 % → 0 …", "")


def test_show_when_json_then_everything_in_the_file_and_points_are_numbers() -> None:
    shown = CliRunner().invoke(rubric, ["show", "handwritten-digits", "--json"])
    content = json.loads(shown.output)
    assert content["points_possible"] == 20
    assert content["sha256"] == load_rubric("handwritten-digits").sha256
    accuracy = next(criterion for criterion in content["criteria"] if criterion["id"] == "test-accuracy")
    assert accuracy["bands"][0] == {"name": "A", "at_least": 0.965, "points": 4.0}


def test_show_when_name_is_unknown_then_grader_error() -> None:
    shown = CliRunner().invoke(rubric, ["show", "handwriting"])
    assert isinstance(shown.exception, GraderError)
    assert shown.exception.slug == "rubric-not-found"


def test_validate_when_good_then_said(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(rubric_toml('kind = "report_evidence"\npoints = 1'), encoding="utf-8")
    validated = CliRunner().invoke(rubric, ["validate", str(path)])
    assert validated.exit_code == 0
    assert validated.output == f"{path}: no problems. 1 criteria, 1 points.\n"


def test_validate_when_bad_then_every_problem_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(rubric_toml('kind = "report"\npoints = 1', "points = 1"), encoding="utf-8")
    validated = CliRunner().invoke(rubric, ["validate", str(path)])
    assert isinstance(validated.exception, GraderErrors)
    assert [problem.slug for problem in validated.exception.problems] == [
        "rubric-unknown-kind",
        "rubric-missing-key",
    ]


def test_help_when_asked_then_no_heavy_module_is_loaded() -> None:
    code = (
        "import sys\nfrom grader.cli.rubric import rubric\nrubric(['--help'], standalone_mode=False)\n"
        "print(sorted({'pydantic', 'rich', 'numpy', 'tensorflow'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.endswith("[]\n")
