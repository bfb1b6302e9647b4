"""`grader doctor`, and what other commands do on a system whose lock is not whole."""

import json
from pathlib import Path

import pytest
from PIL import Image

from grader.cli.doctor import _namespaces, _print
from grader.cli.main import main
from grader.images.reader import PICTURE_JOB
from grader.models import student
from grader.sandbox import lock
from grader.sandbox.lock import WHOLE_LOCK, LockPart
from grader.sandbox.wrapping import wrapping
from tests.loops import every
from tests.sandbox.locked import need_namespaces

SUBJECTS = [
    "system", "landlock", "seccomp", "namespaces", "versions", "lock_of_pictures", "pictures", "lock_of_models", "models",
]  # fmt: skip


@pytest.fixture(params=["Landlock", "seccomp"])
def lacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A system without one part of the lock."""
    part = {"Landlock": LockPart.PATHS, "seccomp": LockPart.SYSTEM_CALLS}[request.param]
    monkeypatch.setattr(lock, "available_parts", lambda: WHOLE_LOCK & ~part)
    return str(request.param)


@pytest.fixture
def no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The helper of the models starts as quickly as that of the pictures."""
    monkeypatch.setattr(student, "MODEL_JOB", PICTURE_JOB)


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


@every("command", [["predict", "lecture-cnn-small"], ["normalize"]])
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


@every("language, word", [("en", "--self"), ("ko", "본인의")])
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
        assert ("namespaces" in found[subject]) == bool(wrapping().command)
    assert "fork" in found["models"]
    assert "keras 3." in found["versions"]


def test_namespaces_when_bubblewrap_works_then_it_is_named_without_a_hint() -> None:
    need_namespaces()
    check = _namespaces()
    assert (check.found, check.problem, check.hint) == (wrapping().program, "", "")


@pytest.mark.usefixtures("no_tensorflow")
@pytest.mark.parametrize(
    ("bubblewrap", "slug", "words"),
    [
        ("", "doctor-namespaces-missing", "apt install bubblewrap"),
        ("echo 'bwrap: not allowed' >&2; exit 1", "doctor-namespaces-refused", "bwrap: not allowed"),
    ],
    ids=["not installed", "refused"],
)
def test_doctor_when_bubblewrap_does_not_work_then_a_hint_says_so_and_exit_0(
    bubblewrap: str,
    slug: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if bubblewrap:
        (tmp_path / "bwrap").write_text(f"#!/bin/sh\n{bubblewrap}\n")
        (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    wrapping.cache_clear()
    try:
        is_whole = lock.available_parts() == WHOLE_LOCK
        assert main(["doctor", "--json"]) == (0 if is_whole else 1)
        told = {each["subject"]: each for each in json.loads(capsys.readouterr().out)["checks"]}
        for language, mark in (("en", "HINT"), ("ko", "참고")):
            _print(_namespaces(), language)
            said = capsys.readouterr().out
            assert said.startswith(mark)
            assert words in said
    finally:
        wrapping.cache_clear()
    assert told["namespaces"]["problem"] is None
    assert f"[{slug}]" in told["namespaces"]["hint"]
    assert all(each["hint"] is None for name, each in told.items() if name != "namespaces")
    assert "namespaces" not in told["lock_of_models"]["found"]


@pytest.mark.usefixtures("no_tensorflow")
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
