"""Which convention a network was trained with, asked of linear networks that are fitted in closed form."""

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from grader.core.submission import StatedModel
from grader.models.adapters import PLAIN, Convention, Inputs, Layout, NotFinite, Scores, conventions_for
from grader.models.inference import infer_convention
from grader.models.references import softmax
from tests.digits import MNIST, load_test_set
from tests.loops import every

PLAIN_LAYOUT = Layout(side=28, channels=1, order="plain", home_side=28)
PROBE, LABELS = load_test_set()
UNSEEN, UNSEEN_LABELS = PROBE[1::2], LABELS[1::2]


@cache
def fitted(convention: Convention, layout: Layout) -> npt.NDArray[np.float64]:
    """Return weights (inputs + 1, 10) that fit half of the test images under a convention.

    Ridge regression, then the gain with the lowest loss on the other half: a network as sure as right.
    """
    rows = with_one(convention.apply(PROBE[::2], layout))
    size = np.square(rows).sum() / len(rows)
    wanted = 2 * np.eye(10)[LABELS[::2]] - 1
    weights = np.linalg.solve(rows.T @ rows + 0.1 * size * np.eye(rows.shape[1]), rows.T @ wanted)
    unseen = with_one(convention.apply(UNSEEN, layout)) @ weights
    gains = np.geomspace(1, 100, 30)
    return weights * min(gains, key=lambda gain: loss(softmax((gain * unseen).astype(np.float32))))


def loss(probabilities: npt.NDArray[np.float32]) -> float:
    return float(-np.log(probabilities[np.arange(len(UNSEEN)), UNSEEN_LABELS] + 1e-9).mean())


def with_one(inputs: Inputs) -> npt.NDArray[np.float64]:
    flat = inputs.reshape(len(inputs), -1).astype(np.float64)
    return np.hstack([flat, np.full((len(flat), 1), np.abs(flat).max(initial=1e-9) / 10)])


class Linear:
    """Softmax of a linear map, trained under one convention."""

    def __init__(
        self, convention: Convention = PLAIN, layout: Layout = PLAIN_LAYOUT, outputs: str = "probabilities"
    ) -> None:
        self.layout = layout
        self.outputs = outputs
        self.asked = 0
        self._weights = fitted(convention, layout)
        self._one = with_one(convention.apply(PROBE[:1], layout))[0, -1]

    def scores(self, inputs: Inputs) -> Scores:
        self.asked += len(inputs)
        flat = inputs.reshape(len(inputs), -1)
        logits = flat @ self._weights[:-1] + self._one * self._weights[-1]
        if self.outputs == "logits":
            return logits.astype(np.float32)
        if self.outputs == "sigmoids":
            return (1 / (1 + np.exp(-np.clip(logits, -50, 50)))).astype(np.float32)
        return softmax(logits.astype(np.float32))


LARGE = Layout(side=32, channels=1, order="last", home_side=28)
FLAT = Layout(side=28, channels=1, order="flat", home_side=28)


@every(
    "layout, convention",
    [
        *((PLAIN_LAYOUT, each) for each in conventions_for(PLAIN_LAYOUT, MNIST)),
        *((FLAT, each) for each in conventions_for(FLAT, MNIST) if each.scale == "l2-picture"),
        *((LARGE, each) for each in conventions_for(LARGE, MNIST) if each.scale == "0-1"),
    ],
    ids=lambda value: value.id if isinstance(value, Convention) else f"{value.order}{value.side}",
)
def test_infer_when_trained_under_a_convention_then_its_polarity_is_found_and_it_reads_as_well(
    layout: Layout, convention: Convention
) -> None:
    network = Linear(convention, layout)
    found = infer_convention(network, UNSEEN, UNSEEN_LABELS, MNIST)
    own = (network.scores(convention.apply(UNSEEN, layout)).argmax(axis=1) == UNSEEN_LABELS).mean()
    assert found.chosen.polarity == convention.polarity
    assert found.accuracies[found.chosen.id] >= own - 0.02
    assert found.accuracies[found.chosen.id] == (found.predictions == UNSEEN_LABELS).mean()
    assert np.array_equal(found.scores.argmax(axis=1), found.predictions)


