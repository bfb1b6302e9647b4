"""The straight path without models: what is kept of an earlier run."""

from pathlib import Path

import pytest

from grader.core.finding import Finding, Severity
from grader.errors import GraderError
from grader.pipeline import _is_current, regrade
from grader.resources import resource_folder
from grader.store.evidence import save_evidence
from tests.builders import make_evidence
from tests.store.test_run_folder import write_run


@pytest.mark.parametrize(
    ("slug", "is_kept"), [("model-killed", False), ("picture-killed", False), ("model-timeout", True)]
)
def test_evidence_when_something_was_killed_by_chance_then_it_is_measured_again(
    slug: str, is_kept: bool, tmp_path: Path
) -> None:
    found = Finding(slug=slug, severity=Severity.REFUSED, file="model.keras")
    evidence = make_evidence(findings=[found])
    save_evidence(evidence, tmp_path)
    assert _is_current(tmp_path / f"{evidence.submission_id}.json", evidence.key) is is_kept


def test_regrade_when_the_evidence_is_gone_then_the_tables_stay(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", tmp_path, is_finished=True)
    rubric = resource_folder("rubrics") / "handwritten-digits.toml"
    (run / "rubric.toml").write_bytes(rubric.read_bytes())
    (run / "grades.csv").write_text("precious")
    with pytest.raises(GraderError) as error:
        regrade(run, None, None)
    assert error.value.slug == "run-without-evidence"
    assert (run / "grades.csv").read_text() == "precious"


def test_regrade_when_earlier_results_are_damaged_then_it_works_without_them(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", tmp_path, is_finished=True)
    rubric = resource_folder("rubrics") / "handwritten-digits.toml"
    (run / "rubric.toml").write_bytes(rubric.read_bytes())
    (run / "evidence").mkdir()
    save_evidence(make_evidence(), run / "evidence")
    (run / "results.json").write_text('{"submissions": [1]}')
    assert regrade(run, None, None).moved == ()
