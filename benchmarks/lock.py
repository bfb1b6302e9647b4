"""What the lock costs: pairs of children that load the lecture's network and read ten digits, in one run.

Bars: a locked child takes at most 1.1 times as long as the same child without Landlock, filter and change of user; a
forked child is at least 4 times as fast as a fresh process. Every pair is measured back to back, in alternating order, so
that busy neighbours meet both; the medians of the pairs' ratios count.

    python benchmarks/lock.py [PAIRS]
"""

import contextlib
import hashlib
import statistics
import sys
import time
from collections.abc import Sequence

from grader.core.submission import Role, SubmittedFile
from grader.models.probe import load_probe
from grader.models.student import MODEL_JOB, open_student_model
from grader.resources import resource_folder
from grader.sandbox.child import CannotStart, LockedChild
from grader.sandbox.lock import NO_PART, LockPart
from grader.sandbox.zygote import Order
from grader.sandbox.zygotes import Zygote

MOST_FOR_THE_LOCK = 1.1
LEAST_FOR_THE_FORK = 4.0
FRESH_PAIRS = 7


class FreshOnly(Zygote):
    """Gives every child a process, and an import, of its own."""

    def _open_forked(self, order: Order, readable: Sequence[str]) -> LockedChild:
        raise CannotStart


def seconds(zygote: Zygote, file: SubmittedFile) -> float:
    images, _ = load_probe()
    start = time.perf_counter()
    with open_student_model(file, zygote, classes=10, image_sides=(28, 28), limit_seconds=60) as model:
        model.scores(images[:10])
    return time.perf_counter() - start


def ratios(first: Zygote, second: Zygote, file: SubmittedFile, pairs: int) -> tuple[float, str]:
    """Median of the ratio first / second over pairs, and what to say of both."""
    found = []
    for each in range(pairs):
        order = (first, second) if each % 2 else (second, first)
        taken = {zygote: seconds(zygote, file) for zygote in order}
        found.append((taken[first], taken[second]))
    medians = [statistics.median(column) for column in zip(*found, strict=True)]
    ratio = statistics.median(a / b for a, b in found)
    return ratio, f"medians {medians[0]:.3f} s and {medians[1]:.3f} s, {pairs} pairs, ratio {ratio:.2f}"


def main() -> int:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    path = resource_folder("reference_models") / "lecture-cnn-small" / "model.keras"
    content = path.read_bytes()
    file = SubmittedFile(
        name=path.name,
        role=Role.MODEL,
        path=path,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    without = LockPart.PATHS | LockPart.SYSTEM_CALLS | LockPart.ORDINARY_USER
    with contextlib.ExitStack() as stack:
        locked = stack.enter_context(Zygote(MODEL_JOB))
        free = stack.enter_context(Zygote(MODEL_JOB, needed=NO_PART, omitted=without))
        fresh = stack.enter_context(FreshOnly(MODEL_JOB))
        for zygote in (locked, free, fresh):
            zygote.prove()
        seconds(locked, file), seconds(free, file)
        lock_ratio, lock_words = ratios(locked, free, file, pairs)
        fork_ratio, fork_words = ratios(fresh, locked, file, FRESH_PAIRS)
    print(f"locked child against the same without the lock: {lock_words}; bar {MOST_FOR_THE_LOCK}")
    print(f"fresh process against forked child: {fork_words}; bar {LEAST_FOR_THE_FORK}")
    return int(lock_ratio > MOST_FOR_THE_LOCK or fork_ratio < LEAST_FOR_THE_FORK)


if __name__ == "__main__":
    sys.exit(main())
