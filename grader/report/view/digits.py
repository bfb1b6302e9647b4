"""Which digits: recall by class, and the two confusion matrices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grader.analysis.readings import answer
from grader.core.count import Count
from grader.core.evidence import STUDENT, SubjectEvidence
from grader.core.measurement import Measurement
from grader.report.numbers import NOTHING, count_text, interval_text
from grader.report.view.page import Page, asked, measured
from grader.texts.catalog import Texts

MOST_CONFUSIONS = 3
"""Confusions named in a caption."""


@dataclass(frozen=True, kw_only=True)
class DigitRow:
    """One class, or all of them."""

    name: str
    pictures: str
    counts: tuple[Count | None, ...]
    """Pictures, then test images; of each the student's model, then the referee."""
    confusion: str


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """One confusion matrix: rows = label, columns = prediction."""

    id: str
    title: str
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Count, ...]], ...]
    """Name of each class, and by prediction how many of its pictures."""
    show_percent: bool
    """Whether a share of the row says something new."""


@dataclass(frozen=True, kw_only=True)
class Digits:
    """The section."""

    summary: str
    """The student's count over all digits, with its interval; or why there is none."""
    readable: str
    """The count over the pictures that the referee reads; "" when there is none."""
    small: str
    """A word on small numbers; "" when there are enough."""
    rows: tuple[DigitRow, ...]
    totals: DigitRow
    matrices: tuple[Matrix, ...]
    unmeasured: tuple[str, ...]
    """Why a column is empty."""


def digits(page: Page) -> Digits:
    """Return the section."""
    asked_of = [(who, name) for name in ("handwriting", "test_set") for who in (STUDENT, page.referee_id)]
    columns = [measured(page, who, name) for who, name in asked_of]
    handwriting, readable = columns[0], measured(page, STUDENT, "handwriting_readable")
    own = confusion_counts(page, page.evidence.student)
    theirs = confusion_counts(page, page.referee)
    matrices = tuple(
        _matrix(page, f"matrix-{who}", who, counts)
        for who, counts in (("student", own), ("referee", theirs))
        if counts is not None
    )
    return Digits(
        summary=_summary(page, handwriting, asked(page, STUDENT, "handwriting")),
        readable=_readable(page, readable),
        small=page.words("digits.small") if handwriting is not None and handwriting.count.total <= 10 else "",
        rows=tuple(
            DigitRow(
                name=name,
                pictures=str(sum(p.label == i for p in page.pictures)),
                counts=tuple(found.count_at(i) if found else None for found in columns),
                confusion=row_confusion(own, i, page.class_names, page.words),
            )
            for i, name in enumerate(page.class_names)
        ),
        totals=DigitRow(
            name=page.words("digits.all"),
            pictures=str(len(page.pictures)),
            counts=tuple(found.count if found else None for found in columns),
            confusion="",
        ),
        matrices=matrices,
        unmeasured=_unmeasured(page),
    )


def confusion_counts(page: Page, subject: SubjectEvidence | None) -> npt.NDArray[np.int64] | None:
    """Return counts (label, prediction) over the labelled, usable pictures; None when there is no answer."""
    classes = len(page.class_names)
    counts = np.zeros((classes, classes), dtype=np.int64)
    for picture in page.pictures:
        found = answer(subject, picture.index)
        if found is not None and picture.label is not None:
            counts[picture.label, found.prediction] += 1
    return counts if counts.any() else None


def _summary(page: Page, found: Measurement | None, wanted: Measurement | None) -> str:
    if found is None:
        return page.words("digits.unmeasured", reason=page.why_not(wanted))
    return page.words(
        "digits.summary",
        count=count_text(found.count, page.words),
        interval=interval_text(found.count, page.words),
    )


def _readable(page: Page, found: Measurement | None) -> str:
    if not page.referee_id or found is None or found.count.total == 0:
        return ""
    return page.words("digits.readable", n=found.count.total, count=count_text(found.count, page.words))


def _unmeasured(page: Page) -> tuple[str, ...]:
    told = []
    for subject, who in ((STUDENT, "student"), (page.referee_id, "referee")):
        if not subject:
            continue
        for name in ("handwriting", "test_set"):
            if measured(page, subject, name) is None and not (who == "student" and name == "handwriting"):
                why = page.why_not(asked(page, subject, name))
                told.append(page.words(f"digits.why.{who}.{name}", reason=why))
    return tuple(told)


def confusions(counts: npt.NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return (times, label, prediction) of every confusion, most frequent first."""
    found = [
        (int(counts[i, j]), i, j)
        for i in range(len(counts))
        for j in range(len(counts))
        if i != j and counts[i, j]
    ]
    return sorted(found, key=lambda c: (-c[0], c[1], c[2]))


def row_confusion(
    counts: npt.NDArray[np.int64] | None, label: int, names: Sequence[str], words: Texts
) -> str:
    """Return the most frequent confusion of one class in words; a dash for none."""
    for times, i, prediction in [] if counts is None else confusions(counts):
        if i == label:
            return words("digits.confusion", prediction=names[prediction], times=times)
    return NOTHING


def _matrix(page: Page, matrix_id: str, who: str, counts: npt.NDArray[np.int64]) -> Matrix:
    names = page.class_names
    top = ", ".join(
        page.words("digits.pair", label=names[i], prediction=names[j], times=n)
        for n, i, j in confusions(counts)[:MOST_CONFUSIONS]
    )
    total = Count(correct=int(np.trace(counts)), total=int(counts.sum()))
    summary = page.words("digits.matrix_summary", count=count_text(total, page.words))
    return Matrix(
        id=matrix_id,
        title=page.words(f"digits.matrix.{who}"),
        summary=f"{summary} {page.words('digits.top', pairs=top) if top else page.words('digits.no_confusion')}",
        columns=names,
        rows=tuple(
            (name, tuple(Count(correct=int(n), total=int(counts[i].sum())) for n in counts[i]))
            for i, name in enumerate(names)
        ),
        show_percent=bool((counts.sum(axis=1) > 1).any()),
    )