@every("outputs", ["probabilities", "logits", "sigmoids"])
def test_infer_when_answers_have_another_form_then_the_convention_is_found_all_the_same(outputs: str) -> None:
    convention = Convention(polarity="black-on-white", scale="-1..1")
    found = infer_convention(Linear(convention, outputs=outputs), UNSEEN, UNSEEN_LABELS, MNIST)
    assert (found.chosen, found.outputs) == (convention, outputs)
    assert np.allclose(found.probabilities(found.scores).sum(axis=1), 1, atol=1e-5)


def test_infer_when_most_conventions_are_hopeless_then_they_are_asked_the_first_digits_only() -> None:
    network = Linear()
    found = infer_convention(network, PROBE, LABELS, MNIST)
    assert found.digits[PLAIN.id] == 1000
    assert found.digits["black-on-white/0-1"] == 120
    assert network.asked == sum(found.digits.values()) < 8 * 120 + 3 * 880 + 1
    assert set(found.digits) == set(found.losses) == set(found.accuracies)


def test_infer_when_another_convention_is_chosen_then_the_plain_one_is_asked_all_digits_too() -> None:
    found = infer_convention(Linear(Convention(polarity="black-on-white", scale="0-1")), PROBE, LABELS, MNIST)
    assert found.chosen.polarity == "black-on-white"
    assert found.digits[PLAIN.id] == found.digits[found.chosen.id] == 1000


class Blind(Linear):
    """Does not see polarity: looks at the difference from the picture's corner."""

    def scores(self, inputs: Inputs) -> Scores:
        return super().scores(np.abs(inputs - inputs[:, :1, :1]))


def test_infer_when_polarity_makes_no_difference_then_cannot_tell_and_the_plain_one() -> None:
    found = infer_convention(Blind(), UNSEEN, UNSEEN_LABELS, MNIST)
    assert (found.chosen, found.is_certain, found.contradicted) == (PLAIN, False, None)


def test_infer_when_stated_and_tied_then_the_stated_one() -> None:
    stated = StatedModel(polarity="black-on-white", scale="0-1")
    found = infer_convention(Blind(), UNSEEN, UNSEEN_LABELS, MNIST, stated)
    assert found.chosen == Convention(polarity="black-on-white", scale="0-1")
    assert (found.is_certain, found.contradicted) == (True, None)


@every("stated", [StatedModel(polarity="black-on-white"), StatedModel(scale="-1..1")])
def test_infer_when_stated_and_clearly_worse_then_the_inferred_one_and_a_contradiction(
    stated: StatedModel,
) -> None:
    found = infer_convention(Linear(), UNSEEN, UNSEEN_LABELS, MNIST, stated)
    assert found.chosen == PLAIN
    assert found.contradicted is not None
    assert stated.polarity in {None, found.contradicted.polarity}
    assert stated.scale in {None, found.contradicted.scale}
    assert found.digits[found.contradicted.id] == 500


def test_infer_when_only_the_network_is_stated_then_conventions_are_as_if_nothing_was() -> None:
    found = infer_convention(Linear(), UNSEEN, UNSEEN_LABELS, MNIST, StatedModel(network="lecture-mlp"))
    assert (found.chosen, found.contradicted) == (PLAIN, None)


def test_infer_when_l2_is_stated_then_the_whole_picture_agrees_too() -> None:
    convention = Convention(polarity="white-on-black", scale="l2-picture")
    found = infer_convention(Linear(convention, FLAT), UNSEEN, UNSEEN_LABELS, MNIST, StatedModel(scale="l2"))
    assert found.chosen.scale in {"l2", "l2-picture"}
    assert found.contradicted is None


