"""Finished text and numbers → one self-contained page."""

import base64
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.core.evidence import Evidence
from grader.core.grade import Grade
from grader.core.model_trial import ModelTrial
from grader.core.run import Assignment, RunInfo
from grader.report.numbers import decimals_needed, numbers_in
from grader.report.view.class_page import class_page
from grader.report.view.page import Page
from grader.report.view.student import student_page
from grader.report.view.trial import trial_page
from grader.texts.catalog import Texts, plain

_FOLDER = Path(__file__).resolve().parent


def render_student(
    grade: Grade,
    evidence: Evidence,
    assignment: Assignment,
    run: RunInfo,
    language: str,
) -> str:
    """Return the page of one student as HTML; the same input gives the same text. Hidden criteria are left out.

    Args:
        grade: points and why.
        evidence: what was measured, for the same submission.
        assignment: what the rubric says about the assignment.
        run: the run it belongs to.
        language: "ko" or "en".
    """
    shown = grade.for_students()
    page = Page(
        grade=shown,
        evidence=evidence,
        assignment=assignment,
        words=Texts(language, preparation=assignment.preparation, show=plain),
        decimals=decimals_needed(_all_points(shown)),
    )
    return _render("student.html.j2", student_page(page, run), page.words, ("print.js",))


def render_class(
    rows: Sequence[tuple[Grade, Evidence]], assignment: Assignment, run: RunInfo, language: str
) -> str:
    """Return the page of a class, for its instructor, as HTML; the same input gives the same text.

    Args:
        rows: grade and evidence of every submission, in the order to list them.
        assignment: what the rubric says about the assignment.
        run: the run it belongs to.
        language: "ko" or "en".
    """
    words = Texts(language, preparation=assignment.preparation, show=plain)
    decimals = decimals_needed(points for grade, _ in rows for points in _all_points(grade))
    pages = [
        Page(grade=grade, evidence=evidence, assignment=assignment, words=words, decimals=decimals)
        for grade, evidence in rows
    ]
    return _render(
        "class.html.j2", class_page(pages, assignment, run, words, decimals), words, ("print.js", "class.js")
    )


def render_robustness(trial: ModelTrial, language: str) -> str:
    """Return the page of one model on its own as HTML; the same input gives the same text.

    Args:
        trial: what the model and others read.
        language: "ko" or "en".
    """
    words = Texts(language, preparation=trial.preparation, show=plain)
    return _render("trial.html.j2", trial_page(trial, words), words, ("print.js",))


def _all_points(grade: Grade) -> list[Decimal | None]:
    points: list[Decimal | None] = [grade.points, grade.points_possible, grade.points_open]
    for criterion in grade.criteria:
        points += [criterion.points, criterion.points_possible]
    return points


def content_policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy that allows exactly this style sheet and this script."""
    return (
        "default-src 'none'; img-src data:; "
        f"style-src '{_sha256(style)}'; script-src '{_sha256(script)}'; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _asset(name: str) -> str:
    return (_FOLDER / "assets" / name).read_text(encoding="utf-8")


def _render(template: str, view: object, words: Texts, scripts: tuple[str, ...]) -> str:
    style, script = _asset("report.css"), "".join(map(_asset, scripts))
    return (
        _environment()
        .get_template(template)
        .render(
            view=view,
            t=words,
            **numbers_in(words),
            language=words.language,
            policy=content_policy(style, script),
            style=Markup(style),  # noqa: S704 -- our own file, nothing of a student's
            script=Markup(script),  # noqa: S704 -- our own file, nothing of a student's
        )
    )
