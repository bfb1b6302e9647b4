"""Evidence for tests: what networks answer is stated, the rest is put together as for a real submission."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from grader.analysis.accuracy import accuracy
from grader.core.count import Count
from grader.core.diagnosis import Explanation, Miss
from grader.core.evidence import (
    STUDENT,
    Evidence,
    FileEvidence,
    LayerEvidence,
    MeasurementSettings,
    ModelEvidence,
)
from grader.core.finding import Finding
from grader.core.measurement import Measurement
from grader.core.perturbed import NO_PREDICTIONS, PerturbedPredictions
from grader.core.picture import Picture
from grader.core.submission import LabelSource, Role
from grader.measuring.assembly import Assembly, find_misses
from grader.measuring.subjects import Task
from grader.perturbations.suite import ParameterSets
from grader.store.evidence import Store
from grader.store.records import (
    MISSES,
    OWN,
    TEST_SET,
    PictureEntry,
    StoredModel,
    StoredPicture,
    StoredRun,
    StoredSubmission,
    StoredTestImages,
    answers_key,
    digest,
    in_frame_key,
    perturbed_key,
    reading_key,
    test_image_key,
)

Readings = Sequence[int]
"""Predicted class of every usable picture, in order of files."""

SETTINGS = MeasurementSettings(
    dataset="mnist",
    class_names=tuple("0123456789"),
    input_shape=(28, 28, 1),
    references=("referee", "lecture-cnn-small", "lecture-mlp"),
    referee="referee",
    level="standard",
    test_set_size=1000,
    limit_seconds=60.0,
)
"""The measurement settings of the shipped rubric."""

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
    changed = ((rotated, ANGLES), (shifted, SHIFTS), (gridded, GRID))

    def cells(subject: str) -> np.ndarray:
        read = predictions[subject]
        rows = [(how or {}).get(subject, _same)(at, read) for how, places in changed for at in places]
        return np.array([read, *rows], np.int8)

    if files is None:
        handed_in = [make_file(picture.file, picture.group) for picture in pictures]
        handed_in += [make_file(model.file, Role.MODEL)] if model is not None else []
        files = handed_in + [make_file(report, Role.REPORT) for report in reports]
    wrong = np.arange(test_set.total) >= test_set.correct
    return assembled(
        submission_id=submission_id,
        name=name or submission_id,
        settings=settings,
        files=tuple(sorted(files, key=lambda file: file.name)),
        pictures=pictures,
        images=[Drawing(*[np.zeros(settings.input_shape, np.float32)] * 2)] * len(usable),
        model=model,
        probabilities={who: (one_hot(read, settings.classes),) * 2 for who, read in predictions.items()},
        parameter_sets={"rotation": tuple((angle,) for angle in ANGLES), "shift": SHIFTS, "grid": GRID},
        cells={who: cells(who) for who in predictions},
        test_labels=np.zeros(test_set.total, np.int8),
        test_answers={who: wrong & (who == STUDENT) for who in predictions},
        findings=tuple(findings),
        failure=failure,
    )


class Drawing:
    """One picture as the store has it; blank unless told otherwise."""

    def __init__(
        self,
        normalized: np.ndarray | None = None,
        as_submitted: np.ndarray | None = None,
        preview: np.ndarray | None = None,
    ) -> None:
        blank = np.zeros((28, 28, 1), np.float32)
        self.normalized = blank if normalized is None else normalized
        self.as_submitted = blank if as_submitted is None else as_submitted
        self.preview = np.full((96, 96, 3), 255, np.uint8) if preview is None else preview


def assembled(
    *,
    submission_id: str,
    name: str,
    settings: MeasurementSettings,
    files: Sequence[FileEvidence],
    pictures: Sequence[Picture],
    images: Sequence[Drawing],
    model: ModelEvidence | None,
    probabilities: Mapping[str, tuple[np.ndarray, np.ndarray]],
    parameter_sets: ParameterSets,
    cells: Mapping[str, np.ndarray],
    in_frame: np.ndarray | None = None,
    test_labels: np.ndarray,
    test_answers: Mapping[str, np.ndarray],
    tried: PerturbedPredictions | None = None,
    explain: Callable[[Miss], Explanation] | None = None,
    test_images: Mapping[int, np.ndarray] | None = None,
    findings: tuple[Finding, ...] = (),
    failure: str | None = None,
    seconds: Mapping[str, float] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> Evidence:
    """Put records into a store and assemble evidence from them, as after a real run.

    Args:
        submission_id: name of the folder.
        name: name to show.
        settings: what was measured.
        files: everything handed in.
        pictures: of digits, then ambiguous ones; those with an index are usable.
        images: of the usable ones.
        model: None: none was handed in.
        probabilities: by subject, for the normalized pictures and for them as handed in.
        parameter_sets: what was tried on the student's pictures.
        cells: by subject, (1 + places, usable pictures): predictions unperturbed and perturbed.
        in_frame: (places, usable pictures); None: the ink is always in the frame.
        test_labels: classes of the test images.
        test_answers: what each subject says of these.
        tried: perturbed test images; None: none.
        explain: why a picture was misread; None: nobody asked.
        test_images: by row, those that explanations name.
        findings: what was noticed.
        failure: slug of a failure on our side.
        seconds: by stage.
        provenance: what took part.
    """
    store = Store(None)
    networks = {who: digest("network", who) for who in (STUDENT, *settings.references)}
    run = StoredRun(
        networks={who: networks[who] for who in settings.references},
        own_suite=digest("own"),
        test_suite=digest("test suite"),
        perturbed_test_set=digest("perturbed"),
        test_set=digest("test set"),
    )
    entries = [
        PictureEntry(
            file=picture.file,
            group=picture.group,
            label=picture.label,
            label_source=picture.label_source,
            key=digest("picture", picture.file),
        )
        for picture in pictures
    ]
    n_cells = sum(map(len, parameter_sets.values()))
    kept = np.ones((n_cells, len(images)), np.bool_) if in_frame is None else in_frame
    for picture, entry in zip(pictures, entries, strict=True):
        row = picture.index
        store.put(
            entry.key,
            "picture",
            StoredPicture(
                width_pixels=picture.width_pixels,
                height_pixels=picture.height_pixels,
                quality=picture.quality,
                findings=(),
                **({} if row is None else vars(images[row])),
            ),
        )
        if row is None:
            continue
        store.put(in_frame_key(entry.key, run.own_suite), "in frame", kept[:, row])
        for who, (normalized, submitted) in probabilities.items():
            both = np.stack([normalized[row], submitted[row]])
            store.put(reading_key(networks[who], entry.key), "reading", both)
            store.put(perturbed_key(networks[who], entry.key, run.own_suite), "perturbed", cells[who][:, row])
    store.put(run.own_suite, "suite", parameter_sets)
    store.put(run.test_set, "test set", np.asarray(test_labels, np.int8))
    put_tried(store, run, networks, probabilities, tried or NO_PREDICTIONS)
    for who, read in test_answers.items():
        store.put(answers_key(networks[who], run.test_set), "answers", np.asarray(read, np.int8))
    for at, pixels in (test_images or {}).items():
        store.put(test_image_key(run.test_set, at), "test image", pixels)
    if model is not None:
        store.put(networks[STUDENT], "model", StoredModel(evidence=model, findings=()))
    assembly = Assembly(store)
    if explain is not None:
        task = Task.of(assembly.images(entries, settings.input_shape), parameter_sets, entries)
        subjects = {
            who: assembly.subject(networks[who], task, run, settings.classes) for who in probabilities
        }
        for wanted in find_misses(task.rows, task.labels, subjects, settings.referee):
            key = wanted.key(networks[STUDENT], run, task)
            store.put(key, "explanation", explain(wanted.miss))
    return assembly.evidence(
        StoredSubmission(
            id=submission_id,
            name=name,
            key="cd" * 32,
            settings=settings,
            run=run,
            files=tuple(files),
            pictures=tuple(entries),
            model_file=None if model is None else model.file,
            model="" if model is None else networks[STUDENT],
            answered=(OWN, *([TEST_SET] if tried is not None else []), *([MISSES] if explain else [])),
            findings=findings,
            provenance={"grader": "0.1.0"} if provenance is None else provenance,
            failure=failure,
            seconds=seconds or {},
        )
    )


def put_tried(
    store: Store,
    run: StoredRun,
    networks: Mapping[str, str],
    subjects: Iterable[str],
    tried: PerturbedPredictions,
) -> None:
    """Put perturbed test images, and what the subjects read of them."""
    sets = {name: tuple(map(tuple, places.tolist())) for name, places in tried.parameter_sets.items()}
    kept = np.concatenate([np.zeros((0, len(tried.rows)), np.bool_), *tried.in_frame.values()])
    store.put(run.test_suite, "suite", sets)
    known = StoredTestImages(rows=tried.rows, labels=tried.labels, in_frame=kept)
    store.put(run.perturbed_test_set, "test images", known)
    for who in subjects:
        cells = [tried.unperturbed.get(who, tried.labels)[np.newaxis], *tried.perturbed.get(who, {}).values()]
        key = perturbed_key(networks[who], run.perturbed_test_set, run.test_suite)
        store.put(key, "perturbed", np.concatenate(cells))


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


def counted(evidence: Evidence, subject: str, question: str) -> Measurement:
    """Return a measurement that somebody asked for."""
    found = accuracy(evidence, subject, question)
    assert found is not None
    return found


def one_hot(read: Readings, classes: int) -> np.ndarray:
    """Return certainty (n, classes)."""
    return np.eye(classes, dtype=np.float32)[np.array(read, dtype=np.int64)]


def _same(place: object, read: Readings) -> Readings:
    return read
