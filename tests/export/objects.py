"""Small hand-made grades and evidence."""

from decimal import Decimal

import numpy as np

from grader.core.diagnosis import Explanation
from grader.core.evidence import Evidence, FileEvidence, MeasurementSettings, ModelEvidence
from grader.core.finding import Finding, Reason, Severity
from grader.core.grade import CriterionResult, CriterionStatus, Grade, SubmissionStatus
from grader.core.picture import Picture
from grader.core.run import Assignment, RunInfo
from grader.core.submission import LabelSource, Role
from tests.builders import Drawing, assembled

RUN = RunInfo(id="run-1", date="2026-11-21T18:30:00+09:00", grader_version="0.1.0")
ASSIGNMENT = Assignment(
    id="handwritten-digits",
    title={"ko": "손글씨 숫자", "en": "Handwritten digits"},
    class_titles=tuple({"ko": name, "en": name} for name in "0123456789"),
    points_possible=Decimal(20),
    rubric_file="handwritten-digits.toml",
    rubric_sha256="ab" * 32,
    scored_angle_degrees=30.0,
    reported_angle_degrees=60.0,
    scored_shift_pixels=3,
)


def criterion(key: str, status: CriterionStatus, points: str | None, possible: str) -> CriterionResult:
    return CriterionResult(
        id=key,
        title={"ko": key, "en": key},
        kind="manual",
        status=status,
        points=None if points is None else Decimal(points),
        points_possible=Decimal(possible),
        reason=Reason(slug="label-second-set", values={"count": 3, "example": "33.png", "digit": "3"}),
    )


def grade(submission_id: str = "kim", name: str = "김민서") -> Grade:
    return Grade(
        submission_id=submission_id,
        name=name,
        status=SubmissionStatus.INCOMPLETE,
        points=Decimal("7.10"),
        points_possible=Decimal(20),
        points_open=Decimal("2.5"),
        criteria=(
            criterion("handwriting", CriterionStatus.GRADED, "7.10", "10"),
            criterion("report", CriterionStatus.WAITING, None, "2.5"),
        ),
    )


def broken_grade(submission_id: str = "lee") -> Grade:
    return Grade(
        submission_id=submission_id,
        name=submission_id,
        status=SubmissionStatus.COULD_NOT_GRADE,
        points=None,
        points_possible=Decimal(20),
        points_open=Decimal(20),
        criteria=(criterion("handwriting", CriterionStatus.NOT_MEASURED, None, "10"),),
    )


def _scores(*rows: tuple[int, float]) -> np.ndarray:
    scores = np.zeros((len(rows), 10), dtype=np.float32)
    for i, (digit, confidence) in enumerate(rows):
        scores[i] = (1 - confidence) / 9
        scores[i, digit] = confidence
    return scores


def evidence(submission_id: str = "kim", seconds: float = 1.25) -> Evidence:
    """Return evidence of two usable pictures; the student loses the 3, turned or not, and 16 of 203 test images."""
    pictures = (
        Picture(file="3.png", group=Role.PICTURE, label=3, label_source=LabelSource.NAME, index=0),
        Picture(file="4.png", group=Role.PICTURE, label=4, label_source=LabelSource.NAME, index=None),
        Picture(file="ambiguous/x.png", group=Role.AMBIGUOUS, label=None, label_source=None, index=1),
    )
    read = {
        "student": _scores((8, 0.91236), (1, 0.5)),
        "referee": _scores((3, 0.99999), (7, 0.25)),
        "lecture-cnn-small": _scores((3, 0.5), (3, 0.5)),
    }
    return assembled(
        submission_id=submission_id,
        name="김민서",
        settings=MeasurementSettings(
            dataset="mnist",
            class_names=tuple("0123456789"),
            input_shape=(28, 28, 1),
            references=("referee", "lecture-cnn-small"),
            referee="referee",
            level="standard",
            test_set_size=203,
            limit_seconds=20,
        ),
        files=(FileEvidence(name="3.png", role=Role.PICTURE, size_bytes=1, sha256="00"),),
        pictures=pictures,
        images=[Drawing()] * 2,
        model=ModelEvidence(
            file="model.keras",
            format="hdf5",
            sha256="00",
            loaded=True,
            parameters=50186,
            keras_version="2.2.4",
            repairs=("input_layer",),
            resembles="lecture-cnn-small",
            resembles_exactly=True,
            outputs="logits",
            label_order=(1, 2, 0),
            convention="unit-white-on-black",
        ),
        probabilities={who: (scores, scores) for who, scores in read.items()},
        parameter_sets={"rotation": ((-5.0,), (0.0,), (7.5,))},
        cells={
            "student": np.array([[8, 1], [3, 1], [8, 1], [8, 1]], np.int8),
            "referee": np.array([[3, 7], [3, 7], [3, 7], [8, 7]], np.int8),
            "lecture-cnn-small": np.full((4, 2), 3, np.int8),
        },
        test_labels=np.zeros(203, np.int8),
        test_answers={who: (np.arange(203) < 16) & (who == "student") for who in read},
        explain=lambda _: Explanation(
            repairs=("cleaning", "thicker"), confidence_after=0.5, variants_tried=33
        ),
        findings=(
            Finding(
                slug="file-too-large", severity=Severity.REFUSED, file="9.png", values={"limit_megabytes": 25}
            ),
        ),
        seconds={"images": seconds, "model": 0.5},
        provenance={},
    )
