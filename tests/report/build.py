"""Realistic evidence made from strokes and arithmetic; no data set and no model takes part."""

from dataclasses import replace
from decimal import Decimal
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from grader.core.evidence import (
    STUDENT,
    Evidence,
    FileEvidence,
    LayerEvidence,
    MeasurementSettings,
    ModelEvidence,
    SubjectEvidence,
)
from grader.core.finding import Finding, Reason, Severity
from grader.core.grade import CriterionResult, CriterionStatus, Grade, SubmissionStatus
from grader.core.model_trial import ModelTrial
from grader.core.perturbed import NO_PREDICTIONS, PerturbedPredictions, by_name
from grader.core.picture import ImageSet, Picture
from grader.core.run import Assignment, RunInfo
from grader.core.submission import LabelSource, Role
from tests.builders import Drawing, assembled
from tests.report.build_diagnoses import TEST_IMAGES, explain
from tests.report.build_predictions import KINDS, OWN, PROBE, Drawn, read_perturbed
from tests.report.stand_ins import LECTURE, REFEREE, Array, draw_digit, read

SETTINGS = MeasurementSettings(
    dataset="mnist",
    class_names=tuple("0123456789"),
    input_shape=(28, 28, 1),
    references=(REFEREE, LECTURE),
    referee=REFEREE,
    level="standard",
    test_set_size=1000,
    limit_seconds=60.0,
)

LAYERS = (
    LayerEvidence(kind="Conv2D", parameters=320, activation="relu", output_shape=(28, 28, 32)),
    LayerEvidence(kind="MaxPooling2D", parameters=0, activation="", output_shape=(14, 14, 32)),
    LayerEvidence(kind="Conv2D", parameters=18496, activation="relu", output_shape=(14, 14, 64)),
    LayerEvidence(kind="MaxPooling2D", parameters=0, activation="", output_shape=(7, 7, 64)),
    LayerEvidence(kind="Flatten", parameters=0, activation="", output_shape=(3136,)),
    LayerEvidence(kind="Dense", parameters=31370, activation="softmax", output_shape=(10,)),
)

MODEL = ModelEvidence(
    file="model.keras",
    format="keras",
    sha256="ab" * 32,
    loaded=True,
    input_shape=(28, 28, 1),
    parameters=50186,
    layers=LAYERS,
    keras_version="3.15.1",
    leftovers=("optimizer", "compile"),
    resembles="lecture-cnn-small",
    resembles_exactly=True,
    outputs="probabilities",
    convention="white-on-black/0-1",
    convention_is_certain=True,
    convention_losses={
        "white-on-black/0-1": 0.0712,
        "white-on-black/0-255": 0.9314,
        "black-on-white/0-1": 6.2,
        "white-on-black/l2": 0.31,
    },
    convention_accuracies={
        "white-on-black/0-1": 0.978,
        "white-on-black/0-255": 0.978,
        "black-on-white/0-1": 0.21,
        "white-on-black/l2": 0.968,
    },
    convention_digits={
        "white-on-black/0-1": 1000,
        "white-on-black/0-255": 1000,
        "black-on-white/0-1": 120,
        "white-on-black/l2": 1000,
    },
)

FINDINGS = (
    Finding(
        slug="test-thin-strokes",
        severity=Severity.WARNING,
        file="digits/7.png",
        values={"found": 1.0, "needed": 1.6},
    ),
    Finding(
        slug="test-label-doubt",
        severity=Severity.SUSPICIOUS,
        file="digits/9.png",
        values={"label": 9, "read": 4},
    ),
    Finding(slug="test-exif", severity=Severity.INFO, values={}),
)


def _photo(digit: int, wobble: int, roughness: float) -> npt.NDArray[np.uint8]:
    """Return a (96, 96, 3) picture of dark ink on unevenly lit paper."""
    ink = draw_digit(digit, side=96, scale=26, dx=-9, dy=7, wobble=wobble, width=2.4, roughness=roughness)
    rng = np.random.default_rng(wobble + 1000)
    light = np.linspace(0.94, 0.78, 96)[None, :] * np.ones((96, 1)) + rng.normal(0, 0.012, (96, 96))
    grey = light * (1 - 0.8 * ink)
    return np.clip(np.stack([grey * 255, grey * 250, grey * 236], axis=-1), 0, 255).astype(np.uint8)


