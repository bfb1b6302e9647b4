"""One row per submission, and those that a person has to look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from grader.core.attention import what_to_look_at
from grader.core.cells import cell_size, worst_cell
from grader.core.count import Count
from grader.core.evidence import STUDENT
from grader.core.finding import Finding, Severity
from grader.core.grade import SubmissionStatus
from grader.core.measurement import Cell
from grader.core.robustness import grid_shares, grid_worst, median_share
from grader.core.submission import page_id
from grader.report.numbers import NOTHING, angle_text, points_text, share_text, shift_text
from grader.report.view.outcome import Chip, status_chip
from grader.report.view.page import Page, measured
from grader.report.words import plain

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
    status_key: str
    needs_person: bool
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


@dataclass(frozen=True, kw_only=True)
class Attention:
    """One submission that a person has to look at."""

    name: str
    link: str
    status: Chip
    reasons: tuple[str, ...]


def page_link(page: Page) -> str:
    """Return the address of a student's page, relative to the class page."""
    return f"students/{quote(page_id(page.grade.submission_id))}.html"


def student_row(page: Page) -> StudentRow:
    """Return the row of one submission."""
    grade, evidence, info = page.grade, page.evidence, page.assignment
    handwriting = measured(evidence.student, "handwriting")
    rotation = measured(evidence.student, "rotation_readable")
    shift = measured(evidence.student, "shift_readable")
    own = evidence.own
    has_grid = "grid" in own.places and STUDENT in own.perturbed
    flags = sum(f.severity in {Severity.SUSPICIOUS, Severity.REFUSED} for f in evidence.findings)
    return StudentRow(
        name=plain(grade.name, longest=LONGEST_NAME_IN_TABLE),
        submission_id=plain(grade.submission_id, longest=LONGEST_NAME_IN_TABLE),
        link=page_link(page),
        status=status_chip(grade.status, page.words),
        status_key=grade.status,
        needs_person=bool(attention_reasons(page)),
        total=ValueCell(
            text=points_text(grade.points, page.decimals),
            sort="" if grade.points is None else str(grade.points),
        ),
        criteria=tuple(
            ValueCell(
                text=points_text(c.points, page.decimals), sort="" if c.points is None else str(c.points)
            )
            for c in grade.criteria
            if c.points_possible
        ),
        clean=_count_cell(handwriting.count if handwriting else None),
        rotation=_worst_cell(
            rotation.cells if rotation else (), lambda c: cell_size(c) <= info.scored_angle_degrees
        ),
        shift=_worst_cell(shift.cells if shift else (), lambda c: cell_size(c) <= info.scored_shift_pixels),
        grid_worst=_count_cell(grid_worst(own, STUDENT) if has_grid else None),
        grid_median=_share_cell(median_share(grid_shares(own, STUDENT)) if has_grid else None),
        flags=ValueCell(text=str(flags) if flags else "", sort=str(flags)),
    )


def _count_cell(count: Count | None, where: str = "") -> ValueCell:
    if count is None or count.share is None:
        return ValueCell(text=NOTHING, sort="")
    return ValueCell(text=f"{count.correct}/{count.total}{where}", sort=f"{count.share:.4f}")


def _share_cell(share: float | None) -> ValueCell:
    if share is None:
        return ValueCell(text=NOTHING, sort="")
    return ValueCell(text=share_text(share), sort=f"{share:.4f}")


def _worst_cell(cells: Sequence[Cell], is_scored: Callable[[Cell], bool]) -> ValueCell:
    worst = worst_cell(cell for cell in cells if is_scored(cell))
    if worst is None:
        return _count_cell(None)
    return _count_cell(
        worst.count, f" · {angle_text(*worst.at) if len(worst.at) == 1 else shift_text(*worst.at)}"
    )


def attention(pages: Sequence[Page]) -> tuple[Attention, ...]:
    """Return the submissions that a person has to look at, our failures first."""
    order = (
        SubmissionStatus.COULD_NOT_GRADE,
        SubmissionStatus.REJECTED,
        SubmissionStatus.INCOMPLETE,
        SubmissionStatus.GRADED,
        SubmissionStatus.NOT_SUBMITTED,
    )
    found = [(page, reasons) for page in pages if (reasons := attention_reasons(page))]
    return tuple(
        Attention(
            name=plain(page.grade.name, longest=LONGEST_NAME_IN_TABLE),
            link=page_link(page),
            status=status_chip(page.grade.status, page.words),
            reasons=reasons,
        )
        for page, reasons in sorted(found, key=lambda pair: order.index(pair[0].grade.status))
    )


def attention_reasons(page: Page) -> tuple[str, ...]:
    """Return why a person has to look; points that only a person gives are not a reason."""
    words = page.words
    reasons = what_to_look_at(page.grade, page.evidence)
    told = [
        words.finding(reason) if isinstance(reason, Finding) else words.reason(reason)
        for reason in reasons[:MOST_REASONS]
    ]
    if len(reasons) > MOST_REASONS:
        told.append(words("class.more_findings", n=len(reasons) - MOST_REASONS))
    return tuple(told)
