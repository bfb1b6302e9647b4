"""What measuring works with."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.analysis.accuracy import graded_pictures
from grader.analysis.robustness import first_failures
from grader.core.dataset import Border, Dataset
from grader.core.evidence import FirstFailure, MeasurementSettings
from grader.core.perturbed import Classes, Mask, PerturbedPredictions, by_name
from grader.core.picture import Images, ImageSet, Picture, Predictor, Probabilities
from grader.models.adapters import Labels
from grader.models.references import ReferencePredictor
from grader.perturbations.base import ParameterSets
from grader.perturbations.perturb import perturb, perturb_in_batches
from grader.perturbations.suite import Suite
from grader.sandbox.zygotes import Spawner
from grader.store.evidence import Store
from grader.store.records import (
    PictureEntry,
    StoredRun,
    perturbed_key,
    reading_key,
)

_MOST_INK_LOST = 0.02
"""A perturbed picture that lost more of its ink than this does not count; measurement of the lecture networks: a shift of
(3, 3) loses 0.9 % on average, one of (6, 6) 12 %."""
_MOST_PER_CLASS = 5
"""So many pictures of a class are perturbed, the first by name, so that a folder of hundreds costs no more than its
share of time."""
_AT_ONCE = 4096
"""Perturbed images that are asked at a time; 13 MB."""
BY_CHANCE = frozenset({"model-killed", "model-timeout", "picture-killed", "picture-timeout"})
"""Findings that may be gone at another try; what they are about is asked again."""
Rows = npt.NDArray[np.int64]
Predict = Callable[[Images], Probabilities]


@dataclass(frozen=True, kw_only=True, eq=False)
class PerturbedDigits:
    """Labelled digits and every perturbation of them."""

    rows: Rows
    """(n,): where each comes from; see `PerturbedPredictions.rows`."""
    labels: Labels
    """(n,)"""
    digits: Images
    """(n, height, width, channels)"""
    parameter_sets: ParameterSets
    """What is done to them."""
    border: Border = "background"
    """What moves in where they move."""

    @classmethod
    def of(
        cls,
        images: Images,
        rows: Rows,
        labels: Labels,
        parameter_sets: ParameterSets,
        border: Border = "background",
    ) -> "PerturbedDigits":
        """Choose some of the images.

        Args:
            images: float32, (all, height, width, channels).
            rows: (n,), which of them.
            labels: (n,), what they show.
            parameter_sets: what is done to them.
            border: what moves in where they move.
        """
        return cls(
            rows=rows, labels=labels, digits=images[rows], parameter_sets=parameter_sets, border=border
        )

    @property
    def in_frame(self) -> Mask:
        """(cells, n): whether the ink stayed in the frame; it always does where the border is not background."""
        kept = np.ones((sum(map(len, self.parameter_sets.values())), len(self.rows)), np.bool_)
        if self.border == "background":
            for batch in perturb_in_batches(self.digits, self.parameter_sets, self.border):
                kept[batch.cells, batch.rows] = batch.ink_lost < _MOST_INK_LOST
        return kept

    def read_by(self, predict: Predict, columns: Sequence[int] | None = None) -> Classes:
        """Ask a network about digits and every perturbation of them, as many images at a time as fit into memory.

        Args:
            predict: the network.
            columns: which of the digits; None: all of them.

        Returns:
            (1 + cells, n): predicted classes of the digits, then of every place of every perturbation.
        """
        chosen = list(range(len(self.rows))) if columns is None else list(columns)
        digits = self.digits[chosen]
        read = np.empty((1 + sum(map(len, self.parameter_sets.values())), len(chosen)), np.int8)
        read[0] = predict(digits).argmax(axis=1)
        for batch in perturb_in_batches(digits, self.parameter_sets, self.border):
            images = batch.images.reshape(-1, *digits.shape[1:])
            parts = [predict(images[at : at + _AT_ONCE]) for at in range(0, len(images), _AT_ONCE)]
            answers = np.concatenate(parts).argmax(axis=1)
            read[1:][batch.cells, batch.rows] = answers.reshape(batch.images.shape[:2])
        return read

    def predictions(
        self, answers: Mapping[str, Classes], referee: str | None, in_frame: Mask | None = None
    ) -> PerturbedPredictions:
        """Return what networks predict.

        Args:
            answers: by subject, what `read_by` gave.
            referee: who judges what can be read.
            in_frame: (cells, n), where it is known already.
        """
        kept = self.in_frame if in_frame is None else in_frame
        return PerturbedPredictions(
            rows=self.rows,
            labels=self.labels.astype(np.int8),
            parameter_sets={name: np.array(each, np.float64) for name, each in self.parameter_sets.items()},
            in_frame=by_name(self.parameter_sets, kept),
            referee=referee,
        ).with_answers(answers)


def pictures_of_failures(
    predictions: PerturbedPredictions, subject: str, images: Images, border: Border = "background"
) -> tuple[FirstFailure, ...]:
    """Return where `subject` first loses each digit that it reads upright, with what it saw there.

    Args:
        predictions: of several networks.
        subject: who read.
        images: what `predictions.rows` are rows of.
        border: what moves in where they move.
    """
    failures = []
    for column, (name, place) in first_failures(predictions, subject).items():
        row = int(predictions.rows[column])
        at = tuple(predictions.parameter_sets[name][place].tolist())
        seen = perturb(images[[row]], {name: (at,)}, border).images[0, 0]
        seen = seen[..., 0] if seen.shape[-1] == 1 else seen
        failures.append(
            FirstFailure(
                row=row,
                perturbation=name,
                at=at,
                prediction=int(predictions.perturbed[subject][name][place, column]),
                image=np.round(np.clip(seen, 0, 1) * 255).astype(np.uint8),
            )
        )
    return tuple(failures)


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """The pictures, and what is asked about them."""

    images: ImageSet
    graded: tuple[Picture, ...]
    """Usable pictures with a label, outside `ambiguous/`."""
    rows: Rows
    """Their rows in the arrays."""
    labels: Labels
    """Their labels."""
    own: PerturbedDigits
    """Those of them that are perturbed: the first few of each class."""
    keys: tuple[str, ...] = ()
    """Keys of the pictures in the store, in order of the arrays."""

    @property
    def own_keys(self) -> list[str]:
        """Keys of the pictures that are perturbed."""
        return [self.keys[row] for row in self.own.rows.tolist()]

    @classmethod
    def of(
        cls,
        images: ImageSet,
        parameter_sets: ParameterSets,
        entries: Sequence[PictureEntry] = (),
        *,
        border: Border = "background",
        most_perturbed: int = 100_000,
    ) -> "Task":
        """Pick the pictures for grading, and those of them that are perturbed.

        Args:
            images: all of them.
            parameter_sets: what is done to them.
            entries: the same pictures as the store has them.
            border: what moves in where they move.
            most_perturbed: see `grader.core.dataset.Dataset`.
        """
        graded = graded_pictures(images)
        rows = np.array([picture.index for picture in graded], np.int64)
        labels = np.array([picture.label for picture in graded], np.int64)
        before: Counter[int] = Counter()
        is_early = np.zeros(len(rows), np.bool_)
        for at, label in enumerate(labels.tolist()):
            is_early[at] = before[label] < _MOST_PER_CLASS
            before[label] += 1
        cells = 1 + sum(map(len, parameter_sets.values()))
        is_early &= np.cumsum(is_early) <= max(1, most_perturbed // cells)
        own = PerturbedDigits.of(images.normalized, rows[is_early], labels[is_early], parameter_sets, border)
        pairs = zip(entries, images.pictures, strict=bool(entries))
        keys = tuple(entry.key for entry, picture in pairs if picture.index is not None)
        return cls(images=images, graded=graded, rows=rows, labels=labels, own=own, keys=keys)


@dataclass(frozen=True, kw_only=True, eq=False)
class TestSet:
    """Known images."""

    images: Images
    """(n, height, width, channels): those that a model is asked."""
    labels: Labels
    """Their classes, (n,)."""
    perturbed: PerturbedDigits
    """The first of each class among all that are shipped, perturbed."""
    sha256: str
    """Hash of all that are shipped."""

    @classmethod
    def of(cls, images: Images, labels: Labels, suite: Suite, n_asked: int, sha256: str) -> "TestSet":
        """Choose what is asked.

        Args:
            images: all that are shipped.
            labels: (n,).
            suite: says how many are perturbed, as many of each class, and how.
            n_asked: how many are asked unperturbed, the first.
            sha256: hash of all, as on the card of the data set.
        """
        rows = first_of_each_class(labels, suite.test_set_size)
        return cls(
            images=images[:n_asked],
            labels=labels[:n_asked],
            perturbed=PerturbedDigits.of(images, rows, labels[rows], suite.test_set, suite.border),
            sha256=sha256,
        )


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What measuring works with; the same for every submission of a run."""

    settings: MeasurementSettings
    """What to measure."""
    suite: Suite
    """What the level of the settings stands for."""
    pictures: Spawner
    """Zygote whose children decode pictures."""
    models: Spawner
    """Zygote whose children run models."""
    references: Mapping[str, ReferencePredictor]
    """The reference models of `settings`, by id."""
    dataset: Dataset
    """What the assignment is about."""
    test_set: TestSet
    """Known images."""
    store: Store
    """What is known already, and where the rest goes."""
    run: StoredRun
    """Keys of what all submissions share."""
    base_key: str
    """Hash of what every answer depends on: versions, data set, shape of the images."""
    provenance: Mapping[str, str]
    """Versions and hashes that go into the evidence."""


