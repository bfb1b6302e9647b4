"""Points by hand for the shipped rubric.

Perfect work: model 1, CNN 1, accuracy 4, pictures 2, handwriting 3, report 1 = 12.
A person gives the other 2 + 2 + 3 + 1 = 8.
"""

import dataclasses
from decimal import Decimal

import pytest

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.core.finding import Finding, Severity
from grader.core.grade import CriterionResult, CriterionStatus, Grade, SubmissionStatus
from grader.core.submission import Role
from grader.errors import GraderError
from grader.grading.rubric import load_rubric
from grader.grading.score import grade, passed_all_automatic
from tests.builders import SETTINGS, make_evidence, make_file, make_model
from tests.loops import every

RUBRIC = load_rubric("handwritten-digits")
REFUSED = Finding(slug="zip-bomb", severity=Severity.REFUSED)


def result(graded: Grade, criterion_id: str) -> CriterionResult:
    return next(criterion for criterion in graded.criteria if criterion.id == criterion_id)


def points(evidence: Evidence) -> dict[str, Decimal | None]:
    return {criterion.id: criterion.points for criterion in grade(RUBRIC, evidence).criteria}


def test_grade_when_work_is_perfect_then_twelve_points_and_eight_open() -> None:
    graded = grade(RUBRIC, make_evidence(name="Kim"))
    assert (graded.points, graded.points_open, graded.points_possible) == (12, 8, 20)
    assert graded.status is SubmissionStatus.GRADED
    assert graded.needs_person
    assert (graded.submission_id, graded.name) == ("20231234", "Kim")
    assert [criterion.id for criterion in graded.criteria] == [criterion.id for criterion in RUBRIC.criteria]
    assert passed_all_automatic(graded)


def test_grade_when_manual_then_waiting_with_guidance_and_never_zero() -> None:
    waiting = result(grade(RUBRIC, make_evidence()), "analysis")
    assert (waiting.status, waiting.points, waiting.points_possible) == (CriterionStatus.WAITING, None, 3)
    assert waiting.reason.slug == "reason-waiting-for-person"
    assert set(waiting.guidance) == {"ko", "en"}
    assert waiting.passed is None


def test_grade_when_seven_of_ten_read_then_all_points_and_six_of_ten_then_two() -> None:
    seven = make_evidence(student_predictions=[0, 1, 2, 3, 4, 5, 6, 9, 9, 8])
    six = make_evidence(student_predictions=[0, 1, 2, 3, 4, 5, 9, 9, 9, 8])
    assert (points(seven)["handwriting"], points(six)["handwriting"]) == (3, 2)


@every(
    "correct, expected",
    [(1000, 4), (965, 4), (964, 3), (950, 3), (949, 2), (900, 2), (800, 1), (799, 0), (0, 0)],
)
def test_grade_when_test_images_are_read_then_points_by_band(correct: int, expected: int) -> None:
    evidence = make_evidence(test_set=Count(correct=correct, total=1000))
    assert points(evidence)["test-accuracy"] == expected


def test_grade_when_one_digit_has_no_picture_then_nine_tenths_and_incomplete() -> None:
    graded = grade(RUBRIC, make_evidence(labels=[0, 1, 2, 3, 4, 5, 6, 7, 8]))
    assert result(graded, "pictures").points == Decimal("1.8")
    assert result(graded, "pictures").passed is False
    assert graded.status is SubmissionStatus.INCOMPLETE
    assert graded.points == Decimal("11.8")
    assert not passed_all_automatic(graded)


def test_grade_when_no_model_was_handed_in_then_its_criteria_are_missing_with_no_points() -> None:
    graded = grade(RUBRIC, make_evidence(model=None))
    for criterion_id in ("model-loads", "cnn", "test-accuracy", "handwriting"):
        missing = result(graded, criterion_id)
        assert (missing.status, missing.points) == (CriterionStatus.MISSING, 0)
        assert missing.reason.slug == "reason-missing-model"
    assert (graded.points, graded.points_open) == (3, 8)
    assert graded.status is SubmissionStatus.INCOMPLETE


def test_grade_when_model_does_not_load_then_zero_for_that_and_a_person_for_the_rest() -> None:
    findings = [
        Finding(slug="zz-info", severity=Severity.INFO, file="model.keras"),
        Finding(slug="model-custom-layer", severity=Severity.WARNING, file="model.keras"),
        Finding(slug="aa-other-file", severity=Severity.WARNING, file="digit001.png"),
    ]
    graded = grade(RUBRIC, make_evidence(model=make_model(loaded=False, parameters=None), findings=findings))
    loads = result(graded, "model-loads")
    assert (loads.status, loads.points, loads.passed) == (CriterionStatus.GRADED, 0, False)
    assert loads.reason.values["finding"] == "model-custom-layer"
    for criterion_id in ("test-accuracy", "handwriting"):
        unmeasured = result(graded, criterion_id)
        assert (unmeasured.status, unmeasured.points) == (CriterionStatus.NOT_MEASURED, None)
        assert unmeasured.passed is None
    assert result(graded, "cnn").points == 1
    assert (graded.points, graded.points_open) == (1 + 2 + 1, 8 + 4 + 3)
    assert graded.status is SubmissionStatus.INCOMPLETE
    assert not passed_all_automatic(graded)


