"""How a network's input and answers are adapted, on cases small enough to check by hand."""

import numpy as np
import pytest
from PIL import Image

from grader.models.adapters import (
    PLAIN,
    Convention,
    Layout,
    as_two_classes,
    conventions_for,
    find_layout,
    in_order,
    outputs_kind,
    to_probabilities,
)
from tests.datasets.own import make_card
from tests.digits import MNIST
from tests.loops import every

SHAPE = (28, 28, 1)
IMAGES = np.random.default_rng(3).random((4, 28, 28, 1), np.float32)


@every(
    "shape, expected, order",
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


@every(
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


@every("side", [32, 29, 56, 224])
def test_fit_when_enlarging_then_it_is_pillows_bilinear(side: int) -> None:
    found = Layout(side=side, channels=1, order="plain", home_side=28).fit(IMAGES)
    for image, ours in zip(IMAGES[..., 0], found, strict=True):
        theirs = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(theirs) - ours[0]).max() < 1e-5


@every("side", [8, 14, 16, 27])
def test_fit_when_shrinking_then_it_is_the_mean_over_the_area(side: int) -> None:
    fine = IMAGES[..., 0].repeat(side, axis=1).repeat(side, axis=2).astype(np.float64)
    means = fine.reshape(4, side, 28, side, 28).mean(axis=(2, 4))
    found = Layout(side=side, channels=1, order="plain", home_side=28).fit(IMAGES)
    assert np.abs(means - found[:, 0]).max() < 1e-6


@every("side", [8, 14, 27, 29, 32, 256])
def test_fit_when_a_picture_is_even_then_it_stays_so(side: int) -> None:
    even = np.full((1, 28, 28, 1), 0.3, np.float32)
    assert np.allclose(Layout(side=side, channels=1, order="plain", home_side=28).fit(even), 0.3, atol=1e-6)


@every("side, before", [(32, 2), (33, 2), (29, 0)])
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


PICTURES = np.random.default_rng(2).random((3, 28, 28, 1), np.float32)
PLAIN_LAYOUT = Layout(side=28, channels=1, order="plain", home_side=28)


def test_conventions_when_listed_then_the_plain_one_is_first_and_ids_are_unique() -> None:
    flat = conventions_for(Layout(side=28, channels=1, order="flat", home_side=28), MNIST)
    large = conventions_for(Layout(side=32, channels=1, order="last", home_side=28), MNIST)
    assert flat[0] == large[0] == PLAIN
    assert len({each.id for each in flat}) == len(flat) == 2 * 5
    assert len({each.id for each in large}) == len(large) == 2 * 4 * 2
    assert len(conventions_for(PLAIN_LAYOUT, MNIST)) == 2 * 4
    assert "white-on-black/0-255/pad" in {each.id for each in large}


@every("scale, lowest, highest", [("0-1", 0, 1), ("0-255", 0, 255), ("-1..1", -1, 1)])
def test_apply_when_scaled_then_ink_and_background_are_the_ends(
    scale: str, lowest: float, highest: float
) -> None:
    picture = np.zeros((1, 28, 28, 1), np.float32)
    picture[0, 3, 4] = 1
    light = Convention(polarity="white-on-black", scale=scale).apply(picture, PLAIN_LAYOUT)
    dark = Convention(polarity="black-on-white", scale=scale).apply(picture, PLAIN_LAYOUT)
    assert (light[0, 3, 4], light[0, 0, 0]) == (highest, lowest)
    assert (dark[0, 3, 4], dark[0, 0, 0]) == (lowest, highest)


def test_apply_when_l2_then_every_column_has_length_1_and_empty_ones_stay_empty() -> None:
    pictures = PICTURES.copy()
    pictures[:, :, 5] = 0
    found = Convention(polarity="white-on-black", scale="l2").apply(pictures, PLAIN_LAYOUT)
    lengths = np.linalg.norm(found, axis=1)
    assert np.allclose(np.delete(lengths, 5, axis=1), 1, atol=1e-5)
    assert not found[:, :, 5].any()


def test_apply_when_l2_on_other_layouts_then_it_is_still_the_pictures_columns() -> None:
    l2 = Convention(polarity="white-on-black", scale="l2")
    plain = l2.apply(PICTURES, PLAIN_LAYOUT)
    for order in ("flat", "last", "first"):
        assert np.array_equal(
            l2.apply(PICTURES, Layout(side=28, channels=1, order=order, home_side=28)).reshape(plain.shape),
            plain,
        )
    assert np.array_equal(
        l2.apply(PICTURES, Layout(side=28, channels=3, order="last", home_side=28))[..., 2], plain
    )


def test_apply_when_the_whole_picture_has_length_1_then_flat_rows_do() -> None:
    flat = Layout(side=28, channels=1, order="flat", home_side=28)
    found = Convention(polarity="black-on-white", scale="l2-picture").apply(PICTURES, flat)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_apply_when_padded_then_the_border_is_background_in_either_polarity() -> None:
    layout = Layout(side=32, channels=1, order="plain", home_side=28)
    for polarity, background in (("white-on-black", 0), ("black-on-white", 255)):
        found = Convention(polarity=polarity, scale="0-255", fit="pad").apply(PICTURES, layout)
        assert (found[:, :2] == background).all()
        assert (found[:, :, -2:] == background).all()


@every(
    "rows, kind",
    [
        ([[0.2, 0.8], [0.0, 1.0]], "probabilities"),
        ([[0.2, 0.7], [0.9, 0.9]], "sigmoids"),
        ([[0.2, 0.8], [-1.0, 2.0]], "logits"),
        ([[0.2, 0.8], [3.0, 2.0]], "logits"),
    ],
)
def test_outputs_when_looked_at_then_their_kind_is_told(rows: list[list[float]], kind: str) -> None:
    scores = np.array(rows, np.float32)
    assert outputs_kind([scores[:1], scores[1:]]) == kind
    probabilities = to_probabilities(scores, kind)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(probabilities.argmax(axis=1), scores.argmax(axis=1))


def test_probabilities_when_no_sigmoid_answers_then_all_classes_are_alike() -> None:
    assert to_probabilities(np.zeros((1, 4), np.float32), "sigmoids").tolist() == [[0.25] * 4]


def test_order_when_outputs_are_permuted_then_columns_are_the_classes() -> None:
    assert in_order(np.array([[10, 11, 12]], np.float32), (2, 0, 1)).tolist() == [[12, 10, 11]]


def test_color_when_the_network_takes_color_grey_or_a_flat_picture_then_its_values_are_there() -> None:
    color = np.random.default_rng(4).random((2, 8, 8, 3), np.float32)
    shape = (8, 8, 3)
    for input_shape, expected in {
        (8, 8, 3): color,
        (3, 8, 8): np.moveaxis(color, 3, 1),
        (192,): color.reshape(2, 192),
        (-1,): color.reshape(2, 192),
        (8, 8, 1): (color @ np.array([0.299, 0.587, 0.114], np.float32))[..., np.newaxis],
    }.items():
        layout = find_layout(input_shape, shape)
        assert layout is not None, input_shape
        assert np.allclose(layout.apply(color), expected, atol=1e-6), input_shape
    natural = make_card(shape)
    ids = [each.id for each in conventions_for(find_layout(shape, shape), natural)]
    assert ids == ["0-1", "0-255", "-1..1"]


def test_single_output_when_a_sigmoid_or_a_logit_then_two_classes() -> None:
    sigmoid = np.array([[0.25], [1.0]], np.float32)
    assert outputs_kind([sigmoid]) == "sigmoid"
    assert as_two_classes(sigmoid, "sigmoid").tolist() == [[0.75, 0.25], [0, 1]]
    logit = np.array([[0.0], [np.log(3)]], np.float32)
    assert outputs_kind([sigmoid, logit]) == "logit"
    two = to_probabilities(as_two_classes(logit, "logit"), "logit")
    assert np.allclose(two, [[0.5, 0.5], [0.25, 0.75]])
