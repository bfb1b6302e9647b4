"""What measuring works with."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.analysis.robustness import first_failures
from grader.core.count import Count
from grader.core.dataset import Dataset
from grader.core.evidence import FirstFailure, MeasurementSettings, SubjectEvidence
from grader.core.finding import Reason
from grader.core.measurement import Cell, Measurement, MeasurementStatus
from grader.core.perturbed import Classes, Mask, PerturbedPredictions
from grader.core.picture import Images, ImageSet, Picture, Predictor, Probabilities
from grader.core.submission import Role
from grader.models.adapters import Labels
from grader.models.references import ReferencePredictor
from grader.perturbations.perturb import Perturbed, perturb
from grader.perturbations.suite import ParameterSets, Suite
from grader.sandbox.zygotes import Spawner

QUESTIONS = (
    "test_set", "handwriting", "handwriting_as_submitted", "handwriting_readable",
    "rotation", "rotation_readable", "shift", "shift_readable",
)  # fmt: skip
"""Names of the measurements of every subject."""

_MOST_INK_LOST = 0.02
"""A perturbed picture that lost more of its ink than this does not count; measurement of the lecture networks: a shift of
(3, 3) loses 0.9 % on average, one of (6, 6) 12 %."""
_MOST_PER_CLASS = 5
"""So many pictures of a class are perturbed, the first by name, so that a folder of hundreds costs no more than its
share of time."""
_AT_ONCE = 4096
"""Perturbed images that are asked at a time; 13 MB."""
Rows = npt.NDArray[np.int64]
Predict = Callable[[Images], Probabilities]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What a network reads of digits and of what became of them."""

    upright: Classes
    """(n,): predicted classes of the digits."""
    cells: Mapping[str, Classes]
    """By perturbation: (places, n)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PerturbedDigits:
    """Labelled digits and every perturbation of them."""

    rows: Rows
    """(n,): where each comes from; see `PerturbedPredictions.rows`."""
    labels: Labels
    """(n,)"""
    digits: Images
    """(n, height, width, 1)"""
    parameter_sets: ParameterSets
    """What was done."""
    perturbed: Perturbed
    """Everything that came of it."""

    @classmethod
    def of(
        cls, images: Images, rows: Rows, labels: Labels, parameter_sets: ParameterSets
    ) -> "PerturbedDigits":
        """Perturb some of the images.

        Args:
            images: float32, (all, height, width, 1).
            rows: (n,), which of them.
            labels: (n,), what they show.
            places: what to do.
        """
        digits = images[rows]
        return cls(
            rows=rows,
            labels=labels,
            digits=digits,
            parameter_sets=parameter_sets,
            perturbed=perturb(digits, parameter_sets),
        )

    def read_by(self, predict: Predict) -> Reading:
        """Ask a network about the digits, then about what became of them, a few thousand images at a time."""
        n = len(self.rows)
        changed = self.perturbed.images.reshape(-1, *self.digits.shape[1:])
        parts = [
            predict(changed[start : start + _AT_ONCE]).argmax(axis=1).astype(np.int8)
            for start in range(0, len(changed), _AT_ONCE)
        ]
        cells = np.concatenate([np.zeros(0, np.int8), *parts]).reshape(len(self.perturbed.images), n)
        return Reading(
            upright=predict(self.digits).argmax(axis=1).astype(np.int8),
            cells={name: cells[part] for name, part in self.perturbed.slices.items()},
        )

    def predictions(self, referee: Reading) -> PerturbedPredictions:
        """Return trials that nobody has gone through yet; what `referee` reads says what counts."""
        readable = referee.upright == self.labels
        kept = self.perturbed.ink_lost < _MOST_INK_LOST
        return PerturbedPredictions(
            rows=self.rows,
            labels=self.labels.astype(np.int8),
            parameter_sets={
                name: np.array(parameter_sets, np.float64)
                for name, parameter_sets in self.parameter_sets.items()
            },
            readable=readable,
            valid={
                name: (referee.cells[name] == self.labels) & readable & kept[part]
                for name, part in self.perturbed.slices.items()
            },
        )


def with_reading(predictions: PerturbedPredictions, subject: str, reading: Reading) -> PerturbedPredictions:
    """Return the trials with what `subject` read added."""
    return dataclasses.replace(
        predictions,
        unperturbed={**predictions.unperturbed, subject: reading.upright},
        perturbed={**predictions.perturbed, subject: reading.cells},
    )


def pictures_of_failures(
    predictions: PerturbedPredictions, subject: str, digits: PerturbedDigits
) -> tuple[FirstFailure, ...]:
    """Return where `subject` first loses each digit that it reads upright, with what it saw there.

    Args:
        trials: what was read of `digits`.
        subject: who read.
        digits: the digits and what became of them.
    """
    failures = []
    for column, (name, place) in first_failures(predictions, subject).items():
        seen = digits.perturbed.images[digits.perturbed.slices[name]][place, column, ..., 0]
        failures.append(
            FirstFailure(
                row=int(predictions.rows[column]),
                perturbation=name,
                at=tuple(predictions.parameter_sets[name][place].tolist()),
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
    """Those of them that are perturbed."""

    @classmethod
    def of(cls, images: ImageSet, suite: Suite) -> "Task":
        """Pick the pictures for grading, and perturb the first few of each class."""
        graded = tuple(
            picture
            for picture in images.usable
            if picture.group is Role.PICTURE and picture.label is not None
        )
        rows = np.array([picture.index for picture in graded], np.int64)
        labels = np.array([picture.label for picture in graded], np.int64)
        before: Counter[int] = Counter()
        is_early = np.zeros(len(rows), np.bool_)
        for at, label in enumerate(labels.tolist()):
            is_early[at] = before[label] < _MOST_PER_CLASS
            before[label] += 1
        return cls(
            images=images,
            graded=graded,
            rows=rows,
            labels=labels,
            own=PerturbedDigits.of(images.normalized, rows[is_early], labels[is_early], suite.own),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What one network says of every picture."""

    normalized: Probabilities
    as_submitted: Probabilities


