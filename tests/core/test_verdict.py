"""What became of each picture: the diagnosis tells, else the pair of answers; no answer is never a verdict."""

import dataclasses

import numpy as np
import pytest

from grader.analysis.readings import (
    Answer,
    Standing,
    Verdict,
    answer,
    answers,
    diagnosis_of,
    margin,
    picture_verdict,
    standing,
)
from grader.core.diagnosis import Cause, Diagnosis, repair_counts
from grader.core.evidence import SubjectEvidence
from tests.builders import make_evidence


@pytest.mark.parametrize(
    ("student", "referee", "expected", "counts"),
    [
        (3, 3, Verdict.WELL_READ, Standing.READ),
        (8, 3, Verdict.MODEL, Standing.MISSED),
        (3, 8, Verdict.WELL_DONE, Standing.LEFT_OUT),
        (8, 8, Verdict.CONTESTED, Standing.LEFT_OUT),
        (8, 5, Verdict.CONTESTED, Standing.LEFT_OUT),
    ],
)
def test_verdict_when_nobody_asked_why_then_the_answers_to_the_normalized_picture_tell(
    student: int, referee: int, expected: Verdict, counts: Standing
) -> None:
    evidence = make_evidence([3], [student], [referee])
    picture = evidence.images.pictures[0]
    assert picture_verdict(evidence, picture) is expected
    assert standing(evidence, picture) is counts


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (Cause.PICTURE, Verdict.HANDED_IN),
        (Cause.MODEL, Verdict.MODEL),
        (Cause.CONTESTED, Verdict.CONTESTED),
    ],
)
def test_verdict_when_a_diagnosis_is_there_then_it_comes_first(cause: Cause, expected: Verdict) -> None:
    evidence = make_evidence([3, 4], [3, 4])
    found = diagnosis(index=1, verdict=cause)
    evidence = dataclasses.replace(evidence, diagnoses=(found,))
    first, second = evidence.images.pictures
    assert picture_verdict(evidence, first) is Verdict.WELL_READ
    assert diagnosis_of(evidence, first) is None
    assert picture_verdict(evidence, second) is expected
    assert diagnosis_of(evidence, second) is found


def test_verdict_when_there_is_no_label_or_no_answer_then_none() -> None:
    unlabelled = make_evidence([None], [3], [3])
    silent = make_evidence([3], model=None)
    for evidence in (unlabelled, silent):
        assert picture_verdict(evidence, evidence.images.pictures[0]) is None
        assert standing(evidence, evidence.images.pictures[0]) is None


def test_repair_counts_then_most_frequent_first_then_in_the_order_of_the_repairs() -> None:
    found = [
        diagnosis(index=0, repairs=("polarity", "size")),
        diagnosis(index=1, repairs=("center", "size")),
        diagnosis(index=2),
        diagnosis(index=3, repairs=("cleaning", "thicker")),
        diagnosis(index=4, repairs=("cleaning",)),
    ]
    assert repair_counts(found) == (
        ("size", 2),
        ("polarity", 1),
        ("center", 1),
        ("cleaning", 1),
        ("thicker", 1),
    )


def diagnosis(*, index: int, verdict: Cause = Cause.PICTURE, repairs: tuple[str, ...] = ()) -> Diagnosis:
    return Diagnosis(
        index=index,
        label=3,
        verdict=verdict,
        reads_as_submitted=False,
        reads_normalized=verdict is Cause.PICTURE,
        competitor=8,
        margin=-0.5,
        prediction_before=8,
        confidence_before=0.75,
        repairs=repairs,
    )


def subject(*rows: list[float]) -> SubjectEvidence:
    return SubjectEvidence(measurements={}, normalized=np.array(rows, np.float32))


def test_answers_when_two_wanted_then_most_probable_first() -> None:
    found = answers(subject([0.25, 0.5, 0.25]), 0, top=2)
    assert found == (Answer(prediction=1, confidence=0.5), Answer(prediction=0, confidence=0.25))


def test_answer_when_two_classes_tie_then_the_lower_one() -> None:
    assert answer(subject([0.0, 0.5, 0.5]), 0) == Answer(prediction=1, confidence=0.5)


@pytest.mark.parametrize("index", [None, 0])
def test_answer_when_nothing_was_answered_then_none(index: int | None) -> None:
    assert answer(None, index) is None
    assert answer(SubjectEvidence(measurements={}), index) is None
    assert answer(subject([0.5, 0.5]), None) is None


def test_answer_when_scores_are_not_finite_then_none() -> None:
    assert answer(subject([float("nan"), 1.0]), 0) is None


@pytest.mark.parametrize(("label", "lead"), [(0, 0.25), (1, -0.25), (2, -0.5)])
def test_margin_then_label_less_the_best_other(label: int, lead: float) -> None:
    assert margin(subject([0.5, 0.25, 0.0]), 0, label) == pytest.approx(lead)


def test_margin_when_there_is_no_label_or_answer_then_none() -> None:
    assert margin(subject([0.5, 0.5]), 0, None) is None
    assert margin(subject([float("nan"), 1.0]), 0, 0) is None
    assert margin(None, 0, 0) is None
    assert margin(subject([0.5, 0.5]), None, 0) is None
