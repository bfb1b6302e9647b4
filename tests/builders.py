"""Small evidence for tests: what networks answer is stated, everything else follows by plain counting."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from grader.core.count import Count
from grader.core.evidence import (
    STUDENT,
    Evidence,
    FileEvidence,
    LayerEvidence,
    MeasurementSettings,
    ModelEvidence,
    SubjectEvidence,
)
from grader.core.finding import Finding
from grader.core.measurement import Cell, Measurement, MeasurementStatus
from grader.core.perturbed import PerturbedPredictions
from grader.core.picture import ImageSet, Picture
from grader.core.submission import LabelSource, Role
from grader.perturbations.suite import Suite

Readings = Sequence[int]
"""Predicted class of every usable picture, in order of files."""

SETTINGS = MeasurementSettings(
    classes=10,
    references=("referee", "lecture-cnn-small", "lecture-mlp"),
    referee="referee",
    level="standard",
    test_set_size=1000,
    limit_seconds=60.0,
)
"""The measurement settings of the shipped rubric."""

NO_BATTERY = Suite(own={}, test_set={}, test_set_size=10)
"""Nothing is perturbed."""

ANGLES = tuple(float(angle) for angle in range(-90, 91, 5))
SHIFTS = tuple((dx, dy) for dx in range(-6, 7) for dy in range(-6, 7))
GRID = tuple(
    (angle, dx, dy) for angle in (-30.0, 0.0, 30.0) for dx in (-3.0, 0.0, 3.0) for dy in (-3.0, 0.0, 3.0)
)


def make_file(name: str, role: Role, size_bytes: int = 100) -> FileEvidence:
    """Return a file whose hash follows from its name."""
    return FileEvidence(
        name=name, role=role, size_bytes=size_bytes, sha256=hashlib.sha256(name.encode()).hexdigest()
    )


def make_model(
    *,
    file: str = "model.keras",
    loaded: bool = True,
    kinds: Sequence[str] = ("Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense"),
    parameters: int | None = 50_186,
) -> ModelEvidence:
    """Return the lecture's small CNN, or a network with the given layers."""
    return ModelEvidence(
        file=file,
        format="keras",
        sha256=hashlib.sha256(file.encode()).hexdigest(),
        loaded=loaded,
        input_shape=(28, 28, 1),
        parameters=parameters,
        layers=tuple(LayerEvidence(kind=kind, parameters=0, activation="") for kind in kinds),
        outputs="probabilities" if loaded else None,
        convention="unit" if loaded else None,
    )


