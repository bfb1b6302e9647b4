"""A network and known digits → the input convention it was trained with, and how clearly that can be told.

The wrong polarity shows in the accuracy. The wrong scale mostly does not, because a ReLU network hardly depends on
the scale. It shows in the loss: the network is confident where it is wrong. Every convention is asked the same
digits, so that two of them are compared
digit by digit.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from grader.core.dataset import Dataset
from grader.core.picture import Images, Probabilities
from grader.core.submission import NOTHING_STATED, StatedModel
from grader.models.adapters import (
    Convention,
    Inputs,
    Labels,
    Layout,
    NotFinite,
    Scores,
    as_two_classes,
    at_once,
    conventions_for,
    in_order,
    outputs_kind,
    to_probabilities,
)

FIRST_DIGITS = 120
"""How many test images are asked under every convention; they fit one call of 128 images."""
_FIRST_OF_TWO = 600
"""The same for two classes, where every second guess is right: 120 images just tell 57 % from 43 %."""
_MOST_FINALISTS = 3
"""How many of the conventions that cannot be told apart on the first digits are asked about all digits."""
_FEW_NATS = 10.0
"""On the first digits a convention stays in the race while it loses no more than this, summed. Measured on seven models
from the wild and 66 trained ones: their own convention loses at most 0.2."""
_CLEARLY_LESS_ACCURATE = 3.0
"""Standard errors; the difference between two accuracies on the same digits (McNemar)."""
_CLEARLY_LOSSIER = 2.0
"""Standard errors; the mean difference between two losses on the same digits. Measured on all test images and seven models
from the wild: the next convention is at least 2.9 away, the hardest case is a network that is almost never wrong."""
_LEAST_CONFIDENCE = 0.5
"""A network whose mean confidence is below this share of its accuracy was trained on larger numbers: training makes it
surer than right, never much less sure. Measured on 58 trained networks: at least 0.8 under their own convention; at most
0.25 where those of 0-255 are fed 0-1. Needed because a network that is often wrong and always sure has a larger loss than
one that is never sure."""
_SAME_LOSS = 1.05
"""A loss within this factor of the lowest is no reason to prefer either, however clear the difference."""
_READS = 4 / 9
"""Below this share of the way from chance to 1 (0.5 for ten classes, 0.72 for two) under every convention the losses tell
nothing: being sure or not weighs more than being right. Then the misses decide, and outputs in another order of the
classes are looked for."""
_READS_IN_ORDER = 0.9
"""Another order of the outputs is believed when at least this share is read rightly with it."""
_CLEARLY_SWAPPED = 3.0
"""With two classes the other order is believed when its accuracy exceeds that of the plain one by this many
standard errors of an accuracy of one half."""
_FEW_LEVELS = 9
"""Even images that tell the form of the answers where no image is known."""
_SMALLEST_PROBABILITY = 1e-7
_LARGEST_LOSS = -math.log(_SMALLEST_PROBABILITY)


class RawModel(Protocol):
    """A network that takes images in its own convention."""

    @property
    def layout(self) -> Layout:
        """Form of one image."""
        ...

    def scores(self, inputs: Inputs) -> Scores:
        """Return the network's answers (n, classes): probabilities, sigmoids or logits."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class ConventionEvidence:
    """Which convention a network was trained with, and how clearly."""

    chosen: Convention
    """The one that was stated unless it is clearly worse; else the plainest of those not clearly worse than the best."""
    is_certain: bool
    """False when another does as well and nothing that was stated decides."""
    contradicted: Convention | None
    """The best of those that agree with what was stated, when all of them are clearly worse than `chosen`."""
    outputs: str
    """What the answers are; see `grader.models.adapters.outputs_kind`."""
    label_order: tuple[int, ...]
    """Output that stands for each class; () when output i stands for class i."""
    losses: Mapping[str, float]
    """Mean cross-entropy in nats by convention id."""
    accuracies: Mapping[str, float]
    """Share read rightly by convention id."""
    digits: Mapping[str, int]
    """How many known digits that is of, by convention id."""
    predictions: Labels
    """Predicted class of every known digit under the chosen convention, (n,)."""
    scores: Scores
    """The network's own answers to every known digit under the chosen convention, (n, classes)."""

    def probabilities(self, scores: Scores) -> Probabilities:
        """Return answers of the network, (n, outputs), as probabilities in order of the classes, (n, classes)."""
        scores = as_two_classes(scores, self.outputs)
        return to_probabilities(in_order(scores, self.label_order), self.outputs)


