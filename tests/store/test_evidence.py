"""Evidence survives its files, bit for bit, and damaged files say so."""

import json
from pathlib import Path

import numpy as np
import pytest

from grader.core.evidence import EVIDENCE_SCHEMA
from grader.core.submission import page_id
from grader.errors import GraderError
from grader.store.evidence import load_all_evidence, load_evidence, save_evidence
from tests.builders import make_evidence


def files_of(folder: Path) -> dict[str, object]:
    """What the files say; 0 and 0.0 are the same number, and give different hashes."""
    return {
        path.name: {**json.loads(path.read_text(encoding="utf-8")), "sha256": None}
        if path.suffix == ".json"
        else path.read_bytes()
        for path in folder.iterdir()
    }


def test_evidence_when_saved_loaded_and_saved_again_then_the_files_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    evidence = make_evidence(unreadable=["3.png"], ambiguous_labels=[None, 7])
    save_evidence(evidence, tmp_path / "a")
    loaded = load_evidence(tmp_path / "a" / f"{page_id(evidence.submission_id)}.json")
    save_evidence(loaded, tmp_path / "b")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    assert (loaded.settings, loaded.findings, loaded.model) == (
        evidence.settings,
        evidence.findings,
        evidence.model,
    )
    assert loaded.images.pictures == evidence.images.pictures
    assert np.array_equal(loaded.images.normalized, evidence.images.normalized)
    assert {name: subject.measurements for name, subject in loaded.subjects.items()} == {
        name: subject.measurements for name, subject in evidence.subjects.items()
    }


def saved(folder: Path) -> Path:
    evidence = make_evidence()
    save_evidence(evidence, folder)
    return folder / f"{page_id(evidence.submission_id)}.json"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        f'{{"schema": {EVIDENCE_SCHEMA}}}',
        f'{{"schema": {EVIDENCE_SCHEMA}, "submission_id": 3}}',
        "not json",
        "[" * 100_000,
    ],
)
def test_load_when_the_json_is_damaged_then_says_so(tmp_path: Path, content: str) -> None:
    path = saved(tmp_path)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(GraderError) as error:
        load_evidence(path)
    assert error.value.slug == "evidence-damaged"


def test_load_when_the_arrays_are_cut_off_then_says_so(tmp_path: Path) -> None:
    path = saved(tmp_path)
    arrays = path.with_suffix(".npz")
    arrays.write_bytes(arrays.read_bytes()[:-100])
    with pytest.raises(GraderError) as error:
        load_evidence(path)
    assert error.value.slug == "evidence-damaged"


def test_load_when_a_number_was_edited_then_says_so(tmp_path: Path) -> None:
    path = saved(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert text.count('"correct": 978') == 1
    path.write_text(text.replace('"correct": 978', '"correct": 999'), encoding="utf-8")
    with pytest.raises(GraderError) as error:
        load_evidence(path)
    assert error.value.slug == "evidence-damaged"


def test_load_when_the_arrays_are_those_of_another_run_then_says_so(tmp_path: Path) -> None:
    path = saved(tmp_path)
    (tmp_path / "other").mkdir()
    other = make_evidence(student_predictions=[9] * 10)
    save_evidence(other, tmp_path / "other")
    (tmp_path / "other" / path.name).with_suffix(".npz").replace(path.with_suffix(".npz"))
    with pytest.raises(GraderError) as error:
        load_evidence(path)
    assert error.value.slug == "evidence-damaged"


def test_load_when_written_by_another_version_then_names_both(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), "schema": 99}), encoding="utf-8"
    )
    with pytest.raises(GraderError) as error:
        load_evidence(path)
    assert (error.value.slug, error.value.values["found"]) == ("evidence-other-version", "99")


def test_load_all_when_folder_is_empty_then_nothing(tmp_path: Path) -> None:
    assert load_all_evidence(tmp_path) == ()