def first_of_each_class(labels: Labels, most: int) -> Rows:
    """Return the rows of the first digits of each class, as many of each, at most `most` together; ascending."""
    classes = np.unique(labels)
    of_each = max(1, most // max(1, len(classes)))
    return np.sort(
        np.concatenate(
            [np.zeros(0, np.int64), *(np.flatnonzero(labels == each)[:of_each] for each in classes)]
        )
    )


def ask_about_pictures(
    network: str, predict: Predict, predict_as_submitted: Predict, task: Task, store: Store
) -> None:
    """Ask a network about the pictures that it has not been asked about.

    Args:
        network: key of the network.
        predict: reads images with ink 1 on background 0.
        predict_as_submitted: reads pictures whose polarity is as in the file.
        task: the pictures.
        store: where the answers go.
    """
    images = task.images
    store.fill(
        "reading",
        [reading_key(network, key) for key in task.keys],
        lambda some: np.stack(
            [predict(images.normalized[some]), predict_as_submitted(images.as_submitted[some])], axis=1
        ),
    )


def ask_perturbed(network: str, predict: Predict, task: Task, run: StoredRun, store: Store) -> None:
    """Ask a network about the perturbed pictures that it has not been asked about."""
    keys = [perturbed_key(network, key, run.own_suite) for key in task.own_keys]
    store.fill("perturbed", keys, lambda some: task.own.read_by(predict, some).T)


def ask_perturbed_test_set(
    network: str, predict: Predict, test_set: TestSet, run: StoredRun, store: Store
) -> None:
    """Ask a network about the perturbed test images, unless it has been asked."""
    key = perturbed_key(network, run.perturbed_test_set, run.test_suite)
    store.fill("perturbed", [key], lambda _: [test_set.perturbed.read_by(predict)])


def try_predictors(
    digits: PerturbedDigits, predictors: Mapping[str, Predictor], referee: str | None
) -> PerturbedPredictions:
    """Return what some networks predict for perturbed digits.

    Args:
        digits: what they are asked.
        predictors: by name in the predictions, the referee among them.
        referee: name of the one whose reading decides what counts; None: every image counts.
    """
    return digits.predictions(
        {name: digits.read_by(each.predict) for name, each in predictors.items()}, referee
    )
