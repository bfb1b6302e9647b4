"""The forms in which networks take pictures."""

import numpy as np
import pytest
from PIL import Image

from grader.models.adapters import Layout, find_layout

SHAPE = (28, 28, 1)
IMAGES = np.random.default_rng(3).random((4, 28, 28, 1), np.float32)


@pytest.mark.parametrize(
    ("shape", "expected", "order"),
    [
        ((784,), (784,), "flat"),
        ((-1,), (784,), "flat"),
        ((64,), (64,), "flat"),
        ((1024,), (1024,), "flat"),
        ((28, 28), (28, 28), "plain"),
        ((-1, -1), (28, 28), "plain"),
        ((28, 28, 1), (28, 28, 1), "last"),
        ((-1, -1, 1), (28, 28, 1), "last"),
        ((-1, -1, -1), (28, 28, 1), "last"),
        ((28, 28, 3), (28, 28, 3), "last"),
        ((1, 28, 28), (1, 28, 28), "first"),
        ((1, -1, -1), (1, 28, 28), "first"),
        ((3, 224, 224), (3, 224, 224), "first"),
        ((8, 8), (8, 8), "plain"),
        ((256, 256, 3), (256, 256, 3), "last"),
    ],
)
def test_find_when_the_input_is_a_square_picture_then_open_axes_are_filled(
    shape: tuple[int, ...], expected: tuple[int, ...], order: str
) -> None:
    layout = find_layout(shape, SHAPE)
    assert layout is not None
    assert (layout.image_shape, layout.order) == (expected, order)
    assert layout.apply(IMAGES).shape == (4, *expected)
    assert layout.apply(IMAGES).dtype == np.float32


@pytest.mark.parametrize(
    "shape",
    [
        (), (783,), (0,), (49,), (66_049,), (29, 22), (29, 22, 1), (32, -1, 1), (28, 28, 2), (28, 28, 4), (2, 28, 28),
        (28, 28, 28), (7, 7, 1), (257, 257, 1), (1, 28, 28, 1), (28, 28, 0), (0, 0), (-2, -2),
    ],
)  # fmt: skip
def test_find_when_the_input_is_something_else_then_none(shape: tuple[int, ...]) -> None:
    assert find_layout(shape, SHAPE) is None


def test_find_when_our_pictures_are_no_squares_then_none() -> None:
    assert find_layout((28, 28, 1), (28, 30, 1)) is None


@pytest.mark.parametrize("side", [32, 29, 56, 224])
def test_fit_when_enlarging_then_it_is_pillows_bilinear(side: int) -> None:
    found = Layout(side=side, channels=1, order="plain", home_side=28).fit(IMAGES)
    for image, ours in zip(IMAGES[..., 0], found, strict=True):
        theirs = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(theirs) - ours[0]).max() < 1e-5


@pytest.mark.parametrize("side", [8, 14, 16, 27])
def test_fit_when_shrinking_then_it_is_the_mean_over_the_area(side: int) -> None:
    fine = IMAGES[..., 0].repeat(side, axis=1).repeat(side, axis=2).astype(np.float64)
    means = fine.reshape(4, side, 28, side, 28).mean(axis=(2, 4))
    found = Layout(side=side, channels=1, order="plain", home_side=28).fit(IMAGES)
    assert np.abs(means - found[:, 0]).max() < 1e-6


@pytest.mark.parametrize("side", [8, 14, 27, 29, 32, 256])
def test_fit_when_a_picture_is_even_then_it_stays_so(side: int) -> None:
    even = np.full((1, 28, 28, 1), 0.3, np.float32)
    assert np.allclose(Layout(side=side, channels=1, order="plain", home_side=28).fit(even), 0.3, atol=1e-6)


@pytest.mark.parametrize(("side", "before"), [(32, 2), (33, 2), (29, 0)])
def test_fit_when_padding_then_the_picture_is_in_the_middle_on_background(side: int, before: int) -> None:
    found = Layout(side=side, channels=1, order="plain", home_side=28).fit(IMAGES, "pad")
    inner = slice(before, before + 28)
    assert np.array_equal(found[:, 0, inner, inner], IMAGES[..., 0])
    assert found.sum() == pytest.approx(IMAGES.sum(), rel=1e-5)


def test_fits_when_the_side_is_ours_or_smaller_then_there_is_one_way_only() -> None:
    assert [Layout(side=side, channels=1, order="plain", home_side=28).fits for side in (14, 28, 32)] == [
        ("resize",),
        ("resize",),
        ("resize", "pad"),
    ]


def test_apply_when_28_then_pixels_are_where_they_were() -> None:
    picture = IMAGES[..., 0]
    for shape in ((784,), (28, 28), (28, 28, 1), (1, 28, 28)):
        layout = find_layout(shape, SHAPE)
        assert layout is not None
        assert np.array_equal(layout.apply(IMAGES).reshape(4, 28, 28), picture)


def test_apply_when_three_channels_then_each_holds_the_picture() -> None:
    last = Layout(side=28, channels=3, order="last", home_side=28).apply(IMAGES)
    first = Layout(side=28, channels=3, order="first", home_side=28).apply(IMAGES)
    for channel in range(3):
        assert np.array_equal(last[..., channel], IMAGES[..., 0])
        assert np.array_equal(first[:, channel], IMAGES[..., 0])