def _as_submitted(digit: int, wobble: int, roughness: float) -> Array:
    ink = draw_digit(digit, scale=7.5, dx=-2.6, dy=2.0, wobble=wobble, width=0.7, roughness=roughness)
    return (np.linspace(0.94, 0.78, 28, dtype=np.float32)[None, :] * (1 - 0.8 * ink)).astype(np.float32)


@cache
def test_set_predictions() -> PerturbedPredictions:
    """Return thirty test images, three of a class, as everybody's networks read them."""
    digits = [Drawn(digit=n % 10, wobble=900 + n, roughness=0.08) for n in range(30)]
    cells, in_frame = read_perturbed(digits, PROBE)
    return PerturbedPredictions(
        rows=np.arange(len(digits)),
        labels=np.array([each.digit for each in digits], np.int8),
        parameter_sets={name: np.array(at, np.float64) for name, at in PROBE.items()},
        in_frame=by_name(PROBE, in_frame),
        referee=REFEREE,
    ).with_answers(cells)


@cache
def evidence(
    seed: int = 5,
    labels: tuple[int, ...] = tuple(range(10)),
    drawn: tuple[int, ...] = (*range(9), 4),
    wobble: float = 0.15,
) -> Evidence:
    """Return the evidence of a complete submission: one picture per label and two ambiguous ones.

    `drawn` are the digits that the pictures really show: by default the file of the 9 holds a 4.
    """
    draw = partial(draw_digit, roughness=wobble)
    wobbles = [seed * 100 + n + 1 for n in range(len(labels))]
    normalized = [draw(d, wobble=w) for d, w in zip(drawn, wobbles, strict=True)]
    submitted = [_as_submitted(d, w, wobble) for d, w in zip(drawn, wobbles, strict=True)]
    previews = [_photo(d, w, wobble) for d, w in zip(drawn, wobbles, strict=True)]
    pairs = ((4, 9), (1, 7))
    for one, other in pairs:
        normalized.append(np.maximum(draw(one), 0.8 * draw(other)).astype(np.float32))
        submitted.append(1 - normalized[-1])
        previews.append(
            np.repeat(np.repeat(((1 - normalized[-1]) * 255).astype(np.uint8), 4, 0), 4, 1)[
                8:104, 8:104, None
            ].repeat(3, -1)
        )
    pictures = tuple(
        Picture(
            file=f"digits/{d}.png" if labels.count(d) == 1 else f"digits/{d}-{n}.png",
            group=Role.PICTURE,
            label=d,
            label_source=LabelSource.NAME,
            index=n,
            width_pixels=640,
            height_pixels=480,
        )
        for n, d in enumerate(labels)
    ) + tuple(
        Picture(
            file=f"ambiguous/{one}or{other}.png",
            group=Role.AMBIGUOUS,
            label=one if n == 0 else None,
            label_source=LabelSource.NAME if n == 0 else None,
            index=len(labels) + n,
            width_pixels=28,
            height_pixels=28,
        )
        for n, (one, other) in enumerate(pairs)
    )
    drawings = [
        Drawing(one[..., None], other[..., None], preview.astype(np.uint8))
        for one, other, preview in zip(normalized, submitted, previews, strict=True)
    ]
    digits = [Drawn(digit=d, wobble=w, roughness=wobble) for d, w in zip(drawn, wobbles, strict=True)]
    cells, in_frame = read_perturbed(digits, OWN)
    truth = np.repeat(np.arange(10), 100)
    rank = np.tile(np.arange(100), 10)
    return assembled(
        submission_id="20231234",
        name="김하늘 Kim Haneul",
        settings=SETTINGS,
        files=(
            *(FileEvidence(name=p.file, role=p.group, size_bytes=18_204, sha256="12" * 32) for p in pictures),
            FileEvidence(name="model.keras", role=Role.MODEL, size_bytes=631_004, sha256="ab" * 32),
            FileEvidence(name="report.ipynb", role=Role.REPORT, size_bytes=1_402_331, sha256="34" * 32),
        ),
        pictures=pictures,
        images=drawings,
        model=MODEL,
        probabilities={who: (read(who, normalized), read(who, submitted)) for who in KINDS},
        parameter_sets=OWN,
        cells={who: np.pad(each, ((0, 0), (0, len(pairs)))) for who, each in cells.items()},
        in_frame=np.pad(in_frame, ((0, 0), (0, len(pairs)))),
        test_labels=truth,
        test_answers={
            who: np.where(rank < right - truth % 3, truth, (truth + 1) % 10)
            for who, right in ((STUDENT, 98), (REFEREE, 99), (LECTURE, 97))
        },
        tried=test_set_predictions(),
        explain=explain,
        test_images=TEST_IMAGES,
        findings=FINDINGS,
        provenance={"grader": "0.1.0", "keras": "3.15.1", "referee": "sha256:9f3c", "tensorflow": "2.21.0"},
        seconds={"total": 1.23},
    )


