"""The pair of answers decides where a miss comes from; no answer is never a verdict."""

import numpy as np
import pytest

from grader.core.evidence import SubjectEvidence
from grader.core.verdict import Answer, Verdict, answer, answers, margin, verdict


@pytest.mark.parametrize(
    ("student", "referee", "expected"),
    [
        (3, 3, Verdict.WELL_READ),
        (8, 3, Verdict.MODEL),
        (3, 8, Verdict.WELL_DONE),
        (8, 8, Verdict.LABEL),
        (8, 5, Verdict.PICTURE),
    ],
)
def test_verdict_when_the_label_is_three_then_as_the_table_says(
    student: int, referee: int, expected: Verdict
) -> None:
    assert verdict(label=3, student=student, referee=referee) is expected


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
