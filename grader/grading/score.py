"""A rubric and evidence → a grade. Points are rounded here, once, and nowhere else."""

from decimal import Decimal
from fractions import Fraction

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.core.finding import Reason, Severity, Value
from grader.core.grade import CriterionResult, CriterionStatus, Grade, SubmissionStatus
from grader.grading.criteria.base import (
    CRITERIA,
    AutomaticSettings,
    CriterionSettings,
    Outcome,
    ScaledSettings,
    not_measured,
)
from grader.grading.criteria.manual import MANUAL
from grader.grading.rubric import Rubric, require_same_settings
from grader.grading.scale import Worth, worth_by_bands, worth_in_proportion


def grade(rubric: Rubric, evidence: Evidence) -> Grade:
    """Return the grade of one submission; the same rubric and evidence always give the same grade.

    Raises:
        GraderError: `evidence-other-settings`: the evidence was not measured for this rubric.
    """
    require_same_settings(rubric, evidence)
    outcomes = [_outcome(criterion, rubric, evidence) for criterion in rubric.criteria]
    results = tuple(
        _result(criterion, outcome, rubric.points_step)
        for criterion, outcome in zip(rubric.criteria, outcomes, strict=True)
    )
    status = _status(evidence)
    if status is SubmissionStatus.GRADED and not all(
        outcome.is_complete
        for criterion, outcome in zip(rubric.criteria, outcomes, strict=True)
        if criterion.points > 0
    ):
        status = SubmissionStatus.INCOMPLETE
    zero = round_points(Fraction(0), rubric.points_step)
    known = sum((result.points for result in results if result.points is not None), zero)
    unknown = sum((result.points_possible for result in results if result.points is None), zero)
    return Grade(
        submission_id=evidence.submission_id,
        name=evidence.name,
        status=status,
        points=None if status is SubmissionStatus.COULD_NOT_GRADE else known,
        points_possible=sum((result.points_possible for result in results), zero),
        points_open=unknown,
        criteria=results,
    )


def round_points(points: Fraction, step: Decimal) -> Decimal:
    """Return `points`, 0 or more, rounded half up to a multiple of `step`, with the decimals of `step`.

    84.25 becomes 84.3 with a step of 0.1; the built-in `round` gives 84.2.
    """
    n_steps = (points / Fraction(step) + Fraction(1, 2)) // 1
    return n_steps * step


def passed_all_automatic(grade: Grade) -> bool:
    """Return whether every automatic criterion was measured and none is below its pass mark."""
    return grade.status in (SubmissionStatus.GRADED, SubmissionStatus.INCOMPLETE) and all(
        result.status is not CriterionStatus.NOT_MEASURED and result.passed is not False
        for result in grade.criteria
    )


def _outcome(criterion: CriterionSettings, rubric: Rubric, evidence: Evidence) -> Outcome:
    if criterion.kind != MANUAL:
        if evidence.failure is not None:
            return not_measured(
                Reason(slug="reason-not-measured-our-failure", values={"failure": evidence.failure})
            )
        if _status(evidence) is SubmissionStatus.REJECTED:
            return not_measured(Reason(slug="reason-not-measured-rejected"))
    return CRITERIA.get(criterion.kind).grade(criterion, evidence, rubric.classes)


def _status(evidence: Evidence) -> SubmissionStatus:
    """Return the status of the submission, as its files show it."""
    if evidence.failure is not None:
        return SubmissionStatus.COULD_NOT_GRADE
    refused = {finding.file for finding in evidence.findings if finding.severity is Severity.REFUSED}
    is_everything_refused = all(file.name in refused for file in evidence.files)
    if refused and is_everything_refused:
        return SubmissionStatus.REJECTED
    return SubmissionStatus.GRADED if evidence.files else SubmissionStatus.NOT_SUBMITTED


def _result(criterion: CriterionSettings, outcome: Outcome, step: Decimal) -> CriterionResult:
    status, reason, points = outcome.status, outcome.reason, None
    if outcome.count is not None:
        worth = _worth(criterion, outcome.count)
        points = round_points(worth.points, step)
        reason = _reason(criterion, outcome, outcome.count, worth, points)
    elif status is CriterionStatus.MISSING:
        points = round_points(Fraction(0), step)
    if criterion.points == 0:
        status, points = CriterionStatus.INFORMATION, round_points(Fraction(0), step)
    return CriterionResult(
        id=criterion.id,
        title=criterion.title.localized(),
        kind=criterion.kind,
        status=status,
        points=points,
        points_possible=round_points(Fraction(criterion.points), step),
        reason=reason,
        passed=_passed(criterion, points) if status is not CriterionStatus.INFORMATION else None,
        guidance=criterion.guidance.localized(),
        anchor=CRITERIA.get(criterion.kind).anchor,
        is_visible_to_students=criterion.visible_to_students,
    )


def _passed(criterion: CriterionSettings, points: Decimal | None) -> bool | None:
    if not isinstance(criterion, AutomaticSettings) or criterion.pass_mark is None or points is None:
        return None
    return points >= criterion.pass_mark


def _worth(criterion: CriterionSettings, count: Count) -> Worth:
    possible = Fraction(criterion.points)
    if isinstance(criterion, ScaledSettings):
        if criterion.bands:
            return worth_by_bands(count, criterion.bands)
        if criterion.linear:
            return worth_in_proportion(count, criterion.linear, possible)
    points = possible if count.correct == count.total else Fraction(0)
    return Worth(points=points, percent=count.percent_text, rule="")


def _reason(
    criterion: CriterionSettings, outcome: Outcome, count: Count, worth: Worth, points: Decimal
) -> Reason:
    """Return the outcome's reason with everything its message may name."""
    values: dict[str, Value] = {
        **outcome.reason.values,
        "correct": count.correct,
        "total": count.total,
        "percent": worth.percent,
        "rule": worth.rule,
        "points": _plain(points),
        "points_possible": _plain(criterion.points),
    }
    slug = outcome.information_slug if criterion.points == 0 else outcome.reason.slug
    return Reason(slug=slug, values=values)


def _plain(points: Decimal) -> str:
    return f"{points.normalize():f}"
