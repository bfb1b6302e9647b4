"""The class page, put together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from grader.analysis.attention import what_to_look_at
from grader.analysis.cells import worst_scored_cell
from grader.analysis.robustness import median_share, worst_case, zone_shares
from grader.core.count import Count
from grader.core.evidence import STUDENT
from grader.core.finding import Severity
from grader.core.grade import CriterionResult, SubmissionStatus
from grader.core.run import Assignment, RunInfo
from grader.core.submission import page_id
from grader.report.numbers import NOTHING, cell_text, points_text, share_text
from grader.report.view.class_robustness import ClassRobustness, class_robustness
from grader.report.view.class_summary import (
    ClassDigitRow,
    Distribution,
    FindingRow,
    LossRow,
    class_digits,
    class_findings,
    distribution,
    losses,
)
from grader.report.view.notes import run_facts, run_settings
from grader.report.view.outcome import status_chip
from grader.report.view.page import Chip, Fact, Page, Section, code_facts, measured
from grader.texts.catalog import Texts, plain

LONGEST_NAME_IN_TABLE = 40
"""Characters of a name in a row; the page of the student has the whole name."""

MOST_REASONS = 2
"""Findings named for one submission in the list for a person."""


@dataclass(frozen=True, kw_only=True)
class ValueCell:
    """One value: what is shown and what is sorted by."""

    text: str
    sort: str
    """Number as text; "" sorts last."""


@dataclass(frozen=True, kw_only=True)
class StudentRow:
    """One submission."""

    name: str
    submission_id: str
    link: str
    status: Chip
    status_key: SubmissionStatus
    reasons: tuple[str, ...]
    """Why a person has to look at it."""
    total: ValueCell
    criteria: tuple[ValueCell, ...]
    clean: ValueCell
    rotation: ValueCell
    shift: ValueCell
    grid_worst: ValueCell
    """Digits read in every counted cell of the grid."""
    grid_median: ValueCell
    """Share of its counted cells in which the digit in the middle is read."""
    flags: ValueCell


def page_link(page: Page) -> str:
    """Return the address of a student's page, relative to the class page."""
    return f"students/{quote(page_id(page.grade.submission_id))}.html"


def student_row(page: Page) -> StudentRow:
    """Return the row of one submission."""
    grade, evidence = page.grade, page.evidence
    handwriting = measured(page, STUDENT, "handwriting")
    own = evidence.own
    has_grid = "grid" in own.parameter_sets and STUDENT in own.perturbed
    flags = sum(f.severity in {Severity.SUSPICIOUS, Severity.REFUSED} for f in evidence.findings)
    return StudentRow(
        name=plain(grade.name, longest=LONGEST_NAME_IN_TABLE),
        submission_id=plain(grade.submission_id, longest=LONGEST_NAME_IN_TABLE),
        link=page_link(page),
        status=status_chip(grade.status, page.words),
        status_key=grade.status,
        reasons=attention_reasons(page),
        total=_points_cell(grade.points, page.decimals),
        criteria=tuple(_criterion_cell(c, page.decimals) for c in grade.criteria if _has_column(c)),
        clean=_count_cell(handwriting.count if handwriting else None),
        rotation=_worst_cell(page, "rotation"),
        shift=_worst_cell(page, "shift"),
        grid_worst=_count_cell(worst_case(own, STUDENT, "grid") if has_grid else None),
        grid_median=_share_cell(median_share(zone_shares(own, STUDENT, "grid")) if has_grid else None),
        flags=ValueCell(text=str(flags) if flags else "", sort=str(flags)),
    )


def _has_column(criterion: CriterionResult) -> bool:
    """Return whether the table has a column for it: where it gives points, or where this page is its only place."""
    return bool(criterion.points_possible) or not criterion.is_visible_to_students


def _criterion_cell(criterion: CriterionResult, decimals: int) -> ValueCell:
    """Return the points, or the measured percentage of a criterion that gives none."""
    if not criterion.points_possible:
        percent = str(criterion.reason.values.get("percent", NOTHING))
        return ValueCell(text=percent, sort="" if percent == NOTHING else percent.rstrip(" %"))
    return _points_cell(criterion.points, decimals)


def _points_cell(points: Decimal | None, decimals: int) -> ValueCell:
    return ValueCell(text=points_text(points, decimals), sort="" if points is None else str(points))


def _criterion_title(criterion: CriterionResult, words: Texts) -> str:
    title = words.localized(criterion.title)
    return title if criterion.is_visible_to_students else words("class.hidden", title=title)


