"""Pages to look at, in both languages."""

from collections.abc import Iterator

import pytest

from grader.report.render import render_class, render_student
from grader.texts.catalog import LANGUAGES, add_texts, entries
from tests.report import build


@pytest.fixture(autouse=True)
def messages() -> Iterator[None]:
    """Add the messages of these tests."""
    add_texts({language: {"message": build.MESSAGES[language]} for language in LANGUAGES})
    yield
    entries.cache_clear()


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
