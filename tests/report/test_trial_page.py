"""The page of one model on its own is made of the parts that student pages have."""

from dataclasses import replace

import pytest

from grader.core.evidence import STUDENT
from grader.report.render import render_robustness
from tests.loops import every
from tests.report import build
from tests.report.markup import Element, parse, table_rows
from tests.report.stand_ins import LECTURE, REFEREE


@pytest.fixture
def page() -> Element:
    return parse(render_robustness(build.trial(), "en"))


def test_head_then_model_level_and_convention(page: Element) -> None:
    assert page.all("h1")[0].text == "model.keras"
    meta = page.by_class("meta")[0].text
    assert "standard" in meta
    assert "light digits on a dark background, values from 0 to 1" in meta
    assert "No submission and no points" in page.by_class("notice")[0].text


def test_numbers_then_the_same_as_on_a_student_page(page: Element) -> None:
    predictions = build.trial().test_set
    read = predictions.unperturbed[STUDENT][predictions.readable] == predictions.labels[predictions.readable]
    header = [th.text for th in page.by_id("numbers-test_set").all("thead")[0].all("th")][2:]
    assert header == ["model.keras", f"Referee, all tests (n {len(predictions.labels)})", LECTURE]
    clean = table_rows(page.by_id("numbers-test_set"))[0]
    assert clean[2].startswith(f"{read.sum()} of {len(read)}")


def test_sets_then_each_has_its_own_drawings(page: Element) -> None:
    for key in ("test_set", "own"):
        section = page.by_id(f"set-{key.replace('_', '-')}")
        assert section.by_class("chart")
        assert section.by_class("heat")
        assert page.by_id(f"{key}-rotation-angles")
        assert page.by_id(f"{key}-shift-counted")
    assert len(table_rows(page.by_id("own-reach"))) == len(build.trial().own.labels)
    assert page.by_id("own-reach").all("th")[7].text == "digits/0.png"
    assert page.by_id("own-reach").all("img")


def test_findings_then_told_with_remedy(page: Element) -> None:
    assert "Write with a thicker pen." in page.by_id("findings").text


def test_page_when_there_are_no_pictures_then_only_the_test_images() -> None:
    trial = replace(
        build.trial(), own=None, images=None, probabilities=None, first_failures=(), findings=(), versions={}
    )
    page = parse(render_robustness(trial, "en"))
    assert [s.attributes["id"] for s in page.all("section")] == ["numbers", "set-test-set", "provenance"]
    assert page.all("img") == []


def test_page_when_the_model_is_the_referee_then_no_second_column() -> None:
    trial = replace(build.trial("referee"), subject=REFEREE, convention=None, first_failures=())
    page = parse(render_robustness(trial, "en"))
    header = [th.text for th in page.by_id("numbers-test_set").all("thead")[0].all("th")][2:]
    assert header == ["referee", LECTURE]
    assert len(page.by_id("set-test-set").by_class("heat")) == 1
    assert {row[5] for row in table_rows(page.by_id("test_set-rotation-angles"))} == {"–"}


@every("name", build.HOSTILE)
def test_name_when_hostile_then_it_stays_text(name: str) -> None:
    html = render_robustness(build.trial(name), "en")
    assert len(parse(html).all("script")) == 1
    assert "<script>alert(1)</script>" not in html
    html.encode("utf-8")


def test_page_size_then_within_the_budget_of_a_student_page(language: str) -> None:
    assert len(render_robustness(build.trial(), language).encode()) <= 300 * 1024
