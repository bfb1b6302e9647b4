"""The search, with variants and models that are made up."""

import numpy as np
import pytest

from grader.measuring.ink import NO_TURN
from grader.measuring.repairs import Subject, Variant, variants
from grader.measuring.search import MOST_VERIFIED, Agreement, Asker, Competence, search
from grader.models.adapters import PLAIN, Convention
from tests.digits import load_test_set
from tests.fakes import Constant, Counting, Random, sure
from tests.loops import every

IMAGES, LABELS = load_test_set()


def marked(mark: int, *names: str, row: int = 14) -> Variant:
    """A picture that is told by its brightest pixel, and by where it is."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[row, 14] = mark
    return Variant(names=names, pixels=pixels, is_fed_as_it_is=True)


def by_mark(right: dict[int, float], places=((14, 14), (13, 14), (15, 14), (14, 13), (14, 15))):
    """Says 3 of pictures with these marks, with this confidence, in these places; else 0."""

    def predict(images):
        marks = np.round(255 * images.max(axis=(1, 2, 3))).astype(int)
        at = [np.unravel_index(int(image.argmax()), (28, 28)) for image in images]
        rows = [
            sure(np.array([3]), right[m])[0] if m in right and tuple(map(int, a)) in places else sure(np.array([0]))[0]
            for m, a in zip(marks.tolist(), at, strict=True)
        ]  # fmt: skip
        return np.stack(rows)

    return Asker(predict=predict, predict_as_submitted=predict)


def test_search_when_several_sets_are_right_then_the_smallest_wins() -> None:
    tried = [marked(10, "polarity"), marked(20, "size", "center"), marked(30, "cleaning")]
    [found] = search([tried], [3], by_mark({20: 0.6, 30: 0.9}), guards=())
    assert found.variant.names == ("size", "center")
    assert (found.n_tried, found.n_right) == (3, 2)


def test_search_when_sets_are_equally_small_then_the_surest_wins() -> None:
    tried = [marked(10, "polarity"), marked(20, "size")]
    [found] = search([tried], [3], by_mark({10: 0.6, 20: 0.8}), guards=())
    assert found.variant.names == ("size",)
    assert found.confidence == pytest.approx(0.8)


@every("n_neighbors, is_found", [(4, True), (3, True), (2, False), (0, False)])
def test_search_when_neighbors_are_misread_then_three_of_four_are_needed(
    n_neighbors: int, is_found: bool
) -> None:
    parameter_sets = ((14, 14), *((13, 14), (15, 14), (14, 13), (14, 15))[:n_neighbors])
    [found] = search([[marked(10, "size")]], [3], by_mark({10: 0.9}, parameter_sets), guards=())
    assert (found.variant is not None) is is_found
    assert found.n_right == 1


def test_search_when_a_guard_refuses_then_the_next_set_is_taken() -> None:
    tried = [marked(10, "size"), marked(20, "size", "center")]
    guard = lambda variants, labels: [len(variant.names) > 1 for variant in variants]  # noqa: E731
    [found] = search([tried], [3], by_mark({10: 0.9, 20: 0.9}), guards=(guard,))
    assert found.variant.names == ("size", "center")


def test_search_when_very_many_are_right_then_so_many_are_verified() -> None:
    tried = [marked(mark, "size", row=5) for mark in range(1, 60)]
    asked = Counting(by_mark(dict.fromkeys(range(1, 60), 0.9), places=((5, 14),)).predict)
    [found] = search(
        [tried], [3], Asker(predict=asked.predict, predict_as_submitted=asked.predict), guards=()
    )
    assert found.variant is None
    assert asked.predictions == 59 + 4 * MOST_VERIFIED


def test_search_when_there_is_nothing_then_nothing() -> None:
    assert search([], [], by_mark({}), guards=()) == ()
    [found] = search([[]], [3], by_mark({}), guards=())
    assert (found.variant, found.n_tried) == (None, 0)


def test_competence_when_constant_or_random_then_never() -> None:
    variant = Variant(
        names=(), pixels=np.round(255 * IMAGES[0, ..., 0]).astype(np.uint8), is_fed_as_it_is=True
    )
    for predict in (Constant(4).predict, Random(0).predict):
        competence = Competence(Asker(predict=predict, predict_as_submitted=predict), IMAGES, LABELS)
        assert competence([variant] * 10, range(10)) == [False] * 10


def test_competence_when_levels_come_again_then_they_are_asked_once() -> None:
    asked = Counting(Constant(4).predict)
    competence = Competence(Asker(predict=asked.predict, predict_as_submitted=asked.predict), IMAGES, LABELS)
    pixels = np.round(255 * IMAGES[0, ..., 0]).astype(np.uint8)
    for each in (pixels, pixels, 255 - pixels, np.zeros_like(pixels)):
        competence([Variant(names=(), pixels=each, is_fed_as_it_is=True)], [4])
    assert (asked.calls, asked.predictions) == (2, 400)


def test_agreement_when_the_picture_is_black_on_white_then_the_referee_sees_it_white_on_black() -> None:
    def bright(images):
        return sure(np.where(images.mean(axis=(1, 2, 3)) < 0.5, 3, 0))

    pixels = np.round(255 * IMAGES[0, ..., 0]).astype(np.uint8)
    both = [Variant(names=(), pixels=each, is_fed_as_it_is=True) for each in (pixels, 255 - pixels)]
    assert Agreement(bright)(both, [3, 3]) == [True, True]
    assert Agreement(bright)(both, [4, 3]) == [False, True]
    assert Agreement(bright)([], []) == []


def subject(grey: np.ndarray, *, normalized_misread: bool = False) -> Subject:
    return Subject(
        as_submitted=grey.astype(np.float32),
        original=grey.astype(np.float64),
        normalized=IMAGES[0, ..., 0],
        turn=NO_TURN,
        is_misread_as_submitted=True,
        is_misread_normalized=normalized_misread,
    )


def test_variants_when_the_digit_is_as_in_mnist_then_only_what_could_matter() -> None:
    tried = variants(subject(IMAGES[0, ..., 0]), PLAIN)
    assert {variant.names for variant in tried} <= {("center",)}


@every("convention", [PLAIN, Convention(polarity="black-on-white", scale="0-255")])
def test_variants_when_everything_is_wrong_then_within_their_number_and_no_two_alike(
    convention: Convention,
) -> None:
    spoiled = np.full((28, 28), 0.7)
    spoiled[2:12, 3] = 0.4
    spoiled[2, 3:9] = 0.4
    tried = variants(subject(spoiled, normalized_misread=True), convention)
    assert 30 < len(tried) <= 128 + 33
    assert len({(variant.pixels.tobytes(), variant.is_fed_as_it_is) for variant in tried}) == len(tried)
    efforts = [variant.effort for variant in tried]
    assert efforts == sorted(efforts)


def test_variants_when_inverted_then_the_exact_negative() -> None:
    tried = variants(subject(1 - IMAGES[0, ..., 0]), PLAIN)
    [variant] = [each for each in tried if each.names == ("polarity",)]
    np.testing.assert_array_equal(variant.pixels, np.round(255 * IMAGES[0, ..., 0]))
