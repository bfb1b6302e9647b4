"""Geometry of ink, checked against pictures that can be counted by hand."""

import numpy as np
import pytest
from scipy import ndimage

from grader.datasets.mnist import strokes as normalizer
from grader.measuring import ink as geometry
from grader.measuring.ink import preview_grey, read_sheet, resample
from tests.loops import every


def block(top: int, bottom: int, left: int, right: int, side: int = 28) -> np.ndarray:
    ink = np.zeros((side, side))
    ink[top:bottom, left:right] = 1
    return ink


def test_constants_when_compared_then_the_normalizers() -> None:
    assert (geometry.BOX, geometry.TARGET_WIDTH, geometry.THIN, geometry.THICK) == (
        normalizer.BOX, normalizer.TARGET_WIDTH, normalizer.THIN, normalizer.THICK,
    )  # fmt: skip


def test_resample_when_halved_and_doubled_then_means_and_lines() -> None:
    ink = np.arange(16.0).reshape(4, 4)
    np.testing.assert_allclose(resample(ink, 2, 2), [[2.5, 4.5], [10.5, 12.5]])
    np.testing.assert_allclose(resample(np.array([[0.0, 1.0]]), 1, 4), [[0, 0.25, 0.75, 1]])
    np.testing.assert_array_equal(resample(ink, 4, 4), ink)


@every("angle, times", [(90.0, 1), (180.0, 2), (270.0, 3)])
def test_turn_when_by_quarters_then_exact(angle: float, times: int) -> None:
    ink = np.random.default_rng(0).random((28, 20))
    by = geometry.Turn(angle_degrees=angle)
    np.testing.assert_array_equal(geometry.turn(ink, by, keeps_sides=False), np.rot90(ink, times))


def test_turn_when_tilted_then_counter_clockwise_as_seen() -> None:
    turned = geometry.turn(block(2, 26, 13, 15), geometry.Turn(angle_degrees=30.0), keeps_sides=True)
    rows, columns = np.nonzero(turned > 0.5)
    assert columns[rows < 8].mean() < 13 < 15 < columns[rows > 20].mean()


def test_in_frame_when_a_small_digit_then_twenty_pixels_at_its_place() -> None:
    framed = geometry.in_frame(block(40, 60, 50, 60, side=100), 0.0)
    rows, columns = np.nonzero(framed > 0.5)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 10)
    assert (rows.min() + rows.max() + 1) / 2 == pytest.approx(14, abs=0.5)
    assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(0.55 * 28, abs=0.6)


def test_in_frame_when_the_picture_is_wide_then_the_aspect_is_kept() -> None:
    ink = np.zeros((40, 120))
    ink[10:30, 50:70] = 1
    rows, columns = np.nonzero(geometry.in_frame(ink, 0.0) > 0.5)
    assert np.ptp(rows) == np.ptp(columns) == 19


def test_centered_when_in_a_corner_then_the_center_of_mass_is_at_14() -> None:
    moved = geometry.centered(block(1, 8, 2, 9), 0.0)
    np.testing.assert_allclose(ndimage.center_of_mass(moved), (14, 14), atol=0.5)
    assert moved.sum() == 49


def test_stroke_when_thin_or_thick_then_near_the_target() -> None:
    for width in (1, 6):
        ink = block(4, 24, 14 - width // 2, 14 - width // 2 + width)
        before, after = (geometry.stroke_width(each, 0.0) for each in (ink, geometry.with_stroke(ink, 0.0)))
        assert before == pytest.approx(width, abs=0.7)
        assert abs(after - geometry.TARGET_WIDTH) < abs(before - geometry.TARGET_WIDTH)
        assert 2.0 <= after <= 4.2
    good = block(4, 24, 13, 16)
    np.testing.assert_array_equal(geometry.with_stroke(good, 0.0), good)


@every("is_dark", [True, False])
def test_sheet_when_read_then_ink_background_and_polarity(is_dark: bool) -> None:
    ink = 0.5 * block(6, 22, 12, 15)
    sheet = read_sheet(0.8 - ink if is_dark else 0.2 + ink)
    assert sheet.is_dark is is_dark
    assert sheet.background == pytest.approx(0.8 if is_dark else 0.2)
    np.testing.assert_allclose(sheet.ink, ink, atol=1e-9)


@every("level", [0.0, 0.5, 1.0])
def test_sheet_when_nothing_is_on_it_then_none(level: float) -> None:
    assert read_sheet(np.full((28, 28), level)) is None


def test_preview_when_of_a_wide_picture_then_without_the_bars() -> None:
    preview = np.zeros((96, 96, 3), np.uint8)
    preview[32:64] = 255
    grey = preview_grey(preview, 300, 100)
    assert grey.shape == (32, 96)
    np.testing.assert_allclose(grey, 1)
    assert preview_grey(preview, None, None).shape == (96, 96)
