"""The pages in a real browser: nothing is refused or loaded, controls work, nothing spills over."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.report.render import render_class, render_robustness, render_student
from tests.report import build

playwright = pytest.importorskip("playwright.sync_api")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed")]


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(params=["student", "class", "trial"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def address(tmp_path: Path, kind: str) -> str:
    evidence = build.evidence()
    if kind == "class":
        html = render_class(build.classroom(23), build.ASSIGNMENT, build.RUN, "ko")
    elif kind == "trial":
        html = render_robustness(build.trial(), "ko")
    else:
        html = render_student(build.grade(evidence), evidence, build.ASSIGNMENT, build.RUN, "ko")
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    return (tmp_path / "page.html").as_uri()


def opened(browser, address: str, **settings):
    page = browser.new_context(**settings).new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.requests = []
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(address)
    return page


def test_page_when_opened_then_no_problem_and_no_request(browser, address: str) -> None:
    page = opened(browser, address)
    assert page.problems == []
    assert [url for url in page.requests if not url.startswith(("data:", "file:"))] == []
    assert len([url for url in page.requests if url.startswith("file:")]) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_when_320_pixels_wide_then_no_sideways_scrolling(browser, address: str, scheme: str) -> None:
    page = opened(browser, address, viewport={"width": 320, "height": 640}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_page_when_printing_then_details_open_and_close_again(browser, address: str) -> None:
    page = opened(browser, address)
    count = "document.querySelectorAll('details:not([open])').length"
    closed = page.evaluate(count)
    assert closed > 0
    page.emulate_media(media="print")
    page.wait_for_timeout(300)
    assert page.evaluate(count) == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    page.wait_for_timeout(300)
    assert page.evaluate(count) == closed


def test_page_when_tabbing_then_every_stop_shows_its_focus(browser, address: str) -> None:
    page = opened(browser, address)
    for stop in range(25):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            " return [document.activeElement.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]; })()"
        )
        assert style[0] != "BODY", f"stop {stop}"
        assert style[1] != "none"
        assert style[2] >= 2


def test_page_when_script_is_off_then_all_content_is_there(browser, address: str) -> None:
    page = opened(browser, address, java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator("main table").first.is_visible()


def names(page) -> list[str]:
    return page.eval_on_selector_all(
        "#students-table tbody tr:not([hidden])", "rows => rows.map(row => row.cells[0].textContent)"
    )


def totals(page) -> list[str]:
    return page.eval_on_selector_all(
        "#students-table tbody tr:not([hidden])", "rows => rows.map(row => row.cells[3].textContent)"
    )


@pytest.mark.parametrize("kind", ["class"], indirect=True)
class TestClassTable:
    def test_sort_when_pressed_twice_then_both_ways_and_unknown_last(self, browser, address: str) -> None:
        page = opened(browser, address)
        button = page.locator("#students-table button.sort").nth(3)
        for sign, order in ((1, "ascending"), (-1, "descending")):
            button.click()
            shown = totals(page)
            assert shown[-1] == "–"
            numbers = [sign * float(text) for text in shown[:-1]]
            assert numbers == sorted(numbers)
            assert page.locator(f"#students-table th[aria-sort={order}]").count() == 1
            assert page.locator("#students-table th[aria-sort]").count() == 1
        assert "총점" in page.locator("#count").inner_text()
        assert "내림차순" in page.locator("#count").inner_text()

    def test_filter_when_typed_then_rows_count_and_address_follow(self, browser, address: str) -> None:
        page = opened(browser, address)
        page.fill("#search", "student 1")
        assert names(page) == [
            "Student 1",
            "Student 11",
            "Student 13",
            "Student 15",
            "Student 17",
            "Student 19",
        ]
        assert page.locator("#count").inner_text().startswith("전체 23건 중 6건")
        assert page.evaluate("location.hash") == "#find=student+1"
        page.fill("#search", "")
        page.select_option("#status", "not_submitted")
        assert names(page) == ["미제출 학생"]
        page.click("#clear")
        assert len(names(page)) == 23
        page.check("#person")
        assert "채점 불가 학생" in names(page)
        assert len(names(page)) < 23

    def test_state_when_the_address_carries_it_then_restored(self, browser, address: str) -> None:
        page = opened(browser, address + "#sort=0&order=down&status=graded&find=%ED%95%99%EC%83%9D")
        shown = names(page)
        assert shown[0] == "학생 20"
        assert shown[-1] == "학생 2"
        assert page.problems == []

    def test_state_when_the_address_is_nonsense_then_everything_is_shown(self, browser, address: str) -> None:
        page = opened(browser, address + "#sort=99&order=x&status=nothing")
        assert len(names(page)) == 23
        assert page.problems == []

    def test_keys_when_typing_then_off(self, browser, address: str) -> None:
        page = opened(browser, address)
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "search"
        page.keyboard.type("?/")
        assert page.input_value("#search") == "?/"
        assert page.evaluate("document.getElementById('keys').open") is False

    def test_keys_when_switched_off_then_nothing_happens(self, browser, address: str) -> None:
        page = opened(browser, address)
        page.keyboard.press("?")
        assert page.evaluate("document.getElementById('keys').open") is True
        page.uncheck("#keys-on")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") != "search"
