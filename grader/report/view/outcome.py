"""What did I get, what should I do next, and why these points."""

from dataclasses import dataclass
from decimal import Decimal

from grader.analysis.readings import Standing, diagnosis_of, standing
from grader.core.diagnosis import repair_counts
from grader.core.finding import Finding, Reason
from grader.core.grade import CriterionResult, CriterionStatus, Grade, SubmissionStatus
from grader.report.numbers import points_text
from grader.report.view.misses import repair_words
from grader.report.view.page import Chip, Page
from grader.texts.catalog import Texts, plain

LOOKS = {
    SubmissionStatus.GRADED: ("●", "good"),
    SubmissionStatus.INCOMPLETE: ("◐", "part"),
    SubmissionStatus.REJECTED: ("✕", "bad"),
    SubmissionStatus.NOT_SUBMITTED: ("○", "quiet"),
    SubmissionStatus.COULD_NOT_GRADE: ("▲", "open"),
}
"""Shape and tone of each status, beside its word."""

UNLOOKED = (SubmissionStatus.COULD_NOT_GRADE, SubmissionStatus.NOT_SUBMITTED, SubmissionStatus.REJECTED)
"""Submissions on which nothing was measured: their page says so and claims no more."""

MOST_ACTIONS = 3
"""Next steps shown."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The head of the page."""

    name: str
    submission_id: str
    """"" when it is the same as the name."""
    status: Chip
    points: str
    """"" when there are none."""
    points_possible: str
    sentences: tuple[str, ...]
    """The largest loss, what is still open, what the status means."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """One next step."""

    gain: str
    title: str
    body: str
    link: str
    """Fragment of its evidence."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of the rubric."""

    id: str
    title: str
    status: Chip
    points: str
    """"" for an item that is worth none."""
    points_possible: str
    reason: str
    guidance: str
    passed: str
    link: str
    """Fragment of its evidence; "" for none."""
    link_text: str


def status_chip(status: SubmissionStatus, words: Texts) -> Chip:
    """Return word, shape and color of what became of a submission."""
    shape, tone = LOOKS[status]
    return Chip(word=words(f"status.{status}"), shape=shape, tone=tone)


def criterion_chip(result: CriterionResult, words: Texts) -> Chip:
    """Return word, shape and color of how the points of a criterion came about."""
    key = str(result.status)
    if result.status is CriterionStatus.GRADED and result.points is not None:
        is_full = result.points >= result.points_possible
        key = "full" if is_full else "part" if result.points > 0 else "none"
    shape, tone = {
        "full": ("●", "good"),
        "part": ("◐", "part"),
        "none": ("○", "bad"),
        CriterionStatus.WAITING: ("◇", "open"),
        CriterionStatus.MISSING: ("○", "bad"),
        CriterionStatus.INFORMATION: ("–", "quiet"),
    }.get(key, ("▲", "open"))
    return Chip(word=words(f"item.{key}"), shape=shape, tone=tone)


def lost(result: CriterionResult) -> Decimal:
    """Return the points that were taken off; 0 while nobody knows."""
    if result.points is None or result.status is CriterionStatus.INFORMATION:
        return Decimal(0)
    return max(result.points_possible - result.points, Decimal(0))


def result(page: Page) -> Result:
    """Return the head of the page."""
    grade = page.grade
    name = plain(grade.name)
    submission_id = plain(grade.submission_id)
    return Result(
        name=name,
        submission_id="" if submission_id == name else submission_id,
        status=status_chip(grade.status, page.words),
        points="" if grade.points is None else points_text(grade.points, page.decimals),
        points_possible=points_text(grade.points_possible, page.decimals),
        sentences=tuple(_sentences(page)),
    )


def _sentences(page: Page) -> list[str]:
    grade, words = page.grade, page.words
    told = []
    if grade.status is not SubmissionStatus.GRADED:
        told.append(words(f"status.means.{grade.status}"))
    if page.evidence.failure is not None and f"message.{page.evidence.failure}.text" in words:
        told.append(words.told(Reason(slug=page.evidence.failure)))
    worst = largest_loss(grade)
    if grade.status in UNLOOKED:
        return told
    if worst is not None:
        told.append(
            words(
                "result.largest_loss",
                title=words.localized(worst.title),
                points=points_text(lost(worst), page.decimals),
            )
        )
    elif grade.points is not None:
        told.append(words("result.no_loss"))
    if grade.points is not None and grade.points_open > 0:
        told.append(words("result.open", points=points_text(grade.points_open, page.decimals)))
    return told


