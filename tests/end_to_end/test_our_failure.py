"""A mistake of ours in one submission: the class goes on, nobody gets a 0 for it, and the traceback is kept."""

from pathlib import Path

import pytest

from grader import pipeline
from grader.measuring.submission import measure
from tests.end_to_end.conftest import write_digits


class Silent:
    def started(self, ids: list[str]) -> None: ...

    def finished(self, submission_id: str, *, reused: bool) -> None: ...


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
