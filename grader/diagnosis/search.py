"""Variants of misread pictures → the fewest repairs that make the student's own model read each, verified."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.diagnosis.asker import Asker
from grader.diagnosis.geometry import SIDE
from grader.diagnosis.repairs import Variant

NEIGHBORS = ((0, -1), (0, 1), (-1, 0), (1, 0))
"""A repaired picture moved by one pixel (right, down)."""

LEAST_RIGHT = 3
"""Neighbors, of four, that must be read as the label, too: a reason does not hang on one pixel. See docs/why.md for
what the rule costs and what it keeps out."""

MOST_VERIFIED = 16
"""Variants of a picture that are verified, those with fewer repairs first."""

Guard = Callable[[Sequence[Variant], Sequence[int]], Sequence[bool]]
"""Variants that the model read as their labels, and these → whether each answer can be a reason."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What came of the search for one picture."""

    variant: Variant | None
    """The verified variant with the fewest repairs; None when none is verified."""
    confidence: float | None
    """What the model gives the label there."""
    n_tried: int
    """How many variants were asked."""
    n_right: int
    """How many of them were read as the label, verified or not."""


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    miss: int
    variant: Variant
    confidence: float


def search(
    tried: Sequence[Sequence[Variant]],
    labels: Sequence[int],
    asker: Asker,
    *,
    guards: Sequence[Guard],
    least_right: int = LEAST_RIGHT,
) -> tuple[Found, ...]:
    """Find the fewest repairs that make the model read each picture.

    Args:
        tried: the variants of each picture, from `grader.diagnosis.repairs.variants`.
        labels: the true class of each.
        asker: the student's model.
        guards: each says which right answers can be reasons; one that any refuses is none.
        least_right: neighbors, of four, that must be right as well; 0: none is asked.

    Returns:
        One for each picture. Among verified sets of the same size the one with the highest probability of the label.
    """
    flat = [(miss, variant) for miss, each in enumerate(tried) for variant in each]
    candidates: list[list[_Candidate]] = [[] for _ in tried]
    if flat:
        answers = asker.answers([v.pixels for _, v in flat], [v.is_fed_as_it_is for _, v in flat])
        for (miss, variant), answer in zip(flat, answers, strict=True):
            if int(answer.argmax()) == labels[miss]:
                confidence = float(answer[labels[miss]])
                candidates[miss].append(_Candidate(miss=miss, variant=variant, confidence=confidence))
    first: list[_Candidate | None] = [None] * len(tried)
    hopeful = [_in_order(each) for each in _believed(candidates, labels, guards)]
    for effort in sorted({each.variant.effort for some in hopeful for each in some}):
        asked = [
            each
            for miss, some in enumerate(hopeful)
            if first[miss] is None
            for each in some
            if each.variant.effort == effort
        ]
        for candidate in _verified(asked, labels, asker, least_right):
            first[candidate.miss] = first[candidate.miss] or candidate
    return tuple(
        Found(
            variant=best.variant if best else None,
            confidence=best.confidence if best else None,
            n_tried=len(each),
            n_right=len(right),
        )
        for best, each, right in zip(first, tried, candidates, strict=True)
    )


def _believed(
    candidates: Sequence[Sequence[_Candidate]], labels: Sequence[int], guards: Sequence[Guard]
) -> Sequence[Sequence[_Candidate]]:
    flat = [each for some in candidates for each in some]
    for guard in guards:
        believes = guard([each.variant for each in flat], [labels[each.miss] for each in flat])
        flat = [each for each, is_believed in zip(flat, believes, strict=True) if is_believed]
    kept: list[list[_Candidate]] = [[] for _ in candidates]
    for each in flat:
        kept[each.miss].append(each)
    return kept


def _in_order(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    return sorted(candidates, key=lambda each: (each.variant.effort, -each.confidence))[:MOST_VERIFIED]


def _verified(
    candidates: Sequence[_Candidate], labels: Sequence[int], asker: Asker, least_right: int
) -> list[_Candidate]:
    if not candidates or least_right == 0:
        return list(candidates)
    pictures = [moved(each.variant.pixels, *step) for each in candidates for step in NEIGHBORS]
    as_they_are = [each.variant.is_fed_as_it_is for each in candidates for _ in NEIGHBORS]
    read = asker.answers(pictures, as_they_are).argmax(axis=1).reshape(-1, len(NEIGHBORS))
    return [
        each
        for each, four in zip(candidates, read, strict=True)
        if int((four == labels[each.miss]).sum()) >= least_right
    ]


def moved(pixels: npt.NDArray[np.uint8], dx: int, dy: int) -> npt.NDArray[np.uint8]:
    """Move a picture (28, 28) right by `dx` and down by `dy`, at most one pixel each; its edge is repeated."""
    return np.pad(pixels, 1, mode="edge")[1 - dy : 1 - dy + SIDE, 1 - dx : 1 - dx + SIDE]