def without_model(base: Evidence) -> Evidence:
    """Return the evidence of the same pictures without a model that answers."""
    return replace(
        base,
        model=None,
        subjects={**base.subjects, STUDENT: SubjectEvidence()},
        own=_without_student(base.own),
        test_set=_without_student(base.test_set),
        first_failures=(),
        diagnoses=(),
        files=tuple(f for f in base.files if f.role is not Role.MODEL),
    )


def repeated(predictions: PerturbedPredictions, n: int) -> PerturbedPredictions:
    """Return trials of `n` digits, the given ones over and over."""
    columns = np.resize(np.arange(len(predictions.rows)), n)
    return replace(
        predictions,
        rows=np.arange(n),
        labels=predictions.labels[columns],
        in_frame={name: mask[:, columns] for name, mask in predictions.in_frame.items()},
        unperturbed={who: read[columns] for who, read in predictions.unperturbed.items()},
        perturbed={
            who: {name: cells[:, columns] for name, cells in read.items()}
            for who, read in predictions.perturbed.items()
        },
    )


def _without_student(predictions: PerturbedPredictions) -> PerturbedPredictions:
    return replace(
        predictions,
        unperturbed={name: read for name, read in predictions.unperturbed.items() if name != STUDENT},
        perturbed={name: read for name, read in predictions.perturbed.items() if name != STUDENT},
    )


def unreadable(base: Evidence, file: str) -> Evidence:
    """Return the evidence with one more picture, which could not be opened."""
    bad = Picture(file=file, group=Role.PICTURE, label=5, label_source=LabelSource.NAME, index=None)
    return replace(base, images=replace(base.images, pictures=(*base.images.pictures, bad)))


def empty(base: Evidence, *, failure: str | None = None) -> Evidence:
    """Return the evidence of a submission that holds nothing, or that our side failed on."""
    nothing = ImageSet(
        pictures=(),
        normalized=np.zeros((0, 28, 28, 1), np.float32),
        as_submitted=np.zeros((0, 28, 28, 1), np.float32),
        previews=np.zeros((0, 96, 96, 3), np.uint8),
    )
    findings = () if failure else (Finding(slug="test-nothing", severity=Severity.WARNING),)
    return replace(
        base,
        images=nothing,
        model=None,
        subjects={},
        files=(),
        findings=findings,
        own=NO_PREDICTIONS,
        test_set=NO_PREDICTIONS,
        first_failures=(),
        diagnoses=(),
        failure=failure,
    )


def criterion(
    number: int,
    title: tuple[str, str],
    points: str | None,
    possible: str,
    *,
    status: CriterionStatus = CriterionStatus.GRADED,
    reason: Reason | None = None,
    anchor: str = "points",
    guidance: tuple[str, str] = ("", ""),
    passed: bool | None = None,
) -> CriterionResult:
    return CriterionResult(
        id=f"c{number}",
        title={"ko": title[0], "en": title[1]},
        kind="manual" if status is CriterionStatus.WAITING else "files",
        status=status,
        points=None if points is None else Decimal(points),
        points_possible=Decimal(possible),
        reason=reason or Reason(slug="test-band", values={"correct": 46, "total": 50, "band": "B"}),
        passed=passed,
        guidance={"ko": guidance[0], "en": guidance[1]} if guidance[0] else {},
        anchor=anchor,
    )


