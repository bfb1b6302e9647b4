"""Which folder a run may live in, and who else may not."""

import hashlib
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.store.run_folder import alone, choose_run_folder, finished_record, make_folder

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


def choose(paths: tuple[Path, ...]) -> Path:
    return choose_run_folder(paths, out=None, fresh=False, is_self_check=False)


def test_run_folder_when_one_was_interrupted_then_only_the_same_class_goes_on_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine, other = tmp_path / "2025" / "class", tmp_path / "2026" / "class"
    begun = write_run(tmp_path / "reports" / "class-20260101-120000", mine, is_finished=False)
    assert choose((mine,)).resolve() == begun
    assert choose((other,)).resolve() != begun
    assert choose((mine, other)).resolve() != begun


@pytest.mark.parametrize("record", ["", "=", "is_finished = false"])
def test_run_folder_when_an_old_record_is_damaged_then_a_new_run_begins(
    record: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "reports" / "class-20260101-120000"
    old.mkdir(parents=True)
    (old / "run.toml").write_text(record, encoding="utf-8")
    assert choose((tmp_path / "class",)).resolve() != old
    with pytest.raises(GraderError) as error:
        finished_record(old)
    assert error.value.slug == "run-not-found"


def test_run_folder_when_it_cannot_be_made_then_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(GraderError) as error:
        make_folder(tmp_path / "file" / "run")
    assert error.value.slug == "out-not-writable"


def test_run_folder_when_a_run_is_at_work_then_another_is_refused(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(GraderError) as error, alone(tmp_path):
        pass
    assert error.value.slug == "run-in-use"
    with alone(tmp_path):
        pass
