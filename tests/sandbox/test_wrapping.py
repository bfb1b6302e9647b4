"""Namespaces around a helper: found, missing, failing, hanging, lying; real processes each time."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.images.reader import PICTURE_JOB
from grader.models.student import MODEL_JOB
from grader.sandbox import wrapping as module
from grader.sandbox.lock import WHOLE_LOCK, LockPart, available_parts
from grader.sandbox.wrapping import Wrapping, end_session, wait_status, wrapping
from grader.sandbox.zygotes import ChildFailed, ChildFailure, Zygote
from tests.loops import every
from tests.sandbox.hostile import SURVIVED
from tests.sandbox.locked import (
    GENEROUS,
    ROOT,
    BareZygote,
    TestZygote,
    ask,
    attempt,
    children_of,
    inside,
    need_namespaces,
)

JOB = "tests.sandbox.hostile"
whole_lock = pytest.mark.skipif(available_parts() != WHOLE_LOCK, reason="this system has no whole lock")
ONLY_RUNS = f'while [ "$1" != {sys.executable} ]; do shift; done; exec "$@"'
"""What a bubblewrap would do that makes no namespace."""

LOOK = """
import json, os, socket, sys
def refused(what):
    try:
        what()
    except OSError:
        return True
    return False
given, here = sys.argv[1:]
print(json.dumps({
    "given": open(given).read(),
    "writes_beside": not refused(lambda: open(given + ".new", "w")),
    "writes_devices": not refused(lambda: open("/dev/new", "w")),
    "writes_homes": [each for each in here.split(":") if not refused(lambda: open(each + "/new", "w"))],
    "interfaces": [name for _, name in socket.if_nameindex()],
    "processes": [each for each in os.listdir("/proc") if each.isdecimal()],
    "terminal": not refused(lambda: open("/dev/tty")),
}))
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return a function that puts a shell script in the place of bubblewrap."""

    def put(script: str) -> None:
        path = tmp_path / "bin" / "bwrap"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
        wrapping.cache_clear()

    yield put
    wrapping.cache_clear()


def answers(zygote: TestZygote) -> bytes:
    with zygote:
        return attempt(zygote, "nothing")


def kill(zygote: TestZygote) -> None:
    """End bubblewrap, and with it the zygote, and wait until that is known."""
    os.kill(zygote.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while zygote.is_forking and time.monotonic() < deadline:
        time.sleep(0.01)


def session(leader: int) -> list[int]:
    """Every process of a session that is not a zombie."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, number, *_ = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(number) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


def is_over_soon(leader: int) -> bool:
    deadline = time.monotonic() + 5
    while session(leader) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not session(leader)


def test_wrapping_when_bubblewrap_is_not_installed_then_there_is_none_and_children_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    wrapping.cache_clear()
    assert wrapping() == Wrapping()
    assert answers(TestZygote(JOB)) == SURVIVED
    wrapping.cache_clear()


