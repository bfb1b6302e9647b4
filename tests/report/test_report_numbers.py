"""Numbers as pages print them, by hand."""

from decimal import Decimal

import pytest

from grader.core.count import Count
from grader.core.measurement import Cell
from grader.report.charts import (
    BLACK,
    WHITE,
    angle_curve,
    contrast,
    heat_map,
    histogram,
    percent_in_cell,
    scale_color,
    text_color,
)
from grader.report.numbers import (
    angle_text,
    confidence_text,
    decimals_needed,
    number_text,
    points_text,
    share_text,
    shift_text,
    signed_points_text,
)
from grader.texts.catalog import plain
from tests.loops import every


def test_points_when_decimals_differ_then_all_get_the_longest() -> None:
    points = [Decimal("2"), Decimal("1.25"), None, Decimal("3.50"), Decimal("1E+1")]
    assert decimals_needed(points) == 2
    assert [points_text(p, 2) for p in points] == ["2.00", "1.25", "–", "3.50", "10.00"]


@every(
    "value, text",
    [(1.0, "100 %"), (0.9999, ">99 %"), (0.994, ">99 %"), (0.5, "50 %"), (0.004, "<1 %"), (0.0, "0 %")],
)
def test_confidence_then_whole_percent_and_extremes_only_when_true(value: float, text: str) -> None:
    assert confidence_text(value) == text


def test_angles_and_shifts_then_signed_with_a_true_minus() -> None:
    assert [angle_text(a) for a in (-30.0, 0.0, 12.5)] == ["−30°", "0°", "+12.5°"]
    assert shift_text(-3, 2) == "(−3, +2)"
    assert number_text(-0.0) == "0"


def test_percent_in_cell_when_almost_all_then_not_hundred() -> None:
    assert percent_in_cell(Count(correct=999, total=1000)) == "99"
    assert percent_in_cell(Count(correct=1, total=1000)) == "1"
    assert percent_in_cell(Count(correct=0, total=3)) == "0"
    assert percent_in_cell(Count(correct=3, total=3)) == "100"
    assert percent_in_cell(Count(correct=0, total=0)) == ""


def test_contrast_when_black_on_white_then_21() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast((119, 119, 119), WHITE) == pytest.approx(4.48, abs=0.005)


def test_heat_map_text_then_contrast_is_enough() -> None:
    for correct in range(101):
        fill = scale_color(Count(correct=correct, total=100))
        assert contrast(fill, text_color(fill)) >= 4.5, correct


def test_heat_map_when_two_by_two_then_columns_right_and_rows_down() -> None:
    cells = [
        Cell(at=(dx, dy), count=Count(correct=n, total=10))
        for (dx, dy), n in {(0, 0): 10, (1, 0): 5, (0, 1): 0, (1, 1): 1}.items()
    ]
    drawn = {(c.x, c.y): c.text for c in heat_map(cells, scored_pixels=0).cells}
    assert drawn == {("46", "34"): "100", ("76", "34"): "50", ("46", "64"): "0", ("76", "64"): "10"}


def test_curve_when_a_share_is_missing_then_the_line_breaks() -> None:
    curve = angle_curve(
        student=[(-90.0, 0.0), (0.0, None), (90.0, 1.0)],
        reference=[],
        low=[],
        high=[],
        scored_degrees=45,
        reported_degrees=60,
        threshold=0.5,
    )
    assert curve.student is not None
    assert curve.student.path == "M52 250M704 26"
    assert curve.reference is None
    assert curve.threshold == "138"
    assert (curve.scored.x, curve.scored.width) == ("215", "326")


def test_histogram_when_one_bar_is_half_then_half_as_high() -> None:
    first, second = histogram([4, 2], edges=["0", "5", "10"], median_share=0.5).bars
    assert float(first.height) == 2 * float(second.height)


def test_signed_points_then_sign_one_decimal_and_hundred_only_when_true() -> None:
    differences = (0.098, -0.0351, 0.00004, -0.00004, 1.0, 0.99996, -0.99996, -1.0)
    assert [signed_points_text(d) for d in differences] == [
        "+9.8",
        "−3.5",
        "0.0",
        "0.0",
        "+100.0",
        "+99.9",
        "−99.9",
        "−100.0",
    ]


def test_share_then_one_decimal_and_hundred_only_when_true() -> None:
    assert [share_text(s) for s in (0.9583, 1.0, 0.99996, 0.00001, 0.0)] == [
        "95.8 %",
        "100 %",
        "99.9 %",
        "0.1 %",
        "0 %",
    ]


def test_heat_map_when_cells_count_for_fewer_then_marked_by_shape() -> None:
    cells = [Cell(at=(dx, 0.0), count=Count(correct=1, total=4)) for dx in (0.0, 1.0, 2.0)]
    counted = {(0.0, 0.0): 4, (1.0, 0.0): 3, (2.0, 0.0): 0}
    full, fewer, none = heat_map(cells, scored_pixels=0, counted=counted).cells
    assert full.mark == ""
    assert fewer.mark == "M106 34h-8l8 8z"
    assert none.mark.startswith("M136 34h-30v30h30z")
    assert [cell.mark for cell in heat_map(cells, scored_pixels=0).cells] == ["", "", ""]


def test_plain_when_characters_hide_or_reorder_then_they_show() -> None:
    assert plain("a\u202eb\x00\ud800") == "a⟨U+202E⟩b⟨U+0000⟩⟨U+D800⟩"
    assert plain("김하늘 x") == "김하늘 x"
    assert len(plain("y" * 999)) == 119