def answer_all(predict: Predict, predict_as_submitted: Predict, images: ImageSet) -> Answers:
    """Ask a network about every picture.

    Args:
        predict: reads images with ink 1 on background 0.
        predict_as_submitted: reads grey pictures whose polarity is as in the file.
        images: the pictures.
    """
    return Answers(
        normalized=predict(images.normalized), as_submitted=predict_as_submitted(images.as_submitted)
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Readable:
    """Where the referee reads the label: only there can a network be blamed for a miss."""

    upright: Mask
    """(graded,)"""
    own: PerturbedPredictions
    """Of the perturbed pictures, with the readings of the reference models."""

    @classmethod
    def by(
        cls, referee: str, answers: Mapping[str, Answers], readings: Mapping[str, Reading], task: Task
    ) -> "Readable":
        """Return where the referee reads the label and enough ink is left.

        Args:
            referee: its id.
            answers: of the reference models, by id.
            readings: of the perturbed pictures, by id.
            task: the pictures.
        """
        own = task.own.predictions(readings[referee])
        for id_, reading in readings.items():
            own = with_reading(own, id_, reading)
        upright = answers[referee].normalized[task.rows].argmax(axis=1) == task.labels
        return cls(upright=upright, own=own)


def subject(
    answers: Answers,
    reading: Reading | None,
    test_set_classes: Labels,
    test_set_labels: Labels,
    task: Task,
    readable: Readable,
) -> SubjectEvidence:
    """Count what a network read, question by question.

    Args:
        answers: of the network.
        reading: of the perturbed pictures; None where it could not be asked.
        test_set_classes: its answers to the test images, (n,).
        test_set_labels: what these are, (n,).
        task: the pictures.
        readable: where the referee reads them.
    """
    rows, labels = task.rows, task.labels
    upright = answers.normalized[rows].argmax(axis=1)
    measured = [
        accuracy_per_class("test_set", test_set_classes, test_set_labels),
        accuracy_per_class("handwriting", upright, labels),
        accuracy_per_class("handwriting_as_submitted", answers.as_submitted[rows].argmax(axis=1), labels),
        accuracy_per_class("handwriting_readable", upright, labels, readable.upright),
    ]
    for name in ("rotation", "shift"):
        measured += _by_place(name, reading, task, readable)
    return SubjectEvidence(
        measurements={each.name: _or_missing(each, task) for each in measured},
        normalized=answers.normalized,
        as_submitted=answers.as_submitted,
    )


def _by_place(name: str, reading: Reading | None, task: Task, readable: Readable) -> list[Measurement]:
    """Return what was read at each place of a perturbation: of all pictures, and where it counts."""
    if reading is None:
        reason = Reason(slug="unmeasured-changes-not-tried")
        return [
            Measurement(name=each, status=MeasurementStatus.FAILED, reason=reason)
            for each in (name, f"{name}_readable")
        ]
    parameter_sets, cells, counted = (
        task.own.parameter_sets[name],
        reading.cells[name],
        readable.own.valid[name],
    )
    return [
        accuracy_per_transform(name, parameter_sets, cells, task.own.labels),
        accuracy_per_transform(f"{name}_readable", parameter_sets, cells, task.own.labels, counted),
    ]


def unmeasured(status: MeasurementStatus, reason: Reason) -> SubjectEvidence:
    """Return the evidence of a network that answered nothing, and why."""
    return SubjectEvidence(
        measurements={name: Measurement(name=name, status=status, reason=reason) for name in QUESTIONS}
    )


def _or_missing(measurement: Measurement, task: Task) -> Measurement:
    """What could not be measured for want of pictures is missing, or failed when pictures were handed in."""
    if measurement.status is MeasurementStatus.MEASURED or task.graded:
        return measurement
    handed_in = any(picture.group is Role.PICTURE for picture in task.images.pictures)
    status = MeasurementStatus.FAILED if handed_in else MeasurementStatus.MISSING
    slug = "unmeasured-no-usable-picture" if handed_in else "unmeasured-no-picture"
    return dataclasses.replace(measurement, status=status, reason=Reason(slug=slug))


def accuracy_per_class(
    name: str,
    predictions: npt.NDArray[np.integer],
    labels: npt.NDArray[np.integer],
    counted: npt.NDArray[np.bool_] | None = None,
) -> Measurement:
    """Count right answers by class.

    Args:
        name: key of the measurement.
        predictions: predicted class, (n,).
        labels: true class, (n,).
        counted: which images count, (n,); all of them by default.

    Returns:
        One cell (class,) for each class that occurs among the counted images; not applicable when none counts.
    """
    kept = np.ones(len(labels), bool) if counted is None else counted
    cells = tuple(
        Cell(
            at=(float(label),),
            count=_count(predictions[kept & (labels == label)] == label),
        )
        for label in np.unique(labels[kept])
    )
    status = MeasurementStatus.MEASURED if cells else MeasurementStatus.NOT_APPLICABLE
    return Measurement(name=name, status=status, cells=cells)


def accuracy_per_transform(
    name: str,
    at: tuple[tuple[float, ...], ...],
    predictions: npt.NDArray[np.integer],
    labels: npt.NDArray[np.integer],
    counted: npt.NDArray[np.bool_] | None = None,
) -> Measurement:
    """Count right answers by transform.

    Args:
        name: key of the measurement.
        at: place of each transform: (angle_degrees,) or (dx_pixels, dy_pixels).
        predictions: predicted class, (transforms, n).
        labels: true class, (n,).
        counted: which images count at which transform, (transforms, n); all by default.

    Returns:
        One cell for each transform, also where nothing counts; not applicable when nothing counts anywhere.
    """
    right = predictions == labels
    kept = np.ones(right.shape, bool) if counted is None else counted
    cells = tuple(
        Cell(at=place, count=_count(right_here[kept_here]))
        for place, right_here, kept_here in zip(at, right, kept, strict=True)
    )
    if not kept.any():
        return Measurement(name=name, status=MeasurementStatus.NOT_APPLICABLE)
    return Measurement(name=name, status=MeasurementStatus.MEASURED, cells=cells)


def _count(right: npt.NDArray[np.bool_]) -> Count:
    return Count(correct=int(right.sum()), total=len(right))


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
    test_set_images: Images
    """Known digits, (n, height, width, 1)."""
    test_set_labels: Labels
    """Their classes, (n,)."""
    reference_test_set_predictions: Mapping[str, Labels]
    """What each reference model says they are, by its id."""
    test_set_size: PerturbedDigits
    """The first test images of each class, perturbed."""
    test_set_predictions: PerturbedPredictions
    """What the reference models make of these."""
    dataset: Dataset
    """What the assignment is about."""
    provenance: Mapping[str, str]
    """Versions and hashes that go into the evidence and its key."""


def perturb_test_set(images: Images, labels: Labels, suite: Suite) -> PerturbedDigits:
    """Return the first test images, as many of each class as there are, perturbed.

    Args:
        images: all that are shipped, (n, height, width, 1).
        labels: (n,).
        suite: says how many digits, and how they are perturbed.
    """
    rows = first_of_each_class(labels, suite.test_set_size)
    return PerturbedDigits.of(images, rows, labels[rows], suite.test_set)


def first_of_each_class(labels: Labels, most: int) -> Rows:
    """Return the rows of the first digits of each class, as many of each, at most `most` together; ascending."""
    classes = np.unique(labels)
    of_each = max(1, most // max(1, len(classes)))
    return np.sort(np.concatenate([np.flatnonzero(labels == each)[:of_each] for each in classes]))


def try_predictors(
    digits: PerturbedDigits, predictors: Mapping[str, Predictor], referee: str
) -> PerturbedPredictions:
    """Return the trials of perturbed digits that some networks have gone through.

    Args:
        digits: what they are asked.
        predictors: by name in the trials, the referee among them.
        referee: name of the one whose reading decides what counts.
    """
    readings = {name: digits.read_by(each.predict) for name, each in predictors.items()}
    predictions = digits.predictions(readings[referee])
    for name, reading in readings.items():
        predictions = with_reading(predictions, name, reading)
    return predictions