def test_grade_when_criterion_is_worth_nothing_then_information_without_influence() -> None:
    graded = grade(RUBRIC, make_evidence())
    for criterion_id in ("rotation", "shift", "ambiguous-pictures"):
        shown = result(graded, criterion_id)
        assert (shown.status, shown.points, shown.points_possible) == (CriterionStatus.INFORMATION, 0, 0)
        assert shown.passed is None
    assert result(graded, "rotation").reason.slug == "reason-rotation-shown"
    assert result(graded, "ambiguous-pictures").reason.slug == "reason-missing-ambiguous"


def test_grade_when_reason_is_by_band_then_every_number_is_in_it() -> None:
    reason = result(
        grade(RUBRIC, make_evidence(test_set=Count(correct=955, total=1000))), "test-accuracy"
    ).reason
    assert {
        "correct": 955,
        "total": 1000,
        "percent": "95.5 %",
        "rule": "≥ 95 % → B",
        "points": "3",
        "points_possible": "4",
    }.items() <= reason.values.items()


def test_grade_when_we_failed_then_no_points_at_all() -> None:
    graded = grade(RUBRIC, make_evidence(failure="sandbox-lost"))
    assert (graded.status, graded.points, graded.points_open) == (SubmissionStatus.COULD_NOT_GRADE, None, 20)
    assert result(graded, "model-loads").reason.values == {"failure": "sandbox-lost"}
    assert all(criterion.points is None for criterion in graded.criteria if criterion.points_possible)
    assert not passed_all_automatic(graded)


def test_grade_when_nothing_was_handed_in_then_not_submitted() -> None:
    graded = grade(RUBRIC, make_evidence(labels=[], model=None, reports=[]))
    assert (graded.status, graded.points, graded.points_open) == (SubmissionStatus.NOT_SUBMITTED, 0, 8)
    assert not passed_all_automatic(graded)


def test_grade_when_the_whole_upload_was_refused_then_rejected_and_a_person_decides() -> None:
    graded = grade(RUBRIC, make_evidence(labels=[], model=None, reports=[], findings=[REFUSED]))
    assert (graded.status, graded.points, graded.points_open) == (SubmissionStatus.REJECTED, 0, 20)
    assert result(graded, "pictures").status is CriterionStatus.NOT_MEASURED
    assert not passed_all_automatic(graded)


def test_grade_when_every_file_was_refused_then_rejected() -> None:
    refused = dataclasses.replace(REFUSED, file="model.keras")
    evidence = make_evidence(
        labels=[], reports=[], model=make_model(loaded=False, kinds=()), findings=[refused]
    )
    assert grade(RUBRIC, evidence).status is SubmissionStatus.REJECTED


def test_grade_when_one_file_was_refused_then_not_rejected() -> None:
    refused = dataclasses.replace(REFUSED, file="tool.exe")
    evidence = make_evidence(findings=[refused])
    assert grade(RUBRIC, evidence).status is SubmissionStatus.GRADED


def test_grade_when_a_refused_file_may_be_the_model_then_a_person_decides() -> None:
    refused = dataclasses.replace(REFUSED, file="model.pkl")
    loads = result(grade(RUBRIC, make_evidence(model=None, findings=[refused])), "model-loads")
    assert (loads.status, loads.points) == (CriterionStatus.NOT_MEASURED, None)
    assert loads.reason.values == {"files": "model.pkl"}


def test_grade_when_a_refused_file_is_listed_without_a_use_then_a_person_decides() -> None:
    refused = dataclasses.replace(REFUSED, file="model.pkl")
    files = [make_file("model.pkl", Role.OTHER), make_file("report.md", Role.REPORT)]
    evidence = make_evidence(model=None, files=files, findings=[refused])
    assert result(grade(RUBRIC, evidence), "model-loads").status is CriterionStatus.NOT_MEASURED


def test_grade_when_a_refused_file_is_a_picture_then_the_model_is_missing_for_sure() -> None:
    refused = dataclasses.replace(REFUSED, file="digit000.png")
    evidence = make_evidence(model=None, findings=[refused])
    assert result(grade(RUBRIC, evidence), "model-loads").status is CriterionStatus.MISSING


def test_grade_when_a_model_file_was_there_and_not_examined_then_a_person_decides() -> None:
    files = [make_file("model.onnx", Role.MODEL), make_file("report.md", Role.REPORT)]
    loads = result(grade(RUBRIC, make_evidence(model=None, files=files)), "model-loads")
    assert loads.status is CriterionStatus.NOT_MEASURED
    assert loads.reason.slug == "reason-not-measured-model-unopened"


def test_grade_when_evidence_is_of_other_settings_then_the_run_stops() -> None:
    settings = dataclasses.replace(SETTINGS, level="quick")
    with pytest.raises(GraderError) as caught:
        grade(RUBRIC, make_evidence(settings=settings))
    assert caught.value.slug == "evidence-other-settings"


def test_passed_all_automatic_when_a_criterion_is_below_its_mark_then_false() -> None:
    assert passed_all_automatic(grade(RUBRIC, make_evidence(test_set=Count(correct=950, total=1000))))
    assert not passed_all_automatic(grade(RUBRIC, make_evidence(test_set=Count(correct=949, total=1000))))