def largest_loss(grade: Grade) -> CriterionResult | None:
    """Return the criterion that lost most points, on ties the first; None when nothing was lost."""
    worst = max(grade.criteria, key=lost, default=None)
    return worst if worst is not None and lost(worst) > 0 else None


def actions(page: Page, anchors: frozenset[str]) -> tuple[Action, ...]:
    """Return up to three next steps, most points first; equal advice is given once."""
    if page.grade.status in (SubmissionStatus.COULD_NOT_GRADE, SubmissionStatus.NOT_SUBMITTED):
        return ()
    by_advice: dict[str, list[tuple[int, CriterionResult]]] = {}
    for number, criterion in enumerate(page.grade.criteria, 1):
        if _recoverable(criterion) > 0:
            by_advice.setdefault(_advice(page, criterion), []).append((number, criterion))
    gains = {
        advice: sum((_recoverable(each) for _, each in advised), Decimal(0))
        for advice, advised in by_advice.items()
    }
    shown = []
    for advice in sorted(gains, key=lambda advice: -gains[advice])[:MOST_ACTIONS]:
        (number, first), *_ = by_advice[advice]
        criteria = [criterion for _, criterion in by_advice[advice]]
        is_reading = any(criterion.kind == "handwriting_accuracy" for criterion in criteria)
        shown.append(
            Action(
                gain=page.words("next.gain", points=points_text(gains[advice], page.decimals)),
                title=" · ".join(page.words.localized(criterion.title) for criterion in criteria),
                body=f"{advice} {_most_frequent_repair(page) if is_reading else ''}".strip(),
                link=_link(first, number, anchors),
            )
        )
    return tuple(shown)


def _most_frequent_repair(page: Page) -> str:
    """Return what makes the model read most of the pictures that it lost points with, in words; "" for nothing."""
    missed = [p for p in page.pictures if standing(page.evidence, p) is Standing.MISSED]
    diagnoses = [found for p in missed if (found := diagnosis_of(page.evidence, p)) is not None]
    counted = repair_counts(diagnoses)
    if not counted:
        return ""
    name, times = counted[0]
    return page.words.plural("next.repair", len(missed), times=times, repair=repair_words(page.words, [name]))


def _recoverable(criterion: CriterionResult) -> Decimal:
    if criterion.status is CriterionStatus.NOT_MEASURED:
        return criterion.points_possible
    return lost(criterion)


def _advice(page: Page, criterion: CriterionResult) -> str:
    words = page.words
    cause = _cause(page, criterion)
    if cause is not None and words.remedy(cause):
        return words.remedy(cause)
    if criterion.status is CriterionStatus.NOT_MEASURED:
        return words.told(criterion.reason)
    remedy = words.remedy(criterion.reason)
    return remedy or words.localized(criterion.guidance) or words.told(criterion.reason)


def _cause(page: Page, criterion: CriterionResult) -> Finding | None:
    """Return the finding that the reason of a criterion names by its slug."""
    named = set(criterion.reason.values.values())
    return next((finding for finding in page.evidence.findings if finding.slug in named), None)


def _link(criterion: CriterionResult, number: int, anchors: frozenset[str]) -> str:
    return criterion.anchor if criterion.anchor in anchors else f"item-{number}"


def items(page: Page, anchors: frozenset[str]) -> tuple[Item, ...]:
    """Return every line of the rubric, in its order."""
    words = page.words
    shown = []
    for number, criterion in enumerate(page.grade.criteria, 1):
        is_linked = criterion.anchor in anchors - {"points"}
        passed = (
            ""
            if criterion.passed is None
            else words("item.passed" if criterion.passed else "item.not_passed")
        )
        shown.append(
            Item(
                id=f"item-{number}",
                title=words.localized(criterion.title),
                status=criterion_chip(criterion, words),
                points=points_text(criterion.points, page.decimals) if criterion.points_possible else "",
                points_possible=points_text(criterion.points_possible, page.decimals),
                reason=words.told(criterion.reason),
                guidance=_guidance(page, criterion),
                passed=passed,
                link=criterion.anchor if is_linked else "",
                link_text=words(f"section.{criterion.anchor}") if is_linked else "",
            )
        )
    return tuple(shown)


def _guidance(page: Page, criterion: CriterionResult) -> str:
    words = page.words
    cause = _cause(page, criterion)
    if cause is not None:
        return words.advice(cause)
    remedy = words.remedy(criterion.reason) if criterion.status is CriterionStatus.MISSING else ""
    if criterion.status is CriterionStatus.WAITING or lost(criterion) > 0:
        return remedy or words.localized(criterion.guidance)
    return ""
