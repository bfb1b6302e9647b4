"""Pages of data sets that are no digits: they speak about pictures and classes."""

import re

from grader.core.run import Assignment
from grader.grading.rubric import load_rubric, measurement_settings
from grader.grading.score import grade
from grader.report.render import render_class, render_student
from tests.builders import make_evidence
from tests.loops import every
from tests.report.build import RUN
from tests.report.markup import Element, parse

OF_DIGITS = re.compile(r"digit|MNIST|28 ×|\bink\b|숫자|잉크|글씨", re.IGNORECASE)
TRUE = re.compile(r"[Ff]ashion-(?:MNIST|mnist)|28 × 28 (?:× 1|px)|digit\d+\.png")
"""What a page says rightly: the title of a data set, shapes, the names of the files handed in."""


def said(html: str) -> str:
    """Everything that a reader sees or hears."""
    (body,) = parse(html).all("body")
    parts = []
    for each in body.walk():
        if each.tag not in {"script", "style"}:
            parts += [child for child in each.children if not isinstance(child, Element)]
            parts += [each.attributes.get(name, "") for name in ("alt", "aria-label", "data-label", "title")]
    return TRUE.sub("", " ".join(" ".join(parts).split()))


def pages(name: str, language: str) -> tuple[str, str, Assignment]:
    """Student and class page of a submission with misses, a picture without a label and a file that is no picture."""
    rubric = load_rubric(name)
    labels = (*range(10), None)
    evidence = make_evidence(
        labels,
        student_predictions=(1, 2, 2, 3, 4, 5, 0, 0, 8, 9, 0),
        referee_predictions=(0, 2, 2, 3, 4, 5, 6, 7, 8, 9, 0),
        unreadable=("broken.png",),
        settings=measurement_settings(rubric, 60.0),
    )
    graded, assignment = grade(rubric, evidence), rubric.assignment(f"{name}.toml")
    return (
        render_student(graded, evidence, assignment, RUN, language),
        render_class([(graded, evidence)], assignment, RUN, language),
        assignment,
    )


@every("name", ["fashion-mnist", "cifar-10"])
def test_pages_when_pictures_show_no_digits_then_nothing_is_said_of_digits(name: str, language: str) -> None:
    student, whole_class, assignment = pages(name, language)
    for html in (student, whole_class):
        assert not (found := OF_DIGITS.search(said(html))), said(html)[found.start() - 80 : found.end() + 80]
        assert all(title[language] in said(html) for title in assignment.class_titles)


@every("name, columns", [("fashion-mnist", 7), ("cifar-10", 6)])
def test_pictures_when_preparing_only_resizes_then_they_are_shown_once(
    name: str, columns: int, language: str
) -> None:
    (table,) = parse(pages(name, language)[0]).by_class("pictures")
    assert len(table.all("thead")[0].all("th")) == columns
    assert all(len(row.all("td")) == columns - 1 for row in table.all("tbody")[0].all("tr"))
