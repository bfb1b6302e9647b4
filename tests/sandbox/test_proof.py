"""No child is given before the lock was seen to hold."""

import os
import signal
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.sandbox.lock import NO_PART, WHOLE_LOCK, LockPart, available_parts
from grader.sandbox.proof import described, names_of, require
from tests.loops import every
from tests.sandbox.hostile import SURVIVED
from tests.sandbox.locked import GENEROUS, TestZygote, attempt, inside

JOB = "tests.sandbox.hostile"
whole_lock = pytest.mark.skipif(available_parts() != WHOLE_LOCK, reason="this system has no whole lock")


@whole_lock
@every("omitted, name", [(LockPart.PATHS, "Landlock"), (LockPart.SYSTEM_CALLS, "seccomp")])
def test_open_when_a_part_does_not_hold_then_refused_with_its_name(omitted: LockPart, name: str) -> None:
    with TestZygote(JOB, omitted=omitted) as zygote:
        with pytest.raises(GraderError) as error:
            zygote.open(GENEROUS)
        assert error.value.slug == "sandbox-incomplete"
        assert error.value.values["missing"] == name


@whole_lock
def test_open_when_the_part_is_not_needed_then_the_rest_of_the_lock_is_there(tmp_path: Path) -> None:
    with TestZygote(JOB, needed=NO_PART, omitted=LockPart.PATHS) as zygote:
        assert attempt(zygote, "nothing") == SURVIVED
        assert zygote.proven is not None
        assert zygote.proven & WHOLE_LOCK == WHOLE_LOCK & ~LockPart.PATHS


@whole_lock
def test_proof_when_every_child_is_a_fresh_process_then_it_holds_as_well() -> None:
    with TestZygote("tests.sandbox.no_such_job") as zygote:
        assert zygote.prove() == WHOLE_LOCK


@whole_lock
def test_proof_when_the_helper_is_killed_before_it_then_fresh_processes_prove_it() -> None:
    with TestZygote(JOB) as zygote:
        os.kill(inside(zygote.pid), signal.SIGKILL)
        assert WHOLE_LOCK in zygote.prove()


def test_zygote_when_nobody_has_asked_then_nothing_is_proven() -> None:
    with TestZygote(JOB) as zygote:
        assert zygote.proven is None


def test_require_when_nothing_is_missing_then_silent() -> None:
    require(WHOLE_LOCK, WHOLE_LOCK)
    require(NO_PART, NO_PART)


def test_words_when_parts_are_told_then_every_part_has_a_name() -> None:
    everything = WHOLE_LOCK | LockPart.NAMESPACES
    assert len(names_of(everything)) == len(list(LockPart)) == 9
    assert described(WHOLE_LOCK).startswith("full: ")
    assert described(everything) == f"{described(WHOLE_LOCK)}, namespaces"
    assert described(LockPart.LIMITS | LockPart.DESCRIPTORS) == "reduced: limits, descriptors"
