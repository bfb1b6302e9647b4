"""`grader doctor`, and what other commands do on a system whose lock is not whole."""

import json
from pathlib import Path

import pytest
from PIL import Image

from grader.cli.main import main
from grader.sandbox import lock
from grader.sandbox.lock import WHOLE_LOCK, LockPart

SUBJECTS = [
    "system", "landlock", "seccomp", "versions", "lock_of_pictures", "pictures", "lock_of_models", "models",
]  # fmt: skip


@pytest.fixture(params=["Landlock", "seccomp"])
def lacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A system without one part of the lock."""
    part = {"Landlock": LockPart.PATHS, "seccomp": LockPart.SYSTEM_CALLS}[request.param]
    monkeypatch.setattr(lock, "available_parts", lambda: WHOLE_LOCK & ~part)
    return str(request.param)


def test_check_when_the_lock_is_not_whole_then_refuses_and_names_part_and_remedy(
    lacking: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for language, word in (("en", "Missing"), ("ko", "없는 것")):
        assert main(["check", str(tmp_path), "--lang", language]) == 2
        said = capsys.readouterr().err
        assert f"{word}: {lacking}." in said
        assert "grader doctor" in said
        assert said.rstrip().endswith("[sandbox-incomplete]")


def test_check_when_the_lock_is_not_whole_then_self_alone_is_no_excuse(lacking: str, tmp_path: Path) -> None:
    assert main(["check", "--self", str(tmp_path)]) == 2


@pytest.mark.parametrize("command", [["predict", "lecture-cnn-small"], ["normalize"]])
def test_other_commands_when_the_lock_is_not_whole_then_refuse_too(
    lacking: str, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("L", (60, 60), 255).save(tmp_path / "1.png")
    assert main([*command, str(tmp_path / "1.png"), "--lang", "en"]) == 2
    assert "[sandbox-incomplete]" in capsys.readouterr().err


def test_reduced_when_it_is_ones_own_work_then_pictures_are_read(
    lacking: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("L", (60, 60), 255).save(tmp_path / "1.png")
    assert main(["normalize", str(tmp_path / "1.png"), "--sandbox", "reduced", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["findings"] == ["picture-blank"]


@pytest.mark.parametrize(("language", "word"), [("en", "--self"), ("ko", "본인의")])
def test_reduced_when_it_may_be_others_work_then_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, word: str
) -> None:
    assert main(["check", str(tmp_path), "--sandbox", "reduced", "--lang", language]) == 2
    said = capsys.readouterr().err
    assert word in said
    assert "[sandbox-reduced-needs-self]" in said


@pytest.mark.tensorflow
def test_doctor_when_all_is_well_then_every_part_is_named_and_exit_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    if lock.available_parts() != WHOLE_LOCK:
        pytest.skip("this system has no whole lock")
    assert main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"]
    assert [each["subject"] for each in told["checks"]] == SUBJECTS
    assert [each["problem"] for each in told["checks"]] == [None] * len(SUBJECTS)
    found = {each["subject"]: each["found"] for each in told["checks"]}
    for subject in ("lock_of_pictures", "lock_of_models"):
        assert found[subject].startswith("full: Landlock")
    assert "fork" in found["models"]
    assert "keras 3." in found["versions"]


@pytest.mark.tensorflow
@pytest.mark.parametrize(("language", "mark"), [("en", "TO DO"), ("ko", "할 일")])
def test_doctor_when_a_part_is_missing_then_says_what_to_do_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str, mark: str
) -> None:
    monkeypatch.setattr(
        lock, "available_parts", lambda: WHOLE_LOCK & ~LockPart.PATHS & ~LockPart.SYSTEM_CALLS
    )
    assert main(["doctor", "--lang", language]) == 1
    said = capsys.readouterr().out
    assert said.count(mark) == 2
    assert "[doctor-landlock]" in said
    assert "[doctor-seccomp]" in said
