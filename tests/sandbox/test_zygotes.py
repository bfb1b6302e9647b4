"""Locked children of a zygote: real processes that behave, and that do not."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.sandbox import child as child_module
from grader.sandbox.lock import WHOLE_LOCK, Limits
from grader.sandbox.zygotes import ChildFailed, ChildFailure, Zygote, scrubbed_environment
from tests.loops import every
from tests.sandbox.hostile import STOPPED, SURVIVED
from tests.sandbox.locked import GENEROUS, BareZygote, TestZygote, ask, attempt, children_of, inside

JOB = "tests.sandbox.hostile"


@pytest.fixture(scope="module", params=[TestZygote, BareZygote], ids=["as here", "without namespaces"])
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    with request.param(JOB) as started:
        yield started


def test_open_when_nothing_is_wrong_then_child_answers_under_every_lock(zygote: Zygote) -> None:
    with zygote.open(GENEROUS) as child:
        assert child.lock_parts == WHOLE_LOCK
        ask(child, "nothing")
        assert child.receive(8) == SURVIVED


@every("what", ["allocate", "raise limit", "descriptors"])
def test_child_when_it_reaches_for_more_then_it_is_refused(zygote: Zygote, what: str) -> None:
    assert attempt(zygote, what) == STOPPED


def test_child_when_it_loops_then_it_is_killed_at_the_wall_limit(zygote: Zygote) -> None:
    start = time.monotonic()
    with pytest.raises(ChildFailed) as failed:
        attempt(zygote, "loop", limits=Limits(wall_seconds=1, cpu_seconds=60, data_bytes=1 << 30))
    assert failed.value.failure is ChildFailure.TIMEOUT
    assert time.monotonic() - start < 10


def test_child_when_it_loops_then_the_kernel_ends_it_at_the_processor_limit(zygote: Zygote) -> None:
    with pytest.raises(ChildFailed) as failed:
        attempt(zygote, "loop", limits=Limits(wall_seconds=60, cpu_seconds=1, data_bytes=1 << 30))
    assert (failed.value.failure, failed.value.detail) == (ChildFailure.TIMEOUT, "SIGXCPU")


@every("what", ["abort", "end"])
def test_child_when_it_ends_without_an_answer_then_it_has_crashed(zygote: Zygote, what: str) -> None:
    with pytest.raises(ChildFailed) as failed:
        attempt(zygote, what)
    assert failed.value.failure is ChildFailure.CRASHED


def test_child_when_it_dribbles_then_the_wall_limit_holds_for_the_whole_answer(zygote: Zygote) -> None:
    start = time.monotonic()
    with pytest.raises(ChildFailed) as failed:
        attempt(zygote, "dribble", limits=Limits(wall_seconds=1, cpu_seconds=10, data_bytes=1 << 30))
    assert failed.value.failure is ChildFailure.TIMEOUT
    assert time.monotonic() - start < 3


def test_child_when_it_hangs_up_and_lives_on_then_it_is_guilty_and_ended(
    zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "_EXIT_SECONDS", 1.0)
    with pytest.raises(ChildFailed) as failed:
        attempt(zygote, "hang up")
    assert failed.value.failure is ChildFailure.CRASHED
    assert children_of(inside(zygote.pid)) == []


def test_child_when_somebody_kills_it_then_it_was_killed(zygote: Zygote) -> None:
    with zygote.open(GENEROUS) as child:
        ask(child, "loop")
        (pid,) = children_of(inside(zygote.pid))
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ChildFailed) as failed:
            child.receive(8)
    assert failed.value.failure is ChildFailure.KILLED


def test_close_when_child_still_runs_then_no_process_is_left(zygote: Zygote) -> None:
    with zygote.open(GENEROUS) as child:
        ask(child, "loop")
        assert len(children_of(inside(zygote.pid))) == 1
    assert children_of(inside(zygote.pid)) == []


def test_open_when_the_zygote_is_gone_then_a_fresh_process_answers() -> None:
    with TestZygote(JOB) as zygote:
        assert attempt(zygote, "nothing") == SURVIVED
        os.kill(zygote.pid, signal.SIGKILL)
        time.sleep(0.2)
        start = time.monotonic()
        assert attempt(zygote, "nothing") == SURVIVED
        assert time.monotonic() - start < 5
        assert attempt(zygote, "descriptors") == STOPPED


def test_child_when_its_zygote_dies_under_it_then_it_is_lost_not_guilty() -> None:
    with TestZygote(JOB) as zygote, zygote.open(GENEROUS) as child:
        ask(child, "loop")
        os.kill(zygote.pid, signal.SIGKILL)
        with pytest.raises(ChildFailed) as failed:
            child.receive(8)
    assert failed.value.failure is ChildFailure.LOST


def test_open_when_job_cannot_be_imported_then_the_installation_is_named() -> None:
    with Zygote("grader.sandbox.no_such_job") as zygote, pytest.raises(GraderError) as error:
        zygote.open(GENEROUS)
    assert error.value.slug == "worker-not-started"
    assert "no_such_job" in str(error.value.values["detail"])


def test_open_when_many_ask_at_once_then_each_gets_its_own_child(zygote: Zygote) -> None:
    answers: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(attempt(zygote, "nothing") for _ in range(5)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [SURVIVED] * 20


def test_environment_when_the_user_has_secrets_then_none_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    assert "hunter2" not in scrubbed_environment(tmp_path).values()
