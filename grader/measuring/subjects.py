"""A network and the pictures of a submission → what it read, upright, turned and moved, and where that counts."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.core.evidence import MeasurementSettings, SubjectEvidence
from grader.core.finding import Reason
from grader.core.measurement import Measurement, MeasurementStatus
from grader.core.picture import Images, ImageSet, Picture, Probabilities
from grader.core.submission import Role
from grader.measuring.tools import Tools
from grader.metrics.accuracy import accuracy_per_class, accuracy_per_transform
from grader.models.conventions import Labels
from grader.perturbations.geometry import ink_lost, rotations, shifts, warp

QUESTIONS = (
    "probe", "handwriting", "handwriting_as_submitted", "handwriting_readable",
    "rotation", "rotation_readable", "shift", "shift_readable",
)  # fmt: skip
"""Names of the measurements of every subject."""

_MOST_INK_LOST = 0.02
"""A shifted picture that lost more of its ink than this does not count; measurement of the lecture networks: a shift of
(3, 3) loses 0.9 % on average, one of (6, 6) 12 %."""
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """The pictures, and what is asked about them."""

    images: ImageSet
    settings: MeasurementSettings
    graded: tuple[Picture, ...]
    """Usable pictures with a label, outside `ambiguous/`."""
    rows: Rows
    """Their rows in the arrays."""
    labels: Labels
    """Their labels."""
    rotated: Images
    """(angles * n, height, width, 1)"""
    shifted: Images
    """(shifts * n, height, width, 1)"""
    counts_shifted: npt.NDArray[np.bool_]
    """(shifts, graded): whether enough ink stayed in the frame."""

    @classmethod
    def of(cls, images: ImageSet, settings: MeasurementSettings) -> "Task":
        """Warp the usable pictures, and pick those with a label for grading."""
        graded = tuple(
            picture
            for picture in images.usable
            if picture.group is Role.PICTURE and picture.label is not None
        )
        rows = np.array([picture.index for picture in graded], np.int64)
        rotated = warp(images.normalized, rotations(settings.angles_degrees))
        shifted = warp(images.normalized, shifts(settings.shifts_pixels))
        return cls(
            images=images,
            settings=settings,
            graded=graded,
            rows=rows,
            labels=np.array([picture.label for picture in graded], np.int64),
            rotated=rotated.reshape(-1, *images.normalized.shape[1:]),
            shifted=shifted.reshape(-1, *images.normalized.shape[1:]),
            counts_shifted=ink_lost(images.normalized, shifts(settings.shifts_pixels))[:, rows]
            < _MOST_INK_LOST,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What one network says of every picture."""

    normalized: Probabilities
    as_submitted: Probabilities
    rotation: npt.NDArray[np.int8]
    """(angles, n)"""
    shift: npt.NDArray[np.int8]
    """(shifts, n)"""


Predict = Callable[[Images], Probabilities]


def answer_all(predict: Predict, predict_as_submitted: Predict, task: Task) -> Answers:
    """Ask a network about every picture.

    Args:
        predict: reads images with ink 1 on background 0.
        predict_as_submitted: reads grey pictures whose polarity is as in the file.
        task: the pictures.
    """
    n, classes = len(task.images.normalized), task.settings.classes
    if n == 0:
        nothing = np.zeros((0, classes), np.float32)
        rotation = np.zeros((len(task.settings.angles_degrees), 0), np.int8)
        shift = np.zeros((len(task.settings.shifts_pixels), 0), np.int8)
        return Answers(normalized=nothing, as_submitted=nothing, rotation=rotation, shift=shift)
    batch = predict(np.concatenate([task.images.normalized, task.rotated, task.shifted]))
    classes_ = batch[n:].argmax(axis=1).astype(np.int8).reshape(-1, n)
    n_angles = len(task.settings.angles_degrees)
    return Answers(
        normalized=batch[:n],
        as_submitted=predict_as_submitted(task.images.as_submitted),
        rotation=classes_[:n_angles],
        shift=classes_[n_angles:],
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Readable:
    """Where the referee reads the label: only there can a network be blamed for a miss."""

    upright: npt.NDArray[np.bool_]
    """(graded,)"""
    rotated: npt.NDArray[np.bool_]
    """(angles, graded)"""
    shifted: npt.NDArray[np.bool_]
    """(shifts, graded)"""

    @classmethod
    def by(cls, referee: Answers, task: Task) -> "Readable":
        """Return where the referee reads the label and enough ink is left."""
        upright = referee.normalized[task.rows].argmax(axis=1) == task.labels
        return cls(
            upright=upright,
            rotated=(referee.rotation[:, task.rows] == task.labels) & upright,
            shifted=(referee.shift[:, task.rows] == task.labels) & upright & task.counts_shifted,
        )


def subject(
    answers: Answers, probe_predictions: Labels, task: Task, readable: Readable, tools: Tools
) -> SubjectEvidence:
    """Count what a network read, question by question.

    Args:
        answers: of the network.
        probe_predictions: its answers to the probe digits, (n,).
        task: the pictures.
        readable: where the referee reads them.
        tools: the probe digits' labels.
    """
    rows, labels = task.rows, task.labels
    upright = answers.normalized[rows].argmax(axis=1)
    angles = tuple((angle,) for angle in task.settings.angles_degrees)
    places = tuple((float(dx), float(dy)) for dx, dy in task.settings.shifts_pixels)
    rotation, shift = answers.rotation[:, rows], answers.shift[:, rows]
    measured = (
        accuracy_per_class("probe", probe_predictions, tools.probe_labels),
        accuracy_per_class("handwriting", upright, labels),
        accuracy_per_class("handwriting_as_submitted", answers.as_submitted[rows].argmax(axis=1), labels),
        accuracy_per_class("handwriting_readable", upright, labels, readable.upright),
        accuracy_per_transform("rotation", angles, rotation, labels),
        accuracy_per_transform("rotation_readable", angles, rotation, labels, readable.rotated),
        accuracy_per_transform("shift", places, shift, labels),
        accuracy_per_transform("shift_readable", places, shift, labels, readable.shifted),
    )
    return SubjectEvidence(
        measurements={each.name: _or_missing(each, task) for each in measured},
        normalized=answers.normalized,
        as_submitted=answers.as_submitted,
        rotation=answers.rotation,
        shift=answers.shift,
    )


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
