"""Whole pages as they were last reviewed; style, script and pixels are left out."""

import re

from grader.report.render import render_class, render_robustness, render_student
from tests.loops import every
from tests.report import build


def scrubbed(html: str) -> str:
    """Return the page without what changes for reasons of its own: style, script, hashes, compressed pixels."""
    html = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", html, flags=re.DOTALL)
    html = re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-…", html)
    html = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "data:…", html)
    return re.sub(r"\n\s*\n+", "\n", html)


@every("name", ["student", "no_model", "class", "trial"])
def test_page_then_as_last_reviewed(name: str, language: str, check_golden) -> None:
    evidence = build.evidence()
    if name == "class":
        html = render_class(build.classroom(6), build.ASSIGNMENT, build.RUN, language)
    elif name == "trial":
        html = render_robustness(build.trial(), language)
    else:
        shown = evidence if name == "student" else build.without_model(evidence)
        html = render_student(build.grade(shown), shown, build.ASSIGNMENT, build.RUN, language)
    check_golden(f"report/{name}.{language}.html", scrubbed(html))
