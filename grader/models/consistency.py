"""The consistency check: does a network answer an image alike every time, and does it look at it at all?"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from grader.core.finding import Finding, Severity
from grader.core.picture import Probabilities
from grader.models.adapters import Inputs

ORDER_SEED = 20240517
"""Seed of the orders that a network is asked in."""
CHECKED_IMAGES = 128
"""Images that are asked again; one call of the child."""
_ROUNDING = 1e-4
"""Probabilities of the same image that differ by less count as equal."""

Answer = Callable[[Inputs], Probabilities]


def secret_order(n: int) -> npt.NDArray[np.int64]:
    """Return a mixed order of `n` images, always the same."""
    return np.random.default_rng(ORDER_SEED).permutation(n)


def answer_mixed(answer: Answer, inputs: Inputs) -> Probabilities:
    """Return the answers to `inputs`, asked in an order that the network does not know."""
    order = secret_order(len(inputs))
    mixed = answer(inputs[order])
    answers = np.empty_like(mixed)
    answers[order] = mixed
    return answers


def check_consistency(answer: Answer, inputs: Inputs, known: Probabilities, file: str) -> tuple[Finding, ...]:
    """Run the consistency check: ask some images again and compare.

    One call decides for an honest network: images in a mixed order, which were asked among others before. Where answers
    differ, two equal calls tell answers that vary by themselves from those that depend on what else is asked.

    Args:
        answer: asks the network.
        inputs: images as the network takes them, asked before; the first `CHECKED_IMAGES` are enough.
        known: what it answered to these and more, (n, classes).
        file: the model file.
    """
    findings = []
    if len({int(each) for each in known.argmax(axis=1)}) == 1:
        findings.append(
            Finding(
                slug="model-constant",
                severity=Severity.WARNING,
                file=file,
                values={"class": int(known[0].argmax()), "n": len(known)},
            )
        )
    some = inputs[:CHECKED_IMAGES]
    before = known[: len(some)]
    if not _alike(answer_mixed(answer, some), before):
        varies = not _alike(answer(some), answer(some))
        slug = "model-answers-vary" if varies else "model-depends-on-order"
        findings.append(Finding(slug=slug, severity=Severity.SUSPICIOUS, file=file))
    return tuple(findings)


def _alike(one: Probabilities, other: Probabilities) -> bool:
    return bool(np.abs(one - other).max(initial=0) <= _ROUNDING)