CRITERIA = (
    criterion(1, ("제출 파일이 모두 있음", "All files are there"), "2", "2", passed=True),
    criterion(
        2, ("모델이 열리고 답함", "The model opens and answers"), "2", "2", anchor="model", passed=True
    ),
    criterion(
        3,
        ("MNIST 시험 정확도", "Accuracy on MNIST test digits"),
        "3.5",
        "4",
        anchor="model",
        reason=Reason(slug="test-band", values={"correct": 970, "total": 1000, "band": "A−"}),
        passed=True,
    ),
    criterion(
        4,
        ("손글씨 정확도", "Accuracy on your own handwriting"),
        "3",
        "4",
        anchor="digits",
        guidance=(
            "정규화한 그림에서 틀린 숫자를 보고, 획을 굵게 다시 써 보세요.",
            "Look at the normalized pictures that were misread; write those digits again with a thicker pen.",
        ),
        passed=True,
    ),
    criterion(
        5,
        ("회전에 대한 강건성", "Robustness to rotation"),
        "1.5",
        "2",
        anchor="rotation",
        guidance=(
            "조금 돌린 숫자를 학습 데이터에 더해 보세요.",
            "Add digits turned by a few degrees to the training data.",
        ),
        passed=True,
    ),
    criterion(
        6,
        ("이동에 대한 강건성", "Robustness to shift"),
        "0",
        "2",
        anchor="shift",
        guidance=(
            "1–3 픽셀 옮긴 숫자를 학습 데이터에 더해 보세요.",
            "Add digits moved by 1 to 3 pixels to the training data.",
        ),
        passed=False,
    ),
    criterion(
        7,
        ("분석 보고서", "Written analysis"),
        None,
        "4",
        status=CriterionStatus.WAITING,
        reason=Reason(slug="test-waiting"),
        guidance=(
            "어떤 상황에서 읽지 못하는지 설명했는지 봅니다.",
            "Does it explain in which situations digits are not read?",
        ),
    ),
)


def grade(
    base: Evidence,
    *,
    criteria: tuple[CriterionResult, ...] = CRITERIA,
    status: SubmissionStatus = SubmissionStatus.GRADED,
    has_points: bool = True,
) -> Grade:
    """Return a grade that adds up."""
    known = [c.points for c in criteria if c.points is not None]
    return Grade(
        submission_id=base.submission_id,
        name=base.name,
        status=status,
        points=sum(known, Decimal(0)) if has_points else None,
        points_possible=sum((c.points_possible for c in criteria), Decimal(0)),
        points_open=sum((c.points_possible for c in criteria if c.points is None), Decimal(0)),
        criteria=criteria,
    )


ASSIGNMENT = Assignment(
    id="handwritten-digits",
    title={"ko": "손글씨 숫자 인식", "en": "Handwritten digits"},
    class_titles=tuple({"ko": name, "en": name} for name in "0123456789"),
    points_possible=Decimal(20),
    rubric_file="handwritten-digits.toml",
    rubric_sha256="ef" * 32,
    scored_angle_degrees=30.0,
    reported_angle_degrees=60.0,
    scored_shift_pixels=3,
    rotation_full_share=0.8,
)

RUN = RunInfo(
    id="2026-11-21-cnn",
    date="2026-11-21T18:30:00+09:00",
    grader_version="0.1.0",
    versions={"grader": "0.1.0", "python": "3.11.7"},
    settings={"rubric": "example", "language": "en", "is_self_check": "False", "limit_seconds": "20.0"},
)


def trial(name: str = "model.keras") -> ModelTrial:
    """Return one model on its own, on test images and on a folder of pictures."""
    base = evidence()
    return ModelTrial(
        model=name,
        subject=STUDENT,
        referee=REFEREE,
        references=(LECTURE,),
        convention="white-on-black/0-1",
        level="standard",
        class_names=SETTINGS.class_names,
        test_set=base.test_set,
        own=base.own,
        images=base.images,
        probabilities=base.subjects[STUDENT].normalized,
        first_failures=base.first_failures,
        findings=FINDINGS,
        date=RUN.date,
        versions=RUN.versions,
    )