def infer_convention(
    model: RawModel,
    images: Images,
    labels: Labels,
    dataset: Dataset,
    stated: StatedModel = NOTHING_STATED,
) -> ConventionEvidence:
    """Find the convention under which a network reads known digits best.

    Every convention is asked `FIRST_DIGITS` digits, as many of each class. The few that do well there, the plain one and
    the best one that agrees with what was stated are asked the others too. Of those whose accuracy is not clearly below
    the highest, and under which the network is about as sure as right, the one with the lowest mean loss is the best;
    those whose loss is not clearly higher cannot be told from it.
    A convention under which the answers are not finite, as exponential activations give for 0-255, counts as the worst.

    Args:
        model: answers images in its own convention.
        images: known images, (n, height, width, channels).
        labels: their classes, (n,).
        dataset: says which conventions are tried. Without any known image what was stated is taken, else the plain one.
        stated: what the student says.

    Raises:
        NotFinite: the answers are not finite under any convention.
    """
    if len(labels) == 0:
        return _untold(model, dataset, stated)
    asked = _Asked(model, images, labels, dataset)
    order = _find_label_order(asked)
    found = _infer(asked, stated, order)
    if len(order) > 2 and found.accuracies[found.chosen.id] < _READS_IN_ORDER:
        return _infer(asked, stated, ())
    return found


def _untold(model: RawModel, dataset: Dataset, stated: StatedModel) -> ConventionEvidence:
    """Return the convention of a network where there are no images to try it on: the instructor keeps the test set."""
    every = conventions_for(model.layout, dataset)
    chosen = next((each for each in every if _agrees(each, stated)), every[0])
    levels = np.linspace(0, 1, _FEW_LEVELS, dtype=np.float32).reshape(-1, 1, 1, 1)
    even = np.broadcast_to(levels, (_FEW_LEVELS, *dataset.shape)).astype(np.float32)
    answers = model.scores(chosen.apply(even, model.layout))
    return ConventionEvidence(
        chosen=chosen,
        is_certain=False,
        contradicted=None,
        outputs=outputs_kind([answers]),
        label_order=(),
        losses={},
        accuracies={},
        digits={},
        predictions=np.zeros(0, np.int64),
        scores=np.zeros((0, len(dataset.classes)), np.float32),
    )


def _infer(asked: "_Asked", stated: StatedModel, label_order: tuple[int, ...]) -> ConventionEvidence:
    outputs = asked.outputs
    ordered = {each: in_order(scores, label_order) for each, scores in asked.first.items()}
    reads = any(_reads(scores, asked.labels) for scores in ordered.values())
    marks = {each: _Marks.of(scores, asked.labels, outputs, reads=reads) for each, scores in ordered.items()}
    agreeing = [each for each in marks if _agrees(each, stated)]
    finalists = {*_promising(marks), *({asked.conventions[0]} & marks.keys())}
    if agreeing:
        finalists.add(min(agreeing, key=lambda each: marks[each].loss))
    complete = {each: asked.all(each) for each in marks if each in finalists}
    answers = {each: scores for each, scores in complete.items() if scores is not None}
    if not answers:
        raise asked.error
    final = {
        each: _Marks.of(in_order(scores, label_order), asked.labels, outputs, reads=reads)
        for each, scores in answers.items()
    }
    marks |= final
    tied = _not_clearly_worse(final)
    fitting = [each for each in tied if each in agreeing] or tied
    chosen = fitting[0]
    contradicted = [each for each in final if each in agreeing] if chosen not in agreeing else []
    scores = asked.in_given_order(answers[chosen])
    tried = {each.id: marks.get(each) for each in asked.conventions}
    return ConventionEvidence(
        chosen=chosen,
        is_certain=len(fitting) == 1,
        contradicted=contradicted[0] if contradicted else None,
        outputs=outputs,
        label_order=label_order,
        losses={id_: mark.loss if mark else _LARGEST_LOSS for id_, mark in tried.items()},
        accuracies={id_: mark.accuracy if mark else 0.0 for id_, mark in tried.items()},
        digits={id_: len(mark.is_right) if mark else asked.n_first for id_, mark in tried.items()},
        predictions=in_order(scores, label_order).argmax(axis=1),
        scores=scores,
    )