def make_evidence(
    labels: Sequence[int | None] = tuple(range(10)),
    student_predictions: Readings | None = None,
    referee_predictions: Readings | None = None,
    *,
    reference_predictions: Mapping[str, Readings] | None = None,
    ambiguous_labels: Sequence[int | None] = (),
    unreadable: Sequence[str] = (),
    files: Sequence[FileEvidence] | None = None,
    reports: Sequence[str] = ("report.pdf",),
    model: ModelEvidence | None = make_model(),  # noqa: B008  (frozen)
    test_set: Count = Count(correct=978, total=1000),  # noqa: B008  (frozen)
    rotated: Mapping[str, Callable[[float, Readings], Readings]] | None = None,
    shifted: Mapping[str, Callable[[tuple[int, int], Readings], Readings]] | None = None,
    gridded: Mapping[str, Callable[[tuple[float, ...], Readings], Readings]] | None = None,
    findings: Sequence[Finding] = (),
    failure: str | None = None,
    settings: MeasurementSettings = SETTINGS,
    submission_id: str = "20231234",
    name: str = "",
) -> Evidence:
    """Return the evidence of one submission.

    Args:
        labels: one usable picture per entry, in order; None: the label is not known.
        student_predictions: for the labelled pictures, then the ambiguous ones; default: as labelled.
        referee_predictions: the same for the referee.
        reference_predictions: the same for further references; those not named read as labelled, 0 for None.
        ambiguous_labels: one usable picture in `ambiguous/` per entry.
        unreadable: names of pictures of digits that could not be used; no label.
        files: everything handed in; default: the pictures, the model and the reports.
        reports: names of report files.
        model: None: no model was handed in.
        test_set: right answers of the student's model, put into the cell of digit 0; references read all.
        rotated: by subject, (angle, predictions) → predictions at that angle; default: unchanged.
        shifted: by subject, ((dx, dy), predictions) → predictions there; default: unchanged.
        gridded: by subject, ((angle, dx, dy), predictions) → predictions there; default: unchanged.
        findings: what was noticed.
        failure: slug of a failure on our side.
        settings: what was measured.
        submission_id: name of the folder.
        name: name to show; default: the id.
    """
    pictures = _pictures(labels, ambiguous_labels, unreadable)
    usable = [picture for picture in pictures if picture.index is not None]
    as_labelled = [picture.label or 0 for picture in usable]
    predictions: dict[str, Readings] = dict.fromkeys(settings.references, as_labelled)
    predictions |= reference_predictions or {}
    if referee_predictions is not None:
        predictions[settings.referee] = referee_predictions
    if model is not None and model.loaded:
        predictions[STUDENT] = as_labelled if student_predictions is None else student_predictions
    turned = {
        subject: [list((rotated or {}).get(subject, _same)(angle, read)) for angle in ANGLES]
        for subject, read in predictions.items()
    }
    moved = {
        subject: [list((shifted or {}).get(subject, _same)(shift, read)) for shift in SHIFTS]
        for subject, read in predictions.items()
    }
    subjects = {
        subject: SubjectEvidence(
            measurements=_measurements(
                usable,
                read,
                predictions[settings.referee],
                (turned[subject], turned[settings.referee]),
                (moved[subject], moved[settings.referee]),
                test_set if subject == STUDENT else Count(correct=test_set.total, total=test_set.total),
                settings,
            ),
            normalized=_one_hot(read, settings.classes),
            as_submitted=_one_hot(read, settings.classes),
        )
        for subject, read in predictions.items()
    }
    both = {
        subject: [list((gridded or {}).get(subject, _same)(at, read)) for at in GRID]
        for subject, read in predictions.items()
    }
    own = _trials(usable, predictions, {"rotation": turned, "shift": moved, "grid": both}, settings.referee)
    if files is None:
        handed_in = [make_file(picture.file, picture.group) for picture in pictures]
        handed_in += [make_file(model.file, Role.MODEL)] if model is not None else []
        files = handed_in + [make_file(report, Role.REPORT) for report in reports]
    blank = np.zeros((len(usable), 28, 28, 1), dtype=np.float32)
    return Evidence(
        submission_id=submission_id,
        name=name or submission_id,
        key="0" * 64,
        settings=settings,
        files=tuple(sorted(files, key=lambda file: file.name)),
        images=ImageSet(
            pictures=tuple(pictures),
            normalized=blank,
            as_submitted=blank,
            previews=np.full((len(usable), 96, 96, 3), 255, dtype=np.uint8),
        ),
        model=model,
        subjects=subjects,
        findings=tuple(findings),
        provenance={"grader": "0.1.0"},
        own=own,
        failure=failure,
    )


def _pictures(
    labels: Sequence[int | None], ambiguous_labels: Sequence[int | None], unreadable: Sequence[str]
) -> list[Picture]:
    known = [(f"digit{number:03}.png", Role.PICTURE, label) for number, label in enumerate(labels)]
    known += [
        (f"ambiguous/digit{number:03}.png", Role.AMBIGUOUS, label)
        for number, label in enumerate(ambiguous_labels)
    ]
    pictures = [
        Picture(
            file=file,
            group=group,
            label=label,
            label_source=None if label is None else LabelSource.NAME,
            index=index,
            width_pixels=28,
            height_pixels=28,
        )
        for index, (file, group, label) in enumerate(known)
    ]
    return pictures + [
        Picture(file=file, group=Role.PICTURE, label=None, label_source=None, index=None)
        for file in unreadable
    ]


