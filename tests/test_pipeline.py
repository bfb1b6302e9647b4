"""The straight path without models: what a regrade needs."""

import dataclasses
import json
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.export.base import EXPORTERS, Exporter
from grader.grading.rubric import load_rubric, measurement_settings, parse_rubric
from grader.pipeline import _publish, regrade
from grader.resources import resource_folder
from grader.store.evidence import Store
from tests.builders import make_evidence
from tests.grading.rubrics import CRITERION, LINEAR, one, rubric_toml
from tests.loops import every
from tests.store.test_evidence import submission
from tests.store.test_run_folder import write_run


def run_folder(tmp_path: Path) -> Path:
    run = write_run(tmp_path / "run", tmp_path, is_finished=True)
    rubric = resource_folder("rubrics") / "handwritten-digits.toml"
    (run / "rubric.toml").write_bytes(rubric.read_bytes())
    return run


def test_regrade_when_the_evidence_is_gone_then_the_tables_stay(tmp_path: Path) -> None:
    run = run_folder(tmp_path)
    (run / "grades.csv").write_text("precious")
    for is_empty in (False, True):
        if is_empty:
            Store(run / "evidence.sqlite").close()
        with pytest.raises(GraderError) as error:
            regrade(run, None, None)
        assert error.value.slug == "run-without-evidence"
    assert (run / "grades.csv").read_text() == "precious"


def test_regrade_when_earlier_results_are_damaged_then_it_works_without_them(tmp_path: Path) -> None:
    run = run_folder(tmp_path)
    settings = measurement_settings(load_rubric("handwritten-digits"), 20)
    store = Store(run / "evidence.sqlite")
    store.save(dataclasses.replace(submission(failure="grader-failed"), settings=settings, pictures=()))
    store.close()
    (run / "results.json").write_text('{"submissions": [1]}')
    assert regrade(run, None, None).moved == ()


@every("is_self_check", [False, True])
def test_hidden_criterion_when_published_then_only_the_instructor_sees_it(
    is_self_check: bool, tmp_path: Path
) -> None:
    hidden = CRITERION.format(
        number=2, rest='kind = "handwriting_accuracy"\npoints = 0\nvisible_to_students = false'
    ).replace('"Criterion"', '"Secret check"')
    shown = 'kind = "test_accuracy"\npoints = 1\n' + LINEAR
    rubric = parse_rubric((rubric_toml(shown) + hidden).encode(), file="small.toml")
    record = {
        "run": "run",
        "date": "2026-11-28T12:00:00+09:00",
        "settings": {"language": "en", "is_self_check": is_self_check},
        "provenance": {"grader": "0.1.0"},
    }
    evidence = make_evidence(student_predictions=[0, 1, 2, 3, 4, 5, 6, 7, 8, 8])
    run = _publish(tmp_path, rubric, record, (evidence,))
    (student,) = (tmp_path / "students").glob("*.html")
    assert "Secret check" not in student.read_text(encoding="utf-8")
    found = {entry["id"]: entry for entry in run.results["submissions"][0]["criteria"]}
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    grades = (tmp_path / "grades.csv").read_text(encoding="utf-8-sig")
    if is_self_check:
        assert found.keys() == {"c1"}
        assert "Secret check" not in index
        assert "c2" not in grades
        return
    assert (found["c1"]["visible_to_students"], found["c2"]["visible_to_students"]) == (True, False)
    assert "Secret check (students do not see this)" in index
    assert '<td class="n" data-v="90.0">90.0 %</td>' in index
    assert "c2" in grades.splitlines()[0]


def test_run_when_published_then_the_file_of_every_exporter(tmp_path: Path) -> None:
    mine = Exporter(name="names", file="names.txt", write=lambda graded: graded.grades[0].name.encode())
    EXPORTERS.add("names", mine)
    record = {
        "run": "run",
        "date": "2026-11-28T12:00:00+09:00",
        "settings": {"language": "ko", "is_self_check": False},
        "provenance": {"grader": "0.1.0"},
    }
    try:
        rubric = one("test_accuracy", LINEAR)
        run = _publish(tmp_path, rubric, record, (make_evidence(name="Kim Haneul"),))
    finally:
        del EXPORTERS._things["names"]
    assert (tmp_path / "names.txt").read_bytes() == b"Kim Haneul"
    assert json.loads((tmp_path / "results.json").read_bytes()) == run.results
    assert (tmp_path / "grades.csv").is_file()
