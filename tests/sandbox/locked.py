"""Zygotes whose children serve a job of the tests."""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.sandbox.lock import Limits
from grader.sandbox.wrapping import wrapping
from grader.sandbox.zygotes import LockedChild, Zygote
from tests.sandbox.hostile import SURVIVED

ROOT = Path(__file__).parents[2]
GENEROUS = Limits(wall_seconds=20, cpu_seconds=10, data_bytes=1 << 30)


class TestZygote(Zygote):
    """A zygote that also finds the modules of the tests."""

    __test__ = False

    def _program(self) -> list[str]:
        begin = "import sys; sys.path.append(sys.argv.pop(1)); from grader.sandbox.zygote import main; main(sys.argv[1:])"
        return [sys.executable, "-I", "-c", begin, str(ROOT)]


class BareZygote(TestZygote):
    """A zygote without namespaces around it, whatever this system has."""

    def _find_wrapping(self) -> tuple[str, ...]:
        return ()


def need_namespaces() -> None:
    """Skip where bubblewrap does not work, unless nothing may be skipped."""
    if not wrapping().command:
        skip_or_fail = pytest.fail if "GRADER_REQUIRE_ALL" in os.environ else pytest.skip
        skip_or_fail(f"bubblewrap does not work here: {wrapping()}")


def children_of(pid: int) -> list[int]:
    return [
        int(each)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for each in (task / "children").read_text().split()
    ]


def inside(pid: int) -> int:
    """Return the process that bubblewrap has started, or `pid` itself when that is not bubblewrap."""
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}/comm").read_text() == "bwrap\n" and time.monotonic() < deadline:
        pid = next(iter(children_of(pid)), pid)
        time.sleep(0.001)
    return pid


def number_inside(pid: int) -> int:
    """Return the number that a process has in its own namespace."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("NSpid:")).split()[-1])


def ask(child: LockedChild, what: str, *values: str | int) -> None:
    child.send_block(json.dumps({"attempt": what, "values": values}).encode())


def attempt(
    zygote: Zygote,
    what: str,
    *values: str | int,
    limits: Limits = GENEROUS,
    readable: Sequence[str | Path] = (),
) -> bytes:
    """Let a child try, and return its answer."""
    with zygote.open(limits, readable) as child:
        ask(child, what, *values)
        return child.receive(len(SURVIVED))