class Renamed:
    """A perfect reader of pictures that carry their class, with outputs in another order."""

    layout = PLAIN_LAYOUT

    def __init__(self, order: list[int], share: float = 1.0) -> None:
        self._order = order
        self._share = share

    def scores(self, inputs: Inputs) -> Scores:
        classes = inputs[:, 0, :10].argmax(axis=1)
        wrong = np.arange(len(inputs)) % 100 >= 100 * self._share
        classes = np.where(wrong, (classes + 1 + np.arange(len(inputs)) % 9) % 10, classes)
        return (0.91 * np.eye(10)[np.array(self._order)[classes]] + 0.009).astype(np.float32)


def labelled(n: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    labels = np.arange(n) % 10
    pictures = np.zeros((n, 28, 28, 1), np.float32)
    pictures[np.arange(n), 0, labels] = 1
    return pictures, labels


def test_infer_when_outputs_stand_for_1_to_9_and_0_then_the_order_is_found() -> None:
    order = [9, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    pictures, labels = labelled(500)
    found = infer_convention(Renamed(order), pictures, labels, MNIST)
    assert found.label_order == tuple(order)
    assert np.array_equal(found.predictions, labels)
    assert np.array_equal(found.probabilities(found.scores).argmax(axis=1), labels)


@every(
    "order, share",
    [(list(range(10)), 1.0), ([1, 0, *range(2, 10)], 1.0), ([9, *range(9)], 0.8)],
    ids=["plain", "two swapped", "reads 80 %"],
)
def test_infer_when_no_other_order_is_beyond_doubt_then_output_i_is_class_i(
    order: list[int], share: float
) -> None:
    pictures, labels = labelled(500)
    assert infer_convention(Renamed(order, share), pictures, labels, MNIST).label_order == ()


class Fragile(Linear):
    """Its answers are no numbers above a limit."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self._limit = limit

    def scores(self, inputs: Inputs) -> Scores:
        if inputs.max() > self._limit:
            raise NotFinite
        return super().scores(inputs)


def test_infer_when_answers_are_no_numbers_under_other_conventions_then_those_count_as_the_worst() -> None:
    found = infer_convention(Fragile(limit=1), UNSEEN, UNSEEN_LABELS, MNIST)
    assert found.chosen == PLAIN
    assert found.accuracies["white-on-black/0-255"] == 0
    assert found.losses["white-on-black/0-255"] == pytest.approx(7 * np.log(10))


def test_infer_when_answers_are_never_numbers_then_says_so() -> None:
    with pytest.raises(NotFinite):
        infer_convention(Fragile(limit=-2), UNSEEN, UNSEEN_LABELS, MNIST)


class Poor:
    """Reads 40 % of the digits at 0-255, always sure; 35 %, all among those, at columns of length 1, and is not sure."""

    layout = PLAIN_LAYOUT

    def __init__(self) -> None:
        parameter_sets = np.random.default_rng(0).permutation(len(PROBE)) // 10
        self._known = {
            (image[..., 0] > 0).tobytes(): (label, place)
            for image, label, place in zip(PROBE, LABELS, parameter_sets, strict=True)
        }

    def scores(self, inputs: Inputs) -> Scores:
        answers = np.full((len(inputs), 10), 0.1, np.float32)
        is_255, is_l2 = inputs.max() > 2, np.allclose(np.square(inputs).sum(axis=1).max(axis=1), 1)
        for row, image in enumerate(inputs):
            label, place = self._known.get((image > 0).tobytes(), (0, 99))
            if is_255:
                answers[row] = 1e-4
                answers[row, label if place < 40 else (label + 1) % 10] = 0.9991
            elif is_l2:
                answers[row, label if place < 35 else (label + 1) % 10] = 0.4
        return answers / answers.sum(axis=1, keepdims=True)


def test_infer_when_a_network_reads_little_then_what_it_reads_decides_and_not_how_sure_it_is() -> None:
    found = infer_convention(Poor(), PROBE, LABELS, MNIST)
    assert found.losses["white-on-black/0-255"] > 2 * found.losses["white-on-black/l2"]
    assert found.chosen.id == "white-on-black/0-255"
