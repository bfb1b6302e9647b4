"""Runs in this process, without models and so without TensorFlow: a mistake of ours, a self-check that lacks a part."""

from pathlib import Path

import pytest

from grader import pipeline
from grader.cli.main import EXIT_PERSON, main
from grader.images.reader import PICTURE_JOB
from grader.measuring.submission import measure
from tests.end_to_end.conftest import write_digits


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
