"""The student page, put together."""

from dataclasses import dataclass
from typing import Literal

from grader.analysis.readings import margin
from grader.core.evidence import STUDENT
from grader.core.finding import Reason
from grader.core.grade import Grade
from grader.core.perturbed import PerturbedPredictions
from grader.core.run import RunInfo
from grader.report.view.ambiguous import Ambiguous, ambiguous
from grader.report.view.digits import Digits, digits
from grader.report.view.model import Model, model
from grader.report.view.notes import Note, Provenance, notes, provenance
from grader.report.view.origin import Origin, origin
from grader.report.view.outcome import UNLOOKED, Action, Item, Result, actions, items, result
from grader.report.view.page import Page, Section, asked
from grader.report.view.pictures import Pictures, pictures
from grader.report.view.robust_numbers import DigitSet
from grader.report.view.robust_radius import Listed
from grader.report.view.robustness import Robustness, drawn, robustness

SECTIONS = (
    "next",
    "points",
    "digits",
    "ambiguous",
    "robustness",
    "origin",
    "model",
    "findings",
    "provenance",
)
"""Sections of the page after its head, in order."""

SECTIONS_WITHOUT_EVIDENCE = ("next", "points", "findings", "provenance")
"""Sections of a submission on which nothing was measured: the others would claim what nobody knows."""

PARTS = ("rotation", "shift", "grid")
"""Parts of the section on robustness that a criterion may point at."""


@dataclass(frozen=True, kw_only=True)
class StudentPage:
    """Everything the template places."""

    title: str
    assignment: str
    date: str
    run_id: str
    is_self_check: bool
    sections: tuple[Section, ...]
    result: Result
    actions: tuple[Action, ...]
    no_actions: str
    """What to do when there is no next step that gives points."""
    items: tuple[Item, ...]
    pictures: Pictures
    digits: Digits
    ambiguous: Ambiguous
    robustness: Robustness
    origin: Origin
    model: Model
    notes: tuple[Note, ...]
    provenance: Provenance


def student_page(page: Page, run: RunInfo) -> StudentPage:
    """Return everything that the page of one student shows."""
    has_ambiguous = bool(page.ambiguous) or any(c.anchor == "ambiguous" for c in page.grade.criteria)
    wanted = SECTIONS_WITHOUT_EVIDENCE if page.grade.status in UNLOOKED else SECTIONS
    absent = {"ambiguous": not has_ambiguous, "origin": not page.referee_id}
    sections = tuple(name for name in wanted if not absent.get(name, False))
    head = result(page)
    shown = pictures(page)
    held_up = _robustness(page, shown)
    parts = [part for part in PARTS if part != "grid" or held_up.grid]
    anchors = frozenset((*sections, *(parts if "robustness" in sections else ())))
    title = page.words.localized(page.assignment.title)
    return StudentPage(
        title=f"{head.name} · {title}",
        assignment=title,
        date=run.date,
        run_id=run.id,
        is_self_check=run.is_self_check,
        sections=tuple(Section(id=name, title=page.words(f"section.{name}")) for name in sections),
        result=head,
        actions=actions(page, anchors),
        no_actions=page.words(f"next.{_why_no_actions(page.grade)}"),
        items=items(page, anchors),
        pictures=shown,
        digits=digits(page),
        ambiguous=ambiguous(page, shown),
        robustness=held_up,
        origin=origin(page, shown),
        model=model(page),
        notes=notes(page),
        provenance=provenance(page, run),
    )


def _robustness(page: Page, shown: Pictures) -> Robustness:
    own = _digits(page, "own", page.evidence.own)
    listed = [
        Listed(
            row=picture.index,
            label=row.label,
            link=row.id,
            margin=margin(page.evidence.student, picture.index, picture.label),
        )
        for picture, row in zip(shown.listed, shown.rows, strict=True)
        if picture.index is not None
    ]
    return robustness(
        (own, _digits(page, "test_set", page.evidence.test_set)),
        (drawn(own, listed, page.evidence.first_failures, threshold=page.assignment.rotation_full_share),),
        why_not=_why_not_tried(page),
    )


def _why_not_tried(page: Page) -> str:
    why_not = page.why_not(asked(page, STUDENT, "handwriting"))
    if why_not or STUDENT in page.evidence.own.perturbed:
        return why_not
    return page.words.told(Reason(slug="unmeasured-changes-not-tried"))


def _digits(page: Page, key: Literal["own", "test_set"], predictions: PerturbedPredictions) -> DigitSet:
    settings = page.evidence.settings
    return DigitSet(
        key=key,
        predictions=predictions,
        subject=STUDENT,
        subject_name=page.words("who.student"),
        referee=settings.referee,
        references=settings.references,
        zone=page.assignment.zone,
        class_names=page.class_names,
        words=page.words,
    )


def _why_no_actions(grade: Grade) -> str:
    if grade.status in UNLOOKED:
        return str(grade.status)
    return "waiting" if grade.is_waiting else "nothing"
