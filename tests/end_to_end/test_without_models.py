"""In this process, without models and so without TensorFlow: a mistake of ours, and what keeps a check from starting."""

import json
from pathlib import Path

import pytest

from grader import pipeline
from grader.cli.main import EXIT_PERSON, main
from grader.images.reader import PICTURE_JOB
from grader.measuring.submission import measure
from grader.resources import resource_folder
from tests.end_to_end.conftest import Command, write_digits, write_good
from tests.loops import every


class Silent:
    def started(self, ids: list[str]) -> None: ...

    def finished(self, submission_id: str, *, reused: bool) -> None: ...


@pytest.fixture(autouse=True)
def no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MODEL_JOB", PICTURE_JOB)


def test_check_when_we_fail_on_one_then_it_has_no_points_and_the_rest_is_graded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        write_digits(tmp_path / "class" / name, seed=1)

    def fails_on_a(submission, tools):
        if submission.id == "a":
            raise ZeroDivisionError("ours")
        return measure(submission, tools)

    monkeypatch.setattr(pipeline, "measure", fails_on_a)
    options = pipeline.CheckOptions(paths=(tmp_path / "class",), out=tmp_path / "run")
    run = pipeline.check(options, Silent())
    a, b = run.grades
    assert (a.status, a.points, a.points_open) == ("could_not_grade", None, a.points_possible)
    assert (b.status, b.points) == ("incomplete", 2)
    assert "ZeroDivisionError" in (tmp_path / "run" / "evidence" / "a.error.txt").read_text(encoding="utf-8")

    monkeypatch.setattr(pipeline, "measure", measure)
    again = pipeline.check(options, Silent())
    assert again.grades[0].points == 2
    assert not (tmp_path / "run" / "evidence" / "a.error.txt").exists()


def test_self_check_when_the_model_is_missing_then_exits_with_1(tmp_path: Path) -> None:
    write_digits(tmp_path / "mine", seed=1)
    assert main(["check", str(tmp_path / "mine"), "--out", str(tmp_path / "run"), "--self"]) == EXIT_PERSON


@every(
    "arguments, language, slug",
    [
        (["no-such-folder"], "ko", "path-not-found"),
        (["class", "--rubric", "no-such-rubric"], "en", "rubric-not-found"),
        (["class", "--rubric", "unknown-key.toml"], "ko", "rubric-unknown-key"),
        (["empty"], "en", "no-submissions"),
        (["class", "--student", "nobody"], "ko", "student-not-found"),
    ],
)
def test_check_when_it_cannot_start_then_says_why_and_exits_with_2(
    tmp_path: Path, command: Command, arguments: list[str], language: str, slug: str
) -> None:
    write_good(tmp_path / "class" / "a")
    (tmp_path / "empty").mkdir()
    rubric = (resource_folder("rubrics") / "handwritten-digits.toml").read_text(encoding="utf-8")
    (tmp_path / "unknown-key.toml").write_text("pionts_step = 1\n" + rubric, encoding="utf-8")
    code, out, err = command(["check", *arguments, "--lang", language, "--json"], tmp_path)
    assert code == 2, err
    assert f"[{slug}]" in err
    assert json.loads(out)["errors"][0]["slug"] == slug
    assert not (tmp_path / "reports").exists()


def test_check_when_out_holds_other_files_then_nothing_is_touched(tmp_path: Path, command: Command) -> None:
    write_good(tmp_path / "class" / "a")
    (tmp_path / "thesis" / "students").mkdir(parents=True)
    (tmp_path / "thesis" / "students" / "draft.html").write_text("mine")
    code, _, err = command(["check", "class", "--out", "thesis", "--lang", "en"], tmp_path)
    assert code == 2
    assert "[out-not-a-run]" in err
    assert [path.name for path in (tmp_path / "thesis").rglob("*")] == ["students", "draft.html"]


def test_regrade_when_the_folder_is_no_run_then_says_so(tmp_path: Path, command: Command) -> None:
    code, _, err = command(["regrade", tmp_path, "--lang", "en"], tmp_path)
    assert (code, "[run-not-found]" in err) == (2, True)
