"""The class page, put together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from grader.core.grade import CriterionStatus, SubmissionStatus
from grader.core.run import Assignment, RunInfo
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
from grader.report.view.class_table import Attention, StudentRow, attention, student_row
from grader.report.view.notes import run_settings
from grader.report.view.outcome import Chip, status_chip
from grader.report.view.page import Fact, Page
from grader.report.view.student import Section
from grader.report.words import Words, plain

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
    attention: tuple[Attention, ...]
    waiting: str
    """How many submissions wait for points that only a person gives; "" for none."""
    distribution: Distribution
    has_ids: bool
    """Whether names and submissions differ, so that both are worth a column."""
    criteria: tuple[str, ...]
    """Titles of the criteria that give points, in the order of the cells of a row."""
    has_grid: bool
    """Whether rotations with shifts were tried."""
    rows: tuple[StudentRow, ...]
    losses: tuple[LossRow, ...]
    digits: tuple[ClassDigitRow, ...]
    robustness: ClassRobustness
    findings: tuple[FindingRow, ...]
    facts: tuple[Fact, ...]


def class_page(
    pages: Sequence[Page], info: Assignment, run: RunInfo, words: Words, decimals: int
) -> ClassPage:
    """Return everything that the page of a class shows."""
    title = words.localized(info.title)
    counted = Counter(page.grade.status for page in pages)
    waiting = sum(any(c.status is CriterionStatus.WAITING for c in page.grade.criteria) for page in pages)
    criteria = next((page.grade.criteria for page in pages if page.grade.criteria), ())
    versions = {key: value for page in pages for key, value in page.evidence.provenance.items()} | dict(
        run.versions
    )
    facts = [
        Fact(name=words("provenance.run"), value=plain(run.id), is_code=True),
        Fact(name=words("provenance.date"), value=run.date),
        Fact(name=words("provenance.rubric"), value=plain(info.rubric_file), is_code=True),
        Fact(name=words("provenance.rubric_sha256"), value=info.rubric_sha256, is_code=True),
        *run_settings(run, words),
        *(
            Fact(name=plain(name), value=plain(value), is_code=True)
            for name, value in sorted(versions.items())
        ),
    ]
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
        attention=attention(pages),
        waiting=words.plural("class.waiting", waiting) if waiting else "",
        distribution=distribution(pages, info, words, decimals),
        has_ids=any(page.grade.name != page.grade.submission_id for page in pages),
        criteria=tuple(words.localized(c.title) for c in criteria if c.points_possible),
        has_grid=any("grid" in page.evidence.own.places for page in pages),
        rows=tuple(student_row(page) for page in pages),
        losses=losses(pages, words, decimals),
        digits=class_digits(pages, info, words),
        robustness=class_robustness(pages, info, words),
        findings=class_findings(pages, words),
        facts=tuple(facts),
    )