def _count_cell(count: Count | None, where: str = "") -> ValueCell:
    if count is None or count.share is None:
        return ValueCell(text=NOTHING, sort="")
    return ValueCell(text=f"{count.correct}/{count.total}{where}", sort=f"{count.share:.4f}")


def _share_cell(share: float | None) -> ValueCell:
    if share is None:
        return ValueCell(text=NOTHING, sort="")
    return ValueCell(text=share_text(share), sort=f"{share:.4f}")


def _worst_cell(page: Page, name: str) -> ValueCell:
    worst = worst_scored_cell(page.evidence.own, STUDENT, name, page.assignment.zone)
    return _count_cell(None) if worst is None else _count_cell(worst.count, f" · {cell_text(worst)}")


def attention_reasons(page: Page) -> tuple[str, ...]:
    """Return why a person has to look; points that only a person gives are not a reason."""
    words = page.words
    reasons = what_to_look_at(page.grade, page.evidence)
    told = [words.told(reason) for reason in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        told.append(words("class.more_findings", n=len(reasons) - MOST_REASONS))
    return tuple(told)


BY_URGENCY = (
    SubmissionStatus.COULD_NOT_GRADE,
    SubmissionStatus.REJECTED,
    SubmissionStatus.INCOMPLETE,
    SubmissionStatus.GRADED,
    SubmissionStatus.NOT_SUBMITTED,
)
"""Order of the submissions that a person has to look at."""

SECTIONS = (
    "attention",
    "distribution",
    "students",
    "losses",
    "digits",
    "robustness",
    "findings",
    "provenance",
)
"""Sections of the page after its head, in order."""


@dataclass(frozen=True, kw_only=True)
class StatusCount:
    """How many submissions came to one status."""

    chip: Chip
    key: str
    count: str


@dataclass(frozen=True, kw_only=True)
class ClassPage:
    """Everything the template places."""

    title: str
    assignment: str
    date: str
    run_id: str
    submissions: str
    sections: tuple[Section, ...]
    statuses: tuple[StatusCount, ...]
    attention: tuple[StudentRow, ...]
    """Submissions that a person has to look at, our failures first."""
    waiting: str
    """How many submissions wait for points that only a person gives; "" for none."""
    distribution: Distribution
    has_ids: bool
    """Whether names and submissions differ, so that both are worth a column."""
    criteria: tuple[str, ...]
    """Titles of the criteria that give points or are hidden from students, in the order of the cells of a row."""
    has_grid: bool
    """Whether rotations with shifts were tried."""
    rows: tuple[StudentRow, ...]
    losses: tuple[LossRow, ...]
    digits: tuple[ClassDigitRow, ...]
    robustness: ClassRobustness
    findings: tuple[FindingRow, ...]
    facts: tuple[Fact, ...]


def class_page(
    pages: Sequence[Page], info: Assignment, run: RunInfo, words: Texts, decimals: int
) -> ClassPage:
    """Return everything that the page of a class shows."""
    title = words.localized(info.title)
    counted = Counter(page.grade.status for page in pages)
    waiting = sum(page.grade.is_waiting for page in pages)
    criteria = next((page.grade.criteria for page in pages if page.grade.criteria), ())
    versions = {key: value for page in pages for key, value in page.evidence.provenance.items()} | dict(
        run.versions
    )
    rows = tuple(student_row(page) for page in pages)
    noticed = [row for row in rows if row.reasons]
    return ClassPage(
        title=words("class.title", assignment=title),
        assignment=title,
        date=run.date,
        run_id=plain(run.id),
        submissions=words.plural("class.submissions", len(pages)),
        sections=tuple(Section(id=name, title=words(f"class.section.{name}")) for name in SECTIONS),
        statuses=tuple(
            StatusCount(chip=status_chip(status, words), key=status, count=str(counted[status]))
            for status in SubmissionStatus
        ),
        attention=tuple(sorted(noticed, key=lambda row: BY_URGENCY.index(row.status_key))),
        waiting=words.plural("class.waiting", waiting) if waiting else "",
        distribution=distribution(pages, info, words, decimals),
        has_ids=any(page.grade.name != page.grade.submission_id for page in pages),
        criteria=tuple(_criterion_title(c, words) for c in criteria if _has_column(c)),
        has_grid=any("grid" in page.evidence.own.parameter_sets for page in pages),
        rows=rows,
        losses=losses(pages, words, decimals),
        digits=class_digits(pages, info, words),
        robustness=class_robustness(pages, info, words),
        findings=class_findings(pages, words),
        facts=(*run_facts(run, info, words), *run_settings(run, words), *code_facts(versions)),
    )
