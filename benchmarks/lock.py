"""What the lock costs: pairs of children that load the lecture's network and read ten digits, in one run.

Bars: a locked child takes at most 1.1 times as long as the same child without Landlock, filter and change of user, and one
in namespaces at most 1.1 times as long as one without; a forked child is at least 4 times as fast as a fresh process. What
namespaces add to the start of a helper is told, without a bar. Every pair is measured back to back, in alternating order,
so that busy neighbours meet both; the medians of the pairs' ratios and differences count.

    python benchmarks/lock.py [PAIRS]
"""

import contextlib
import hashlib
import statistics
import sys
import time
from collections.abc import Sequence

from grader.core.submission import Role, SubmittedFile
from grader.datasets.card import find_dataset
from grader.datasets.test_set import load_test_set
from grader.images.reader import PICTURE_JOB
from grader.models.student import MODEL_JOB, open_student_model
from grader.resources import resource_folder
from grader.sandbox.child import CannotStart, LockedChild
from grader.sandbox.lock import NO_PART, LockPart
from grader.sandbox.wrapping import wrapping
from grader.sandbox.zygote import Order
from grader.sandbox.zygotes import Zygote

MNIST = find_dataset("mnist")

MOST_FOR_THE_LOCK = 1.1
MOST_FOR_NAMESPACES = 1.1
LEAST_FOR_THE_FORK = 4.0
FRESH_PAIRS = 7


class Bare(Zygote):
    """Has no namespaces around it, whatever this system has."""

    def _find_wrapping(self) -> tuple[str, ...]:
        return ()


class FreshOnly(Bare):
    """Gives every child a process, and an import, of its own."""

    def _open_forked(self, order: Order, readable: Sequence[str]) -> LockedChild:
        raise CannotStart


def seconds(zygote: Zygote, file: SubmittedFile) -> float:
    images, _ = load_test_set(MNIST)
    start = time.perf_counter()
    with open_student_model(file, zygote, dataset=MNIST, limit_seconds=60) as model:
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


def start_seconds(kind: type[Zygote]) -> float:
    start = time.perf_counter()
    with kind(PICTURE_JOB) as zygote:
        zygote.prove()
        return time.perf_counter() - start


def start_words(pairs: int) -> str:
    """What to say of the start and the proof of the pictures' helper, in namespaces and without."""
    found = []
    for each in range(pairs):
        order = (Zygote, Bare) if each % 2 else (Bare, Zygote)
        taken = {kind: start_seconds(kind) for kind in order}
        found.append((taken[Zygote], taken[Bare]))
    medians = [statistics.median(column) for column in zip(*found, strict=True)]
    more = 1000 * statistics.median(a - b for a, b in found)
    return f"medians {medians[0]:.3f} s and {medians[1]:.3f} s, {pairs} pairs, {more:+.0f} ms"


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
        start = time.perf_counter()
        has_namespaces = bool(wrapping().command)
        trial_seconds = time.perf_counter() - start
        wrapped = stack.enter_context(Zygote(MODEL_JOB))
        locked = stack.enter_context(Bare(MODEL_JOB))
        free = stack.enter_context(Bare(MODEL_JOB, needed=NO_PART, omitted=without))
        fresh = stack.enter_context(FreshOnly(MODEL_JOB))
        for zygote in (wrapped, locked, free, fresh):
            zygote.prove()
            seconds(zygote, file)
        lock_ratio, lock_words = ratios(locked, free, file, pairs)
        fork_ratio, fork_words = ratios(fresh, locked, file, FRESH_PAIRS)
        wrap_ratio, wrap_words = (
            ratios(wrapped, locked, file, pairs) if has_namespaces else (1.0, "no bubblewrap")
        )
    print(f"locked child against the same without the lock: {lock_words}; bar {MOST_FOR_THE_LOCK}")
    print(f"fresh process against forked child: {fork_words}; bar {LEAST_FOR_THE_FORK}")
    print(f"in namespaces against without: {wrap_words}; bar {MOST_FOR_NAMESPACES}")
    if has_namespaces:
        print(
            f"start of a helper in namespaces against without: {start_words(pairs)}; trial {1000 * trial_seconds:.0f} ms"
        )
    is_within = lock_ratio <= MOST_FOR_THE_LOCK and wrap_ratio <= MOST_FOR_NAMESPACES
    return int(not is_within or fork_ratio < LEAST_FOR_THE_FORK)


if __name__ == "__main__":
    sys.exit(main())
