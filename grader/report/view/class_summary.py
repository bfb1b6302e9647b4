"""What the class did as a whole: totals, points lost, digits missed, findings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from grader.core.count import EMPTY, Count
from grader.core.evidence import STUDENT
from grader.core.finding import Finding
from grader.core.grade import CriterionResult, CriterionStatus
from grader.core.run import Assignment
from grader.report.charts import Histogram, histogram
from grader.report.numbers import NOTHING, count_text, number_text, points_text
from grader.report.view.digits import confusion_counts, row_confusion
from grader.report.view.notes import rank, severity_chip
from grader.report.view.outcome import lost
from grader.report.view.page import Chip, Page, measured
from grader.texts.catalog import Texts

BINS = 10
"""Intervals of the distribution."""

BAR_PIXELS = 120
"""Length of a bar in a table at 100 %."""

MOST_FINDINGS = 20
"""Kinds of findings listed."""


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Totals of the class."""

    drawing: Histogram | None
    summary: str
    bins: tuple[tuple[str, str], ...]
    """Interval and how many."""


@dataclass(frozen=True, kw_only=True)
class LossRow:
    """One criterion over the class."""

    title: str
    possible: str
    mean: str
    lost: str
    bar: str
    """Length of the bar in pixels: share of the possible points that was lost."""
    share: str
    full: str
    open: str


@dataclass(frozen=True, kw_only=True)
class ClassDigitRow:
    """One class over the class's pictures."""

    name: str
    student: Count
    referee: Count
    bar: str
    reference_bar: str
    confusion: str


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """One kind of finding over the class."""

    chip: Chip
    slug: str
    submissions: str
    example: str


def distribution(pages: Sequence[Page], info: Assignment, words: Texts, decimals: int) -> Distribution:
    """Return the distribution of the totals that are known."""
    totals = sorted(page.grade.points for page in pages if page.grade.points is not None)
    if not totals or info.points_possible <= 0:
        return Distribution(drawing=None, summary=words("class.no_totals"), bins=())
    width = info.points_possible / BINS
    counts = [0] * BINS
    for points in totals:
        counts[min(max(int(points // width), 0), BINS - 1)] += 1
    edges = [number_text(float(width * i)) for i in range(BINS + 1)]
    low, middle, high = quartiles([float(points) for points in totals])
    return Distribution(
        drawing=histogram(
            counts, edges=edges, median_share=min(max(middle / float(info.points_possible), 0.0), 1.0)
        ),
        summary=words(
            "class.totals",
            n=len(totals),
            median=f"{middle:.{max(decimals, 1)}f}",
            low=f"{low:.{max(decimals, 1)}f}",
            high=f"{high:.{max(decimals, 1)}f}",
        ),
        bins=tuple(
            (words("class.bin", low=edges[i], high=edges[i + 1]), str(n)) for i, n in enumerate(counts)
        ),
    )


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile of at least one value."""
    low, middle, high = np.quantile(np.asarray(values, dtype=float), (0.25, 0.5, 0.75))
    return float(low), float(middle), float(high)


def losses(pages: Sequence[Page], words: Texts, decimals: int) -> tuple[LossRow, ...]:
    """Return how many points each criterion cost the class, in the order of the rubric."""
    rows = []
    by_id: dict[str, list[CriterionResult]] = {}
    for page in pages:
        for criterion in page.grade.criteria:
            if criterion.points_possible:
                by_id.setdefault(criterion.id, []).append(criterion)
    for results in by_id.values():
        known = [c for c in results if c.points is not None and c.status is not CriterionStatus.INFORMATION]
        possible = sum((c.points_possible for c in known), Decimal(0))
        gone = sum((lost(c) for c in known), Decimal(0))
        share = float(gone / possible) if possible else 0.0
        got = sum((c.points for c in known if c.points is not None), Decimal(0))
        rows.append(
            LossRow(
                title=words.localized(results[0].title),
                possible=points_text(results[0].points_possible, decimals),
                mean=f"{got / len(known):.{max(decimals, 1)}f}" if known else NOTHING,
                lost=points_text(gone, decimals) if known else NOTHING,
                bar=f"{BAR_PIXELS * share:.0f}",
                share=f"{100 * share:.0f} %" if known else NOTHING,
                full=count_text(Count(correct=sum(not lost(c) for c in known), total=len(known)), words),
                open=str(len(results) - len(known)),
            )
        )
    return tuple(rows)


def class_digits(pages: Sequence[Page], info: Assignment, words: Texts) -> tuple[ClassDigitRow, ...]:
    """Return which digits the class's models miss, pooled over the submissions."""
    tables = [
        counts for page in pages if (counts := confusion_counts(page, page.evidence.student)) is not None
    ]
    counts = np.sum(tables, axis=0) if tables else None
    names = tuple(map(words.localized, info.class_titles))
    rows = []
    own_counts = _pooled(pages, [STUDENT] * len(pages), info)
    their_counts = _pooled(pages, [page.referee_id for page in pages], info)
    for i, (name, own, theirs) in enumerate(zip(names, own_counts, their_counts, strict=True)):
        rows.append(
            ClassDigitRow(
                name=name,
                student=own,
                referee=theirs,
                bar=f"{BAR_PIXELS * (own.share or 0):.0f}",
                reference_bar="" if theirs.share is None else f"{BAR_PIXELS * theirs.share:.0f}",
                confusion=row_confusion(counts, i, names, words),
            )
        )
    return tuple(rows)


def _pooled(pages: Sequence[Page], networks: Sequence[str], info: Assignment) -> list[Count]:
    """Return by class how many pictures of all submissions a network reads, one network for each submission."""
    found = [measured(page, who, "handwriting") for page, who in zip(pages, networks, strict=True)]
    return [
        sum((each.count_at(i) or EMPTY for each in found if each is not None), EMPTY)
        for i in range(len(info.class_titles))
    ]


def class_findings(pages: Sequence[Page], words: Texts) -> tuple[FindingRow, ...]:
    """Return the kinds of findings, those in most submissions first."""
    times: Counter[str] = Counter()
    first: dict[str, Finding] = {}
    for page in pages:
        found = {finding.slug: finding for finding in reversed(page.evidence.findings)}
        times.update(found.keys())
        first = found | first
    ranked = sorted(first, key=lambda slug: (-times[slug], rank(first[slug]), slug))
    return tuple(
        FindingRow(
            chip=severity_chip(first[slug].severity, words),
            slug=slug,
            submissions=str(times[slug]),
            example=words.told(first[slug]),
        )
        for slug in ranked[:MOST_FINDINGS]
    )
