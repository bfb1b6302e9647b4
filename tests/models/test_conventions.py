"""What is done to a picture under each convention, and what answers are taken for."""

import numpy as np
import pytest

from grader.models.adapters import (
    PLAIN,
    Convention,
    Layout,
    conventions_for,
    in_order,
    outputs_kind,
    to_probabilities,
)
from tests.digits import MNIST

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


@pytest.mark.parametrize(("scale", "lowest", "highest"), [("0-1", 0, 1), ("0-255", 0, 255), ("-1..1", -1, 1)])
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


@pytest.mark.parametrize(
    ("rows", "kind"),
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
