"""The straight path without models: what is kept of an earlier run."""

import hashlib
from pathlib import Path

import pytest

from grader.core.finding import Finding, Severity
from grader.errors import GraderError
from grader.pipeline import CheckOptions, _alone, _is_current, _make_folder, _run_folder, regrade
from grader.resources import resource_folder
from grader.store.evidence import save_evidence
from tests.builders import make_evidence


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


RECORD = """
run = "class-20260101-120000"
date = "2026-01-01T12:00:00+09:00"
is_finished = {is_finished}
paths_sha256 = "{paths}"
[settings]
rubric = "handwritten-digits"
language = "en"
is_self_check = false
limit_seconds = 20.0
[provenance]
grader = "0"
"""


def write_run(folder: Path, of: Path, *, is_finished: bool) -> Path:
    folder.mkdir(parents=True)
    paths = hashlib.sha256(str(of.resolve()).encode()).hexdigest()
    record = RECORD.format(is_finished=str(is_finished).lower(), paths=paths)
    (folder / "run.toml").write_text(record, encoding="utf-8")
    return folder


def test_run_folder_when_one_was_interrupted_then_only_the_same_class_goes_on_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine, other = tmp_path / "2025" / "class", tmp_path / "2026" / "class"
    begun = write_run(tmp_path / "reports" / "class-20260101-120000", mine, is_finished=False)
    assert _run_folder(CheckOptions(paths=(mine,))).resolve() == begun
    assert _run_folder(CheckOptions(paths=(other,))).resolve() != begun
    assert _run_folder(CheckOptions(paths=(mine, other))).resolve() != begun


@pytest.mark.parametrize("record", ["", "=", "is_finished = false"])
def test_run_folder_when_an_old_record_is_damaged_then_a_new_run_begins(
    record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "reports" / "class-20260101-120000"
    old.mkdir(parents=True)
    (old / "run.toml").write_text(record, encoding="utf-8")
    assert _run_folder(CheckOptions(paths=(tmp_path / "class",))).resolve() != old
    with pytest.raises(GraderError) as error:
        regrade(old, None, None)
    assert error.value.slug == "run-not-found"


def test_run_folder_when_it_cannot_be_made_then_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(GraderError) as error:
        _make_folder(tmp_path / "file" / "run")
    assert error.value.slug == "out-not-writable"


def test_run_folder_when_a_run_is_at_work_then_another_is_refused(tmp_path: Path) -> None:
    with _alone(tmp_path), pytest.raises(GraderError) as error, _alone(tmp_path):
        pass
    assert error.value.slug == "run-in-use"
    with _alone(tmp_path):
        pass


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
