"""The steps of the normalizer one by one, on arrays small enough to check by hand."""

import numpy as np
import pytest

from grader.datasets.mnist.components import list_pieces, select_digit
from grader.datasets.mnist.ink import map_ink, remove_lines
from grader.datasets.mnist.paper import estimate_background, find_sheet, trim_frame
from grader.datasets.mnist.strokes import BOX, FINE, center_of_mass, measure_width, normalize_strokes, place
from grader.images.values import hysteresis
from tests.datasets.mnist import drawings
from tests.loops import every


def test_background_when_border_is_even_is_one_color():
    background = estimate_background(drawings.colored(drawings.ink(3), pen=(0, 0, 1), paper=(0.2, 0.9, 0.4)))
    assert background.surface.shape == (1, 1, 3)
    np.testing.assert_allclose(background.color, [0.2, 0.9, 0.4], atol=1e-6)
    assert background.unevenness == 0


def test_background_when_light_falls_off_follows_it_under_the_ink():
    ink = drawings.ink(3)
    y, x = np.mgrid[-1 : 1 : ink.shape[0] * 1j, -1 : 1 : ink.shape[1] * 1j]
    paper = (0.7 - 0.1 * y + 0.05 * x - 0.08 * x * y - 0.05 * x**2).astype(np.float32)
    pixels = np.repeat((paper * (1 - 0.8 * ink))[..., None], 3, axis=2)
    surface = estimate_background(pixels).surface
    np.testing.assert_allclose(surface, np.repeat(paper[..., None], 3, axis=2), atol=0.02)


def test_ink_when_glare_lies_beside_the_pen_is_negative_there():
    pixels = drawings.colored(drawings.ink(4), pen=(0.1, 0.1, 0.1), paper=(0.6, 0.6, 0.6))
    pixels[4:10, 4:10] = 0.9
    mapped = map_ink(pixels, estimate_background(pixels))
    assert float(mapped.ink[4:10, 4:10].max()) < 0
    assert not mapped.is_light
    assert mapped.contrast == pytest.approx(0.5, abs=0.05)


def test_frame_when_the_bar_of_a_seven_fills_the_width_is_not_cut():
    ink = np.zeros((60, 40), dtype=np.float32)
    ink[4:9] = 1
    ink[9:56, 20:26] = 1
    pixels, trimmed = trim_frame(drawings.black_on_white(ink))
    assert not trimmed
    assert pixels.shape == (60, 40, 3)


def test_frame_when_a_thin_rule_lies_between_bar_and_paper_then_the_bar_is_cut():
    paper = np.zeros((160, 160, 3), np.float32)
    paper[40:120, 70:90] = 1
    paper[:, 143:146] = 0.2
    paper[:, 146:] = 1
    pixels, trimmed = trim_frame(paper)
    assert trimmed
    assert pixels.shape[1] == 143


@every("side", [1, 2, 3, 5, 8, 13, 20])
def test_frame_when_the_picture_is_tiny_then_something_is_left_of_it(side: int):
    random = np.random.default_rng(side)
    for _ in range(200):
        colors = np.full((side, side, 3), 0.25, np.float32)
        colors[..., 0] = random.choice([0, 0.25, 1], side)
        for pixels in (colors, colors.transpose(1, 0, 2)):
            height, width, _ = trim_frame(pixels)[0].shape
            assert height > 0
            assert width > 0


def test_frame_when_bars_are_at_two_sides_cuts_exactly_them():
    pixels, trimmed = trim_frame(np.pad(drawings.black_on_white(drawings.ink(8)), ((0, 0), (11, 7), (0, 0))))
    assert trimmed
    assert pixels.shape == (180, 180, 3)


@every("digit", [0, 4, 8])
def test_sheet_when_a_bold_digit_has_openings_is_none(digit):
    ink = drawings.ink(digit, width=26)
    assert find_sheet(drawings.black_on_white(ink), ink > 0.5, around=np.ones(3, np.float32)) is None


def test_lines_when_a_stroke_crosses_one_keeps_the_crossing():
    ink = np.zeros((100, 100), dtype=np.float32)
    ink[20:80, 47:53] = 1
    ink[50:52] = 0.6
    cleaned = remove_lines(ink, weak=0.25)
    assert cleaned[51, 49] > 0.25
    assert not cleaned[50:52, :44].any()
    assert not cleaned[50:52, 56:].any()


@every("digit", [1, 4, 7])
def test_lines_when_a_digit_spans_the_picture_takes_nothing(digit):
    ink = drawings.ink(digit, width=4, margin=0)
    columns = np.flatnonzero(ink.any(axis=0))
    tight = np.ascontiguousarray(ink[:, columns[0] : columns[-1] + 1])
    np.testing.assert_array_equal(remove_lines(tight, weak=0.25), tight)


def test_pieces_when_listed_have_their_box_and_mass():
    ink = np.zeros((60, 90), dtype=np.float32)
    ink[10:40, 20:24] = 0.5
    ink[55:, 85:] = 0.9
    ink[2, 2] = 0.9
    labels, count = hysteresis(ink, weak=0.25, strong=0.4)
    (first, second), specks = list_pieces(ink, labels, count)
    assert specks == 1
    assert (first.top, first.bottom, first.left, first.right) == (10, 40, 20, 24)
    assert first.mass == pytest.approx(60.0)
    assert not first.touches_edge
    assert second.touches_edge


def test_selection_when_a_four_is_open_keeps_both_parts_as_one_digit():
    ink = np.zeros((100, 100), dtype=np.float32)
    ink[10:55, 20:25] = ink[50:55, 20:52] = ink[10:90, 58:63] = 1
    pieces, specks = list_pieces(ink, *hysteresis(ink, weak=0.25, strong=0.5))
    selection = select_digit(pieces, specks=specks, height=100, width=100)
    assert len(selection.kept) == 2
    assert not selection.stands_several


@every("width", [6, 9, 12])
def test_width_when_measured_on_a_strip_is_the_strips_width(width):
    strip = np.zeros((60, 40), dtype=np.float32)
    strip[:, 10 : 10 + width] = 1
    assert measure_width(strip) == pytest.approx(width / FINE, rel=0.2)


@every("width", [1, 2, 3, 12, 20])
def test_strokes_when_changed_keep_the_digit_within_the_box(width):
    ink = drawings.ink(2, side=60, width=width, margin=0)
    fine, before, after = normalize_strokes(ink)
    assert BOX * FINE - 4 <= max(fine.shape) <= BOX * FINE
    assert abs(after - 2.6) < abs(before - 2.6) + 0.35


def test_place_when_mass_is_lopsided_centers_the_mass_and_keeps_all_ink():
    fine = np.zeros((60, 30), dtype=np.float32)
    fine[:, :6] = 1
    fine[54:] = 1
    image = place(fine)
    row, column = center_of_mass(image[..., 0])
    assert abs(row - 14) <= 0.5
    assert abs(column - 14) <= 0.5
    assert float((image > 0).sum()) == 20 * 2 + 8 * 2


def test_place_when_centering_would_push_ink_out_stops_at_the_edge():
    fine = np.zeros((3, 84), dtype=np.float32)
    fine[:, :30] = 1
    fine[:, 30:] = 0.2
    assert float((place(fine) > 0).sum()) == 28
