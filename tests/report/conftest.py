"""Pages to look at, in both languages."""

import pytest

from grader.messages import catalog
from grader.report.render import render_class, render_student
from tests.report import build


@pytest.fixture(autouse=True)
def messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the messages of these tests: pages need some slugs, not the product's."""
    monkeypatch.setattr(catalog, "catalog", lambda language: build.MESSAGES[language])


@pytest.fixture(params=["ko", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def student_html(language: str) -> str:
    evidence = build.evidence()
    return render_student(build.grade(evidence), evidence, build.ASSIGNMENT, build.RUN, language)


@pytest.fixture
def class_html(language: str) -> str:
    return render_class(build.classroom(12), build.ASSIGNMENT, build.RUN, language)