def test_wrapping_when_bubblewrap_fails_then_its_own_words_are_kept_and_children_answer(
    fake: Callable[[str], None], tmp_path: Path
) -> None:
    fake("echo first >&2; echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
    found = wrapping()
    assert found.command == ()
    assert found.program == str(tmp_path / "bin" / "bwrap")
    assert found.problem == "bwrap: No permissions to create new namespace"
    assert answers(TestZygote(JOB)) == SURVIVED


@every("script, problem", [("exit 3", "3"), ("kill -9 $$", "-9")])
def test_wrapping_when_bubblewrap_fails_without_a_word_then_its_code_is_told(
    fake: Callable[[str], None], script: str, problem: str
) -> None:
    fake(script)
    assert wrapping().problem == problem


def test_wrapping_when_bubblewrap_is_no_program_then_so_is_said(
    fake: Callable[[str], None], tmp_path: Path
) -> None:
    fake("")
    (tmp_path / "bin" / "bwrap").write_bytes(b"\x7fELF nothing")
    wrapping.cache_clear()
    assert "Exec format error" in wrapping().problem


def test_wrapping_when_the_current_folder_is_gone_then_children_answer_all_the_same(
    fake: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(ONLY_RUNS)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert "No such file" in wrapping().problem
    assert answers(TestZygote(JOB)) == SURVIVED


def test_wrapping_when_bubblewrap_hangs_then_it_is_given_up_and_nothing_is_left(
    fake: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TRIAL_SECONDS", 0.5)
    fake(f"echo $$ > {tmp_path}/pid; sleep 60; sleep 60")
    start = time.monotonic()
    assert wrapping().problem == "> 0.5 s"
    assert time.monotonic() - start < 5
    assert is_over_soon(int((tmp_path / "pid").read_text()))


def test_wrapping_when_asked_again_then_it_is_not_tried_again(
    fake: Callable[[str], None], tmp_path: Path
) -> None:
    fake(f"echo once >> {tmp_path}/tried; exit 1")
    assert wrapping() is wrapping()
    assert (tmp_path / "tried").read_text() == "once\n"


@whole_lock
def test_zygote_when_bubblewrap_makes_no_namespaces_then_none_are_claimed(
    fake: Callable[[str], None],
) -> None:
    fake(ONLY_RUNS)
    assert wrapping().command
    with TestZygote(JOB) as zygote:
        assert zygote.prove() == WHOLE_LOCK


@whole_lock
def test_zygote_when_bubblewrap_works_in_the_trial_alone_then_it_begins_again_without(
    fake: Callable[[str], None], tmp_path: Path
) -> None:
    fake(f'case "$*" in *sandbox.zygote*) echo >> {tmp_path}/failed; exit 1;; esac; {ONLY_RUNS}')
    assert wrapping().command
    with TestZygote(JOB) as zygote:
        assert attempt(zygote, "nothing") == SURVIVED
        assert zygote.proven == WHOLE_LOCK
        assert zygote.is_forking
        kill(zygote)
        assert attempt(zygote, "nothing") == SURVIVED
    assert (tmp_path / "failed").read_text() == "\n"


@whole_lock
@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="root alone has rights to lose"
)
def test_zygote_when_bubblewrap_costs_a_part_of_the_lock_then_it_begins_again_without(
    fake: Callable[[str], None],
) -> None:
    fake(ONLY_RUNS.replace("exec", "exec setpriv --bounding-set=-setuid,-setgid"))
    assert wrapping().command
    with TestZygote(JOB) as zygote:
        assert attempt(zygote, "nothing") == SURVIVED
        assert zygote.proven == WHOLE_LOCK
        assert zygote.is_forking


@pytest.mark.tensorflow
@every("job", [MODEL_JOB, PICTURE_JOB])
def test_zygote_when_its_libraries_are_the_real_ones_then_it_starts_in_namespaces_and_forks(job: str) -> None:
    need_namespaces()
    with Zygote(job) as zygote:
        assert LockPart.NAMESPACES in zygote.prove()
        assert zygote.is_forking


@whole_lock
def test_zygote_when_bubblewrap_works_then_namespaces_are_proven_and_answers_are_the_same() -> None:
    need_namespaces()
    with TestZygote(JOB) as wrapped, BareZygote(JOB) as bare:
        assert wrapped.prove() == bare.prove() | LockPart.NAMESPACES == WHOLE_LOCK | LockPart.NAMESPACES
        for what in ("nothing", "thread", "descriptors", "allocate", "executable memory"):
            assert attempt(wrapped, what) == attempt(bare, what), what
        assert wrapped.is_forking


def test_wrapped_program_when_it_looks_around_then_it_is_alone_and_can_write_nowhere(tmp_path: Path) -> None:
    need_namespaces()
    given = tmp_path / "given"
    homes = [each for each in ("/home", "/root", "/run", "/mnt", "/media", "/tmp") if Path(each).is_dir()]
    given.write_text("x")
    command = [*wrapping().command, sys.executable, "-I", "-c", LOOK, str(given), ":".join(homes)]
    done = subprocess.run(
        command, capture_output=True, check=True, cwd=tempfile.gettempdir(), start_new_session=True
    )
    seen = json.loads(done.stdout)
    assert seen.pop("processes") == ["1", "2"]
    assert seen == {
        "given": "x",
        "writes_beside": False,
        "writes_devices": False,
        "writes_homes": [],
        "interfaces": ["lo"],
        "terminal": False,
    }


def test_wrapped_program_when_homes_hold_more_than_it_needs_then_it_does_not_see_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The temporary folder stands for a home; a folder of libraries is needed there, and files come into it later."""
    need_namespaces()
    for name in ("libraries", "private", "link"):
        (tmp_path / "home" / name).mkdir(parents=True)
    (tmp_path / "home" / "private" / "key").write_text("secret")
    (tmp_path / "home" / "spool").symlink_to(tmp_path / "home" / "libraries")
    monkeypatch.setattr(module, "_HIDDEN", (str(tmp_path / "home"), str(tmp_path / "absent")))
    monkeypatch.setattr(module, "_needed", lambda: module._as_named_and_as_found(tmp_path / "home" / "spool"))
    command = module._command(wrapping().program)
    code = (
        "import os, sys; sys.stdin.read(); print(sorted(os.listdir(sys.argv[1])), open(sys.argv[2]).read())"
    )
    with subprocess.Popen(
        [
            *command,
            sys.executable,
            "-I",
            "-c",
            code,
            tmp_path / "home",
            tmp_path / "home" / "spool" / "later",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        inside(started.pid)
        (tmp_path / "home" / "libraries" / "later").write_text("copy of a submission")
        said, _ = started.communicate("")
    assert said == "['libraries', 'spool'] copy of a submission\n"


def test_hiding_when_everything_is_needed_then_the_folder_stays_in_sight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HIDDEN", (str(tmp_path),))
    monkeypatch.setattr(module, "_needed", lambda: module._as_named_and_as_found(tmp_path.parent))
    assert "--tmpfs" not in module._command("bwrap")


def test_needed_when_listed_then_package_interpreter_and_copies_are_there_and_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    needed = set(module._needed())
    assert {ROOT, Path(sys.prefix), Path(sys.base_prefix), Path(tempfile.gettempdir())} <= needed
    assert tmp_path not in needed


def test_zygote_when_it_is_left_then_no_process_is(tmp_path: Path) -> None:
    need_namespaces()
    with TestZygote(JOB) as zygote, zygote.open(GENEROUS) as child:
        ask(child, "loop")
        (running,) = children_of(inside(zygote.pid))
        assert {zygote.pid, inside(zygote.pid), running} <= set(session(zygote.pid))
        leader = zygote.pid
    assert session(leader) == []


@every("milliseconds", [0, 1, 2, 4, 6, 8, 10, 15, 30])
def test_zygote_when_it_is_left_at_once_then_no_process_is(milliseconds: int) -> None:
    need_namespaces()
    with TestZygote(JOB) as zygote:
        leader = zygote.pid
        time.sleep(milliseconds / 1000)
    assert is_over_soon(leader)


STARTS_AND_WAITS = f"""
import sys, time
sys.path.append({str(ROOT)!r})
from tests.sandbox.locked import TestZygote, ask, GENEROUS
zygote = TestZygote({JOB!r})
child = zygote.open(GENEROUS)
ask(child, "loop")
print(zygote.pid, flush=True)
time.sleep(60)
"""


def test_zygote_when_its_starter_is_killed_then_no_process_is_left() -> None:
    need_namespaces()
    with subprocess.Popen([sys.executable, "-c", STARTS_AND_WAITS], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        leader = int(starter.stdout.readline())
        assert len(session(leader)) == 4
        starter.kill()
    assert is_over_soon(leader)


def test_child_when_bubblewrap_is_killed_under_it_then_it_is_lost_and_a_fresh_wrapped_process_answers() -> (
    None
):
    need_namespaces()
    with TestZygote(JOB) as zygote:
        with zygote.open(GENEROUS) as child:
            ask(child, "loop")
            os.kill(zygote.pid, signal.SIGKILL)
            with pytest.raises(ChildFailed) as failed:
                child.receive(8)
        assert failed.value.failure is ChildFailure.LOST
        assert attempt(zygote, "nothing") == SURVIVED
        before = set(children_of(os.getpid()))
        with zygote.open(GENEROUS) as fresh:
            (outer,) = set(children_of(os.getpid())) - before
            assert inside(outer) != outer
            ask(fresh, "loop")
        assert session(outer) == []


@every(
    "what, failure, detail",
    [
        ("socket", ChildFailure.FORBIDDEN, "SIGSYS"),
        ("abort", ChildFailure.CRASHED, "SIGABRT"),
        ("end", ChildFailure.CRASHED, ""),
    ],
)
def test_child_when_it_is_a_fresh_process_in_namespaces_then_how_it_ended_is_known(
    what: str, failure: ChildFailure, detail: str
) -> None:
    need_namespaces()
    with TestZygote(JOB) as zygote:
        zygote.prove()
        kill(zygote)
        with pytest.raises(ChildFailed) as failed:
            attempt(zygote, what)
        assert (failed.value.failure, failed.value.detail) == (failure, detail)


def test_status_when_bubblewrap_passed_it_on_then_it_is_what_the_program_ended_by() -> None:
    by_code = {0: (0, 0), 1: (256, 256), 128: (128 << 8, 128 << 8), 159: (159 << 8, 31), -9: (9, 9)}
    for code, (bare, wrapped) in by_code.items():
        assert wait_status(code, is_wrapped=False) == bare
        assert wait_status(code, is_wrapped=True) == wrapped
    assert os.WTERMSIG(wait_status(128 + signal.SIGSYS, is_wrapped=True)) == signal.SIGSYS


def test_end_when_the_process_has_ended_then_nothing_happens() -> None:
    ended = subprocess.Popen(["true"], start_new_session=True)
    ended.wait()
    end_session(ended, is_wrapped=True)
    assert ended.returncode == 0
