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
from grader.core.diagnosis import Diagnosis, repair_counts
from grader.core.evidence import SubjectEvidence
from tests.builders import make_evidence


def test_verdict_when_nobody_asked_why_then_the_answers_to_the_normalized_picture_tell() -> None:
    for student, referee, expected, counts in (
        (3, 3, Verdict.WELL_READ, Standing.READ),
        (8, 3, Verdict.MODEL, Standing.MISSED),
        (3, 8, Verdict.WELL_DONE, Standing.LEFT_OUT),
        (8, 8, Verdict.CONTESTED, Standing.LEFT_OUT),
        (8, 5, Verdict.CONTESTED, Standing.LEFT_OUT),
    ):
        evidence = make_evidence([3], [student], [referee])
        picture = evidence.images.pictures[0]
        assert picture_verdict(evidence, picture) is expected
        assert standing(evidence, picture) is counts


def test_verdict_when_a_diagnosis_is_there_then_it_comes_first() -> None:
    for found, expected in (
        (diagnosis(index=1, reads_normalized=True), Verdict.HANDED_IN),
        (diagnosis(index=1, repairs=("cleaning", "upright")), Verdict.HANDED_IN),
        (diagnosis(index=1), Verdict.MODEL),
        (diagnosis(index=1, repairs=("cleaning", "upright", "thicker")), Verdict.MODEL),
        (diagnosis(index=1, is_read_by_referee=False), Verdict.CONTESTED),
        (diagnosis(index=1, is_read_by_referee=False, reads_normalized=True), Verdict.CONTESTED),
        (
            diagnosis(index=1, is_read_by_referee=False, reads_normalized=True, repairs=("size",)),
            Verdict.HANDED_IN,
        ),
    ):
        evidence = dataclasses.replace(make_evidence([3, 4], [3, 4]), diagnoses=(found,))
        first, second = evidence.images.pictures
        assert picture_verdict(evidence, first) is Verdict.WELL_READ
        assert diagnosis_of(evidence, first) is None
        assert picture_verdict(evidence, second) is expected
        assert diagnosis_of(evidence, second) is found


def test_diagnosis_then_what_it_starts_from_follows_from_the_readings() -> None:
    """As handed in 3 is read as 8 with 0.75; normalized as 5 with 0.5."""
    both, one = diagnosis(index=0), diagnosis(index=0, reads_normalized=True)
    assert (both.reads_as_submitted, both.reads_normalized, one.reads_normalized) == (False, False, True)
    assert (both.competitor, both.margin) == (5, -0.25)
    assert (one.competitor, one.margin) == (8, -0.625)
    assert (both.prediction_before, both.confidence_before) == (8, 0.75)


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


def diagnosis(
    *,
    index: int,
    reads_normalized: bool = False,
    is_read_by_referee: bool = True,
    repairs: tuple[str, ...] = (),
) -> Diagnosis:
    submitted, normalized = np.zeros(10, np.float32), np.zeros(10, np.float32)
    submitted[[3, 8]] = 0.125, 0.75
    normalized[[3, 5]] = (0.5, 0.25) if reads_normalized else (0.25, 0.5)
    return Diagnosis(
        index=index,
        label=3,
        submitted=submitted,
        normalized=normalized,
        is_read_by_referee=is_read_by_referee,
        repairs=repairs,
    )


def subject(*rows: list[float]) -> SubjectEvidence:
    return SubjectEvidence(normalized=np.array(rows, np.float32))


def test_answers_when_two_wanted_then_most_probable_first() -> None:
    found = answers(subject([0.25, 0.5, 0.25]), 0, top=2)
    assert found == (Answer(prediction=1, confidence=0.5), Answer(prediction=0, confidence=0.25))


def test_answer_when_two_classes_tie_then_the_lower_one() -> None:
    assert answer(subject([0.0, 0.5, 0.5]), 0) == Answer(prediction=1, confidence=0.5)


def test_answer_when_nothing_was_answered_then_none() -> None:
    for index in (None, 0):
        assert answer(None, index) is None
        assert answer(SubjectEvidence(), index) is None
    assert answer(subject([0.5, 0.5]), None) is None


def test_answer_when_scores_are_not_finite_then_none() -> None:
    assert answer(subject([float("nan"), 1.0]), 0) is None


def test_margin_then_label_less_the_best_other() -> None:
    for label, lead in ((0, 0.25), (1, -0.25), (2, -0.5)):
        assert margin(subject([0.5, 0.25, 0.0]), 0, label) == pytest.approx(lead)


def test_margin_when_there_is_no_label_or_answer_then_none() -> None:
    assert margin(subject([0.5, 0.5]), 0, None) is None
    assert margin(subject([float("nan"), 1.0]), 0, 0) is None
    assert margin(None, 0, 0) is None
    assert margin(subject([0.5, 0.5]), None, 0) is None
