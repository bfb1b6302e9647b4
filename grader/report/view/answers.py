"""What a network made of one picture, as a page shows it."""

from dataclasses import dataclass

from grader.core.evidence import SubjectEvidence
from grader.core.picture import Picture
from grader.core.verdict import Answer, answer, answers
from grader.report.numbers import confidence_text
from grader.report.view.page import Page


@dataclass(frozen=True, kw_only=True)
class AnswerCell:
    """What one network made of one picture."""

    text: str
    """The class, or why there is none."""
    confidence: str
    mark: str
    """"right", "wrong", or "" when there is nothing to compare."""
    word: str
    """The mark as a word."""


def answer_cell(
    page: Page, subject: SubjectEvidence | None, picture: Picture, *, as_submitted: bool = False
) -> AnswerCell:
    """Return what a network made of a picture, in words; a picture that could not be read has no class."""
    found = answer(subject, picture.index, as_submitted=as_submitted)
    return _no_answer(page, picture) if found is None else _cell(page, found, picture.label)


def best_cells(page: Page, subject: SubjectEvidence | None, picture: Picture) -> tuple[AnswerCell, ...]:
    """Return the two best answers, right or wrong left open; one cell that says why where there is none."""
    found = answers(subject, picture.index, top=2)
    return tuple(_cell(page, each, None) for each in found) or (_no_answer(page, picture),)


def spoken(cell: AnswerCell) -> str:
    """Return an answer as one piece of text."""
    return f"{cell.text} ({cell.confidence})" if cell.confidence else cell.text


def _cell(page: Page, found: Answer, label: int | None) -> AnswerCell:
    mark = "" if label is None else "right" if found.prediction == label else "wrong"
    return AnswerCell(
        text=page.class_name(found.prediction),
        confidence=confidence_text(found.confidence),
        mark=mark,
        word=page.words(f"answer.{mark}") if mark else "",
    )


def _no_answer(page: Page, picture: Picture) -> AnswerCell:
    key = "answer.not_read" if picture.index is None else "answer.none"
    return AnswerCell(text=page.words(key), confidence="", mark="", word="")
