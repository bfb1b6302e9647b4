"""Variants of misread pictures → the fewest repairs that make the student's own model read each, verified.

A model that says 8 to every picture on white paper is right about every 8 there, and no repair has to do with it. And
where the label itself is wrong, some of a hundred pictures is read as it by chance. Guards keep such answers out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images, Probabilities
from grader.datasets.mnist.strokes import SIDE
from grader.measuring.ink import full_level, read_sheet
from grader.measuring.repairs import Variant

Predict = Callable[[Images], Probabilities]


@dataclass(frozen=True, kw_only=True)
class Asker:
    """The student's model."""

    predict: Predict
    """Reads images with ink 1 on background 0, through the model's own convention."""
    predict_as_submitted: Predict
    """Reads grey pictures as they are."""

    def answers(
        self, pictures: Sequence[npt.NDArray[np.uint8]], as_they_are: Sequence[bool]
    ) -> Probabilities:
        """Return probabilities (n, classes) for pictures (28, 28), each fed as it is or through the convention.

        At most two calls, whatever n is; n is at least 1.
        """
        images = np.stack(pictures).astype(np.float32)[..., None] / np.float32(255)
        plainly = np.array(as_they_are, np.bool_)
        parts = [
            (rows, ask(images[rows]))
            for rows, ask in (
                (np.flatnonzero(plainly), self.predict_as_submitted),
                (np.flatnonzero(~plainly), self.predict),
            )
            if rows.size
        ]
        answers = np.empty((len(images), parts[0][1].shape[1]), np.float32)
        for rows, part in parts:
            answers[rows] = part
        return answers


PER_CLASS = 20
"""Known digits of each class that are shown in the grey levels of a repaired picture."""

LEAST_SHARE = 0.5
"""Least share of the known digits of a class that must be read as it, and least share of what is read as it that must be
of this class."""

LEVEL_STEPS = 5
"""Grey levels of background and ink are told apart in steps of a fifth."""

Levels = tuple[int, int, bool]
"""Background and ink in `LEVEL_STEPS`, and whether pictures are fed as they are."""


class Competence:
    """What the model makes of known digits in the grey levels of repaired pictures; each pair of levels is asked once."""

    def __init__(self, asker: Asker, images: Images, labels: npt.NDArray[np.integer]) -> None:
        rows = np.concatenate([np.flatnonzero(labels == digit)[:PER_CLASS] for digit in np.unique(labels)])
        self._asker = asker
        self._images, self._labels = images[rows, ..., 0], labels[rows]
        self._known: dict[Levels, npt.NDArray[np.int64]] = {}

    def __call__(self, variants: Sequence[Variant], labels: Sequence[int]) -> list[bool]:
        """Return for each variant whether the model reads digits of `labels` in its grey levels.

        At most two calls, of 200 predictions for each pair of levels that was not seen before.
        """
        levels = [_levels(variant) for variant in variants]
        new = sorted({each for each in levels if each is not None} - self._known.keys())
        if new:
            shown = [picture for each in new for picture in self._shown(each)]
            as_they_are = [each[2] for each in new for _ in self._labels]
            read = self._asker.answers(shown, as_they_are).argmax(axis=1).reshape(len(new), -1)
            self._known.update(zip(new, read, strict=True))
        return [
            each is not None and self._is_read(self._known[each], label)
            for each, label in zip(levels, labels, strict=True)
        ]

    def _shown(self, levels: Levels) -> npt.NDArray[np.uint8]:
        background, ink = levels[0] / LEVEL_STEPS, levels[1] / LEVEL_STEPS
        return np.round(255 * (background + (ink - background) * self._images)).astype(np.uint8)

    def _is_read(self, read: npt.NDArray[np.int64], label: int) -> bool:
        both = int(((read == label) & (self._labels == label)).sum())
        meant, said = int((self._labels == label).sum()), int((read == label).sum())
        return both > 0 and both >= LEAST_SHARE * meant and both >= LEAST_SHARE * said


def _levels(variant: Variant) -> Levels | None:
    """Return the grey levels of a picture; None when it shows nothing."""
    sheet = read_sheet(variant.pixels.astype(np.float64) / 255)
    if sheet is None:
        return None
    full = full_level(sheet.ink)
    ink = sheet.background + (-full if sheet.is_dark else full)
    return round(LEVEL_STEPS * sheet.background), round(LEVEL_STEPS * ink), variant.is_fed_as_it_is


class Agreement:
    """Whether the referee reads repaired pictures as their labels, too, whatever their polarity."""

    def __init__(self, referee_predict: Predict) -> None:
        self._predict = referee_predict

    def __call__(self, variants: Sequence[Variant], labels: Sequence[int]) -> list[bool]:
        """Return for each variant whether the referee reads it as its label; one call."""
        if not variants:
            return []
        images = np.stack([_light_ink(variant.pixels) for variant in variants])
        read = self._predict(images[..., None]).argmax(axis=1)
        return [int(each) == label for each, label in zip(read, labels, strict=True)]


def _light_ink(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return a picture with ink brighter than its background, (28, 28) in [0, 1]."""
    grey = pixels.astype(np.float32) / np.float32(255)
    sheet = read_sheet(grey.astype(np.float64))
    return 1 - grey if sheet is not None and sheet.is_dark else grey


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
        tried: the variants of each picture, from `grader.measuring.repairs.variants`.
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
