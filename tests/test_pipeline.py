"""The straight path without models: what a regrade needs."""

import dataclasses
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.grading.rubric import load_rubric, measurement_settings
from grader.pipeline import regrade
from grader.resources import resource_folder
from grader.store.evidence import Store
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
