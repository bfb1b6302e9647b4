"""The same class with the static checks and Keras' safe mode switched off: the lock must hold alone."""

import pytest

from grader.sandbox.lock import WHOLE_LOCK, available_parts
from tests.end_to_end.conftest import Ran
from tests.hostile import output
from tests.hostile.case import MODEL_POINTS
from tests.hostile.cases import CASES
from tests.hostile.run import (
    CONTROLS,
    Graded,
    add_controls,
    build,
    grade,
    make_with_tensorflow,
)
from tests.hostile.trap import Traps
from tests.loops import every

UNGUARDED_JOB = "tests.hostile.unguarded_child"
WITH_MODELS = [case for case in CASES if case.needs_model]


pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.slow,
    pytest.mark.skipif(
        available_parts() != WHOLE_LOCK, reason="without the whole lock hostile code would run here"
    ),
]


@pytest.fixture(scope="module")
def unguarded(armed: Traps, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("unguarded")
    make_with_tensorflow(WITH_MODELS, armed, folder / "factory")
    build(WITH_MODELS, folder / "class", armed, folder / "factory")
    add_controls(folder / "class")
    return grade(folder / "class", folder / "run", armed, job=UNGUARDED_JOB)


def test_lock_when_alone_then_no_trap_was_touched(unguarded: Graded) -> None:
    assert unguarded.code == 1, unguarded.err[-4000:]
    assert not unguarded.sprung


def test_lock_when_alone_then_code_did_run_and_was_stopped(unguarded: Graded) -> None:
    """Otherwise nothing was tested: harmless code of a model's own runs to its end, the rest is ended by the kernel."""
    assert unguarded.entries["lambda-thread-keras"]["points"] == MODEL_POINTS
    for what in ("write", "connect", "shell", "libc", "daemon", "kill"):
        assert unguarded.slugs(f"lambda-{what}-keras") == {"model-forbidden"}


def test_lock_when_alone_then_nothing_is_left_behind(unguarded: Graded) -> None:
    assert not unguarded.left_processes
    assert not unguarded.left_files


@every("id_", CONTROLS)
def test_lock_when_alone_then_honest_neighbours_score_as_alone(
    unguarded: Graded, honest_alone: Ran, id_: str
) -> None:
    together = {**unguarded.entries[id_], "seconds": None}
    assert together == {**honest_alone.by_id[id_], "seconds": None}


def test_lock_when_alone_then_no_output_holds_the_secret(unguarded: Graded, armed: Traps) -> None:
    printed = [("stdout", unguarded.out.encode("utf-8", "replace"))]
    printed.append(("stderr", unguarded.err.encode("utf-8", "replace")))
    forms = output.forms(armed.marker)
    held = [
        name
        for name, content in [*output.all_bytes(unguarded.folder), *printed]
        if any(form in content for form in forms)
    ]
    assert not held