def _reads(scores: Scores, labels: Labels) -> bool:
    accuracy = (scores.argmax(axis=1) == labels[: len(scores)]).mean()
    classes = scores.shape[1]
    return bool(accuracy >= (1 + _READS * (classes - 1)) / classes)


def _agrees(convention: Convention, stated: StatedModel) -> bool:
    """Whether a convention is one of those that were stated; "l2" names both of its forms."""
    return stated not in {NOTHING_STATED, StatedModel(network=stated.network)} and (
        stated.polarity in {None, convention.polarity}
        and stated.scale in {None, convention.scale, convention.scale.removesuffix("-picture")}
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Marks:
    """How a network does under one convention, digit by digit."""

    losses: npt.NDArray[np.float64]
    is_right: npt.NDArray[np.bool_]
    costs: npt.NDArray[np.float64]
    """What tells one convention from another: the losses, or the misses of a network that reads too little for these."""
    confidence: float
    """Mean probability of the class that is answered."""

    @classmethod
    def of(cls, scores: Scores, labels: Labels, outputs: str, *, reads: bool) -> "_Marks":
        """Return the marks for the answers to the first of the digits."""
        labels = labels[: len(scores)]
        probabilities = to_probabilities(scores, outputs)
        picked = probabilities[np.arange(len(labels)), labels].astype(np.float64)
        losses = -np.log(np.maximum(picked, _SMALLEST_PROBABILITY))
        is_right = scores.argmax(axis=1) == labels
        return cls(
            confidence=float(probabilities.max(axis=1).mean()),
            losses=losses,
            is_right=is_right,
            costs=losses if reads else (~is_right).astype(np.float64),
        )

    @property
    def loss(self) -> float:
        return float(self.losses.mean())

    @property
    def accuracy(self) -> float:
        return float(self.is_right.mean())


def _able(marks: Mapping[Convention, _Marks]) -> list[Convention]:
    """Return the conventions whose accuracy is not clearly below the highest one, in the order given.

    Those of them under which the network is much less sure than right are left out, unless all are.
    """
    best = max(marks.values(), key=lambda mark: mark.accuracy).is_right
    accurate = []
    for each, mark in marks.items():
        lost, won = (best & ~mark.is_right).sum(), (~best & mark.is_right).sum()
        if lost - won <= _CLEARLY_LESS_ACCURATE * math.sqrt(lost + won):
            accurate.append(each)
    sure = [each for each in accurate if marks[each].confidence >= _LEAST_CONFIDENCE * marks[each].accuracy]
    return sure or accurate


def _promising(marks: Mapping[Convention, _Marks]) -> list[Convention]:
    """Return the few conventions that the best one may be among, the best so far first."""
    ranked = sorted(_able(marks), key=lambda each: marks[each].costs.sum())
    best = marks[ranked[0]].costs.sum()
    return [each for each in ranked if marks[each].costs.sum() - best <= _FEW_NATS][:_MOST_FINALISTS]


def _not_clearly_worse(marks: Mapping[Convention, _Marks]) -> list[Convention]:
    """Return the conventions that cannot be told from the best one, the plainest first."""
    able = _able(marks)
    best = marks[min(able, key=lambda each: marks[each].costs.sum())]
    kept = []
    for each in able:
        more = marks[each].costs - best.costs
        error = more.std() / math.sqrt(len(more))
        if (
            marks[each].costs.sum() <= _SAME_LOSS * best.costs.sum()
            or more.mean() <= _CLEARLY_LOSSIER * error
        ):
            kept.append(each)
    return kept


def _find_label_order(asked: "_Asked") -> tuple[int, ...]:
    """Return the order in which outputs stand for classes when it is clearly not the plain one; else ()."""
    labels = asked.labels[: asked.n_first]
    if all(scores.shape[1] == 2 for scores in asked.first.values()):
        accuracies = [float((scores.argmax(axis=1) == labels).mean()) for scores in asked.first.values()]
        more = (1 - min(accuracies)) - max(accuracies)
        return (1, 0) if more > _CLEARLY_SWAPPED / math.sqrt(4 * len(labels)) else ()
    best = 0.0
    order: tuple[int, ...] = ()
    for scores in asked.first.values():
        predictions = scores.argmax(axis=1)
        if _reads(scores, labels):
            return ()
        classes = scores.shape[1]
        confusions = np.zeros((classes, classes), np.int64)
        np.add.at(confusions, (labels, predictions), 1)
        _, outputs = linear_sum_assignment(confusions, maximize=True)
        share = confusions[np.arange(classes), outputs].sum() / len(labels)
        if share > best:
            best, order = share, tuple(int(output) for output in outputs)
    return order if best >= _READS_IN_ORDER else ()


class _Asked:
    """A network's answers so far; nothing is asked twice."""

    def __init__(self, model: RawModel, images: Images, labels: Labels, dataset: Dataset) -> None:
        self._model = model
        self._order = _class_by_class(labels)
        self._images = images
        self.labels = labels[self._order]
        """Class by class in turn, so that the first few hold as many of each."""
        self.n_first = min(FIRST_DIGITS if len(dataset.classes) > 2 else _FIRST_OF_TWO, len(labels))
        self.conventions = conventions_for(model.layout, dataset)
        self.error = NotFinite()
        """Why there is no answer, when there is none."""
        answers = {each: self._ask(each, self._order[: self.n_first]) for each in self.conventions}
        self.first = {each: scores for each, scores in answers.items() if scores is not None}
        """Answers to the first digits by convention, where they are finite."""
        if not self.first:
            raise self.error
        self.outputs = outputs_kind(self.first.values())
        """What the answers are; see `outputs_kind`."""
        self.first = {each: as_two_classes(scores, self.outputs) for each, scores in self.first.items()}
        self._all: dict[Convention, Scores | None] = {}

    def all(self, convention: Convention) -> Scores | None:
        """Return the answers to all digits; None where they are not finite."""
        if self.n_first == len(self._order):
            return self.first[convention]
        if convention not in self._all:
            rest = self._ask(convention, self._order[self.n_first :])
            self._all[convention] = (
                None
                if rest is None
                else np.concatenate([self.first[convention], as_two_classes(rest, self.outputs)])
            )
        return self._all[convention]

    def in_given_order(self, scores: Scores) -> Scores:
        """Return answers to all digits in the order in which these were given."""
        given = np.zeros_like(scores)
        given[self._order] = scores
        return given

    def _ask(self, convention: Convention, rows: npt.NDArray[np.int64]) -> Scores | None:
        """Return the answers to some images, held in parts that fit into memory; None where not finite."""
        layout = self._model.layout
        step = at_once(math.prod(layout.image_shape))
        try:
            parts = [
                self._model.scores(convention.apply(self._images[rows[start : start + step]], layout))
                for start in range(0, len(rows), step)
            ]
        except NotFinite as error:
            self.error = error
            return None
        return np.concatenate(parts)


def _class_by_class(labels: Labels) -> npt.NDArray[np.int64]:
    """Return places (n,): the first digit of each class, then the second of each, and so on."""
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        turn[labels == label] = np.arange((labels == label).sum())
    return np.lexsort((labels, turn))