def _trials(
    usable: Sequence[Picture],
    predictions: Mapping[str, Readings],
    perturbed: Mapping[str, Mapping[str, list[list[int]]]],
    referee: str,
) -> PerturbedPredictions:
    graded = [row for row, p in enumerate(usable) if p.group is Role.PICTURE and p.label is not None]
    labels = np.array([usable[row].label for row in graded], np.int8)

    def columns(read: Sequence[Readings]) -> np.ndarray:
        return np.array(read, np.int8).reshape(len(read), -1)[:, graded]

    parameter_sets = {"rotation": [(angle,) for angle in ANGLES], "shift": SHIFTS, "grid": GRID}
    readable = columns([predictions[referee]])[0] == labels
    return PerturbedPredictions(
        rows=np.array(graded, np.int64),
        labels=labels,
        parameter_sets={name: np.array(each, np.float64) for name, each in parameter_sets.items()},
        readable=readable,
        valid={name: (columns(read[referee]) == labels) & readable for name, read in perturbed.items()},
        unperturbed={subject: columns([read])[0] for subject, read in predictions.items()},
        perturbed={
            subject: {name: columns(read[subject]) for name, read in perturbed.items()}
            for subject in predictions
        },
    )


def _measurements(
    usable: Sequence[Picture],
    read: Readings,
    referee: Readings,
    turned: tuple[list[list[int]], list[list[int]]],
    moved: tuple[list[list[int]], list[list[int]]],
    test_set: Count,
    settings: MeasurementSettings,
) -> dict[str, Measurement]:
    rows = [row for row, p in enumerate(usable) if p.group is Role.PICTURE and p.label is not None]
    label = {row: usable[row].label for row in rows}
    digits = sorted({label[row] for row in rows})

    def by_digit(counted: Sequence[int]) -> list[Cell]:
        return [
            Cell(
                at=(float(digit),),
                count=_count([read[row] == digit for row in counted if label[row] == digit]),
            )
            for digit in digits
        ]

    def by_place(answers: list[list[int]], judge: list[list[int]] | None) -> list[Count]:
        return [
            _count(
                [
                    answers[place][row] == label[row]
                    for row in rows
                    if judge is None or judge[place][row] == label[row]
                ]
            )
            for place in range(len(answers))
        ]

    def at(parameter_sets: Sequence[tuple[float, ...]], counts: Sequence[Count]) -> list[Cell]:
        return [Cell(at=place, count=count) for place, count in zip(parameter_sets, counts, strict=True)]

    angles = [(angle,) for angle in ANGLES]
    empty = [
        Cell(at=(float(digit),), count=Count(correct=0, total=0)) for digit in range(1, settings.classes)
    ]
    cells = {
        "test_set": [Cell(at=(0.0,), count=test_set), *empty],
        "handwriting": by_digit(rows),
        "handwriting_as_submitted": by_digit(rows),
        "handwriting_readable": by_digit([row for row in rows if referee[row] == label[row]]),
        "rotation": at(angles, by_place(turned[0], None)),
        "rotation_readable": at(angles, by_place(*turned)),
        "shift": at(SHIFTS, by_place(moved[0], None)),
        "shift_readable": at(SHIFTS, by_place(*moved)),
    }
    return {
        name: Measurement(name=name, status=MeasurementStatus.MEASURED, cells=tuple(measured))
        if measured and (rows or name == "test_set")
        else Measurement(name=name, status=MeasurementStatus.NOT_APPLICABLE)
        for name, measured in cells.items()
    }


def _count(answers: Sequence[bool]) -> Count:
    return Count(correct=sum(answers), total=len(answers))


def _one_hot(read: Readings, classes: int) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[np.array(read, dtype=np.int64)]


def _same(place: object, read: Readings) -> Readings:
    return read
