"""The class page counts its submissions, and asks for a person where one is needed."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from grader.analysis.cells import cells_of
from grader.analysis.rows import Reader
from grader.analysis.rows import rows as rows_of
from grader.core.evidence import STUDENT
from grader.core.perturbed import NO_PREDICTIONS, SCORED
from grader.report.render import render_class
from tests.builders import counted
from tests.report import build
from tests.report.markup import Element, parse, table_rows


@pytest.fixture(scope="module")
def rows() -> list:
    return build.classroom(23)


@pytest.fixture
def page(rows: list) -> Element:
    return parse(render_class(rows, build.ASSIGNMENT, build.RUN, "en"))


def test_head_then_for_instructors_only_and_counts_by_status(page: Element, rows: list) -> None:
    assert "For instructors only." in page.by_class("notice")[0].text
    counted = Counter(grade.status for grade, _ in rows)
    shown = [li.by_class("status-count")[0].text for li in page.by_class("statuses")[0].all("li")]
    assert shown == [
        str(counted[s]) for s in ("graded", "incomplete", "rejected", "not_submitted", "could_not_grade")
    ]


def test_attention_then_our_failures_first_and_every_doubt(page: Element, rows: list) -> None:
    found = table_rows(page.by_id("attention-table"))
    assert found[0][0] == "채점 불가 학생"
    assert found[0][2] == "The referee model could not be read."
    assert found[-1][0] == "미제출 학생"
    doubtful = [g.name for g, e in rows if any(f.severity == "suspicious" for f in e.findings)]
    assert set(doubtful) <= {row[0] for row in found}
    assert "22 submissions wait" not in page.text
    assert "21 submissions wait for points that only a person gives." in page.text


def test_table_then_one_row_per_submission_with_its_points(page: Element, rows: list) -> None:
    table = page.by_id("students-table")
    shown = table_rows(table)
    assert len(shown) == len(rows)
    for cells, (grade, evidence) in zip(shown, rows, strict=True):
        assert cells[0] == grade.name
        assert cells[3] == ("–" if grade.points is None else f"{grade.points:.1f}")
        assert cells[4:11] == ["–" if c.points is None else f"{c.points:.1f}" for c in grade.criteria]
        clean = counted(evidence, STUDENT, "handwriting").count if evidence.subjects else None
        assert cells[11] == (f"{clean.correct}/{clean.total}" if clean and clean.total else "–")


def test_table_then_unknown_points_sort_last_and_are_no_zero(page: Element) -> None:
    row = next(r for r in page.by_id("students-table").all("tr") if "채점 불가 학생" in r.text)
    assert row.all("td")[2].attributes["data-v"] == ""
    assert row.all("td")[2].text == "–"


def test_table_then_sort_buttons_in_headers_and_no_aria_sort_yet(page: Element) -> None:
    headers = page.by_id("students-table").all("thead")[0].all("th")
    assert all(len(h.all("button")) == 1 for h in headers)
    assert not any("aria-sort" in h.attributes for h in headers)


def test_losses_then_points_lost_are_summed(page: Element, rows: list) -> None:
    for shown, criterion in zip(table_rows(page.by_id("losses-table")), build.CRITERIA, strict=True):
        same = [c for g, _ in rows for c in g.criteria if c.id == criterion.id]
        known = [c for c in same if c.points is not None]
        assert shown[3] == f"{sum(c.points_possible - c.points for c in known):.1f}"
        assert shown[7] == str(len(same) - len(known))


def test_digits_then_pooled_over_the_class(page: Element, rows: list) -> None:
    for digit, shown in enumerate(table_rows(page.by_id("digits-table"))):
        counts = [
            counted(e, STUDENT, "handwriting").count_at(digit)
            for _, e in rows
            if STUDENT in e.subjects and counted(e, STUDENT, "handwriting").cells
        ]
        assert shown[1] == f"{sum(c.correct for c in counts)} of {sum(c.total for c in counts)}"


def test_distribution_then_every_known_total_is_in_one_bin(page: Element, rows: list) -> None:
    bins = [int(row[1]) for row in table_rows(page.by_id("bins"))]
    assert len(bins) == 10
    assert sum(bins) == sum(g.points is not None for g, _ in rows)
    assert bins[0] == 1


def test_findings_then_counted_once_per_submission(page: Element, rows: list) -> None:
    shown = {
        row[1].split("[")[1].rstrip("]"): int(row[0]) for row in table_rows(page.by_id("findings-table"))
    }
    for slug, n in shown.items():
        assert n == sum(any(f.slug == slug for f in e.findings) for _, e in rows)


def test_robustness_then_curve_and_table_take_the_digits_that_count(page: Element, rows: list) -> None:
    for angle in (0.0, 30.0):
        shares = [
            cell.count.share
            for _, evidence in rows
            for cell in cells_of(evidence.own, STUDENT, "rotation", only_valid=True)
            if cell.at == (angle,)
        ]
        quartiles = np.quantile(shares, (0.25, 0.5, 0.75))
        row = next(r for r in table_rows(page.by_id("angles-table")) if r[0].lstrip("+") == f"{angle:g}°")
        assert row[1:4] == [f"{100 * q:.0f} %" for q in quartiles]
        at = 52 + 652 * (angle + 90) / 180
        circles = page.by_id("robustness").by_class("chart")[0].by_class("student")[1].all("circle")
        circle = min(circles, key=lambda each: abs(float(each.attributes["cx"]) - at))
        assert float(circle.attributes["cy"]) == pytest.approx(250 - 224 * quartiles[1], abs=0.06)


def test_page_size_when_two_hundred_students_then_within_budget() -> None:
    html = render_class(build.classroom(200), build.ASSIGNMENT, build.RUN, "ko")
    assert len(html.encode()) <= 400 * 1024


def test_page_when_the_class_is_empty_then_still_a_page() -> None:
    page = parse(render_class([], build.ASSIGNMENT, build.RUN, "en"))
    assert "No totals are known yet." in page.text


def test_grid_columns_then_worst_case_and_the_digit_in_the_middle(page: Element, rows: list) -> None:
    headers = [th.text for th in page.by_id("students-table").all("thead")[0].all("th")]
    worst_at, median_at = headers.index("All ways at once"), headers.index("Median digit")
    for cells, (_, evidence) in zip(table_rows(page.by_id("students-table")), rows, strict=True):
        if STUDENT not in evidence.own.perturbed:
            assert cells[worst_at] == cells[median_at] == "–"
            continue
        own = evidence.own
        right, counted = own.is_right(STUDENT, "grid"), own.valid["grid"]
        judged = counted.any(axis=0)
        everywhere = (right | ~counted).all(axis=0) & judged
        assert cells[worst_at] == f"{everywhere.sum()}/{judged.sum()}"
        shares = (right & counted).sum(axis=0)[judged] / counted.sum(axis=0)[judged]
        assert float(cells[median_at].rstrip(" %")) == pytest.approx(100 * np.median(shares), abs=0.06)


def test_grid_columns_when_no_grid_was_tried_then_left_out(rows: list) -> None:
    without = [(grade, replace(evidence, own=NO_PREDICTIONS)) for grade, evidence in rows]
    page = parse(render_class(without, build.ASSIGNMENT, build.RUN, "en"))
    assert "All ways at once" not in page.by_id("students-table").text
    assert "numbers-table" not in {e.attributes.get("id") for e in page.walk()}


def test_numbers_then_quartiles_of_the_students_and_medians_of_the_references(
    page: Element, rows: list
) -> None:
    values = [
        number.value
        for _, evidence in rows
        for row in rows_of(evidence.own, [Reader(network=STUDENT)], SCORED)
        if row.key == "shift" and (number := row.numbers[0]) is not None
    ]
    row = next(r for r in table_rows(page.by_id("numbers-table")) if r[0] == "Moved by up to 3 px")
    assert row[1:4] == [f"{100 * q:.0f} %" for q in np.quantile(values, (0.25, 0.5, 0.75))]
    headers = [th.text for th in page.by_id("numbers-table").all("thead")[0].all("th")]
    assert headers[4:] == ["median of lecture-cnn-small"]
