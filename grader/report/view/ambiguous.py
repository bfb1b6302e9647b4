"""Drawings that are hard to read on purpose: who hesitates, and how far the votes of the two networks split."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grader.analysis.ambiguity import Ambiguity, Pattern, Votes, ambiguity, entropy_bits
from grader.analysis.readings import Answer, answers
from grader.core.evidence import SubjectEvidence
from grader.core.picture import Picture
from grader.report.numbers import NOTHING, confidence_text
from grader.report.view.page import Page
from grader.report.view.pictures import AnswerCell, Pictures, Thumbs, best_cells, picture_note, spoken
from grader.texts.catalog import plain


@dataclass(frozen=True, kw_only=True)
class VotesRow:
    """What one network answers."""

    name: str
    best: tuple[AnswerCell, ...]
    bits: str
    """How much it hesitates."""


@dataclass(frozen=True, kw_only=True)
class AmbiguousRow:
    """One deliberately ambiguous picture."""

    id: str
    file: str
    note: str
    thumbs: Thumbs | None
    original_alt: str
    normalized_alt: str
    votes: tuple[VotesRow, ...]
    distance: str
    """How far the votes split; "" where a network gave none."""
    sentence: str
    """What it shows; "" where a network gave no votes."""
    intention: str
    """What the student meant to draw, and whether that is read; "" when the file does not tell."""


@dataclass(frozen=True, kw_only=True)
class Ambiguous:
    """The section."""

    explanation: str
    """What the numbers mean."""
    rows: tuple[AmbiguousRow, ...]


def ambiguous(page: Page, shown: Pictures) -> Ambiguous:
    """Return the section; `shown` says which pictures are listed."""
    classes = len(page.class_names)
    most = entropy_bits(np.full(classes, 1 / classes))
    return Ambiguous(
        explanation=page.words("ambiguous.explanation", most=f"{most:.2f}", n=classes),
        rows=tuple(_row(page, p, f"ambiguous-{n}", shown) for n, p in enumerate(shown.ambiguous, 1)),
    )


def _row(page: Page, picture: Picture, row_id: str, shown: Pictures) -> AmbiguousRow:
    words = page.words
    student, referee = page.evidence.student, page.referee
    best = answers(student, picture.index, top=2), answers(referee, picture.index, top=2)
    votes = _votes(student, picture), _votes(referee, picture)
    found = None if votes[0] is None or votes[1] is None else ambiguity(votes[0], votes[1])
    cells = best_cells(page, student, picture), best_cells(page, referee, picture)
    label = page.class_name(picture.label)
    return AmbiguousRow(
        id=row_id,
        file=plain(picture.file),
        note=picture_note(page, picture),
        thumbs=None if picture.index is None else shown.thumbs.get(picture.index),
        original_alt=words("pictures.alt_original", file=plain(picture.file), label=label),
        normalized_alt=words(
            "pictures.alt_normalized",
            label=label,
            student=", ".join(map(spoken, cells[0])),
            referee=", ".join(map(spoken, cells[1])),
        ),
        votes=tuple(
            VotesRow(
                name=words(f"who.{who}"),
                best=each,
                bits=NOTHING if given is None else f"{entropy_bits(given):.2f}",
            )
            for who, given, each in zip(("student", "referee"), votes, cells, strict=True)
        ),
        distance="" if found is None else f"{found.distance:.2f}",
        sentence="" if found is None else _sentence(page, found, *best),
        intention=_intention(page, picture, best[0]),
    )


def _votes(subject: SubjectEvidence | None, picture: Picture) -> Votes | None:
    """Return the probabilities that a network gives the classes of a picture; None when there is no answer."""
    if subject is None or subject.normalized is None or not answers(subject, picture.index):
        return None
    return np.asarray(subject.normalized[picture.index])


def _sentence(page: Page, found: Ambiguity, student: Sequence[Answer], referee: Sequence[Answer]) -> str:
    key = str(found.pattern)
    if found.pattern is Pattern.TORN:
        is_same = {each.prediction for each in student} == {each.prediction for each in referee}
        key = "torn_alike" if is_same else "torn_apart"
    return page.words(
        f"ambiguous.pattern.{key}",
        student=page.class_name(student[0].prediction),
        student_next=page.class_name(student[1].prediction),
        student_share=confidence_text(student[0].confidence),
        referee=page.class_name(referee[0].prediction),
        referee_next=page.class_name(referee[1].prediction),
        referee_share=confidence_text(referee[0].confidence),
    )


def _intention(page: Page, picture: Picture, student: Sequence[Answer]) -> str:
    if picture.label is None:
        return ""
    predictions = [each.prediction for each in student]
    if not predictions:
        key = "meant"
    elif picture.label == predictions[0]:
        key = "read"
    else:
        key = "second" if picture.label in predictions else "other"
    return page.words(
        f"ambiguous.intention.{key}",
        label=page.class_name(picture.label),
        student=page.class_name(predictions[0]) if predictions else NOTHING,
    )