MESSAGES = {
    "en": {
        "test-thin-strokes": {
            "text": "The strokes are {found} px wide; {needed} px are needed. In {file}.",
            "remedy": "Write with a thicker pen.",
        },
        "test-label-doubt": {
            "text": "The file name says {label}; the referee reads {read}. In {file}.",
            "remedy": "Check the name of the file.",
        },
        "test-exif": {"text": "Position data was removed from the pictures."},
        "test-band": {"text": "{correct} of {total} → band {band}."},
        "test-waiting": {"text": "A person reads this."},
        "test-no-model": {
            "text": "No model was handed in.",
            "remedy": 'Save the model with model.save("model.keras") and hand it in.',
        },
        "test-refused": {
            "text": "{file} holds a Lambda layer, which can run any program.",
            "remedy": "Replace the Lambda layer by a layer of Keras and save again.",
        },
        "test-our-failure": {"text": "The referee model could not be read."},
        "test-nothing": {"text": "Nothing was handed in."},
    },
    "ko": {
        "test-thin-strokes": {
            "text": "획 굵기: {found} px, 필요한 굵기: {needed} px. 위치: {file}.",
            "remedy": "더 굵은 펜으로 써 보세요.",
        },
        "test-label-doubt": {
            "text": "파일 이름의 숫자: {label}, 심판 모델이 읽은 숫자: {read}. 위치: {file}.",
            "remedy": "파일 이름을 확인하세요.",
        },
        "test-exif": {"text": "그림에서 위치 정보를 지웠습니다."},
        "test-band": {"text": "{total}개 중 {correct}개 → {band} 구간."},
        "test-waiting": {"text": "사람이 읽고 채점합니다."},
        "test-no-model": {
            "text": "모델이 제출되지 않았습니다.",
            "remedy": 'model.save("model.keras")로 저장해 제출하세요.',
        },
        "test-refused": {
            "text": "임의의 프로그램을 실행할 수 있는 Lambda 층이 있습니다. 위치: {file}.",
            "remedy": "Lambda 층을 Keras의 다른 층으로 바꾸고 다시 저장하세요.",
        },
        "test-our-failure": {"text": "심판 모델을 읽을 수 없었습니다."},
        "test-nothing": {"text": "제출된 것이 없습니다."},
    },
}
"""Messages of these tests; the product's own are in `grader/texts`."""


HOSTILE = (
    "<script>alert(1)</script>",
    "=1+1",
    "\u202egpj.exe",
    'x" onerror="alert(1)',
    "{{ 7*7 }}",
    "a" * 5000,
    "nul\x00and\x1b[31m",
    "\udcff",
)
"""Names that try to become something else."""


def classroom(size: int) -> list[tuple[Grade, Evidence]]:
    """Return `size` submissions, the last three not submitted, not graded and without a model."""
    variants = [evidence(seed) for seed in (5, 1, 2)]
    rows = []
    for n in range(size - 3):
        base = replace(
            variants[n % 3],
            submission_id=f"2023{1000 + n}",
            name=f"학생 {n + 1}" if n % 2 else f"Student {n + 1}",
            findings=FINDINGS if n % 5 == 0 else FINDINGS[:1],
        )
        taken = Decimal(n % 4) / 2
        criteria = tuple(
            replace(c, points=None if c.points is None else max(Decimal(0), c.points_possible - taken))
            for c in CRITERIA
        )
        rows.append((grade(base, criteria=criteria), base))
    nothing = empty(replace(variants[0], submission_id="20239001", name="미제출 학생"))
    zeros = tuple(replace(c, status=CriterionStatus.MISSING, points=Decimal(0)) for c in CRITERIA)
    rows.append((grade(nothing, criteria=zeros, status=SubmissionStatus.NOT_SUBMITTED), nothing))
    failed = empty(
        replace(variants[0], submission_id="20239002", name="채점 불가 학생"), failure="test-our-failure"
    )
    unknown = tuple(
        replace(c, status=CriterionStatus.NOT_MEASURED, points=None, passed=None) for c in CRITERIA
    )
    rows.append(
        (grade(failed, criteria=unknown, status=SubmissionStatus.COULD_NOT_GRADE, has_points=False), failed)
    )
    no_model = without_model(replace(variants[1], submission_id="=1+1", name=HOSTILE[0]))
    rows.append((grade(no_model, status=SubmissionStatus.INCOMPLETE), no_model))
    return rows
