"""Zygotes whose children serve a job of the tests."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from grader.sandbox.lock import Limits
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
