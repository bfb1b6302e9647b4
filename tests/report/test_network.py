"""The drawing of a network: coordinates by hand from its shapes."""

import re

import pytest

from grader.core.evidence import LayerEvidence
from grader.report.network import (
    MOST_DRAWN,
    PER_ROW,
    SLOT,
    TALLEST,
    Block,
    NetworkDrawing,
    draw_network,
    shape_text,
)
from tests.loops import every
from tests.report.build import LAYERS


def layer(kind: str, *shape: int, parameters: int = 0) -> LayerEvidence:
    return LayerEvidence(kind=kind, parameters=parameters, activation="", output_shape=shape)


def drawn(*layers: LayerEvidence, shape: tuple[int, ...] = (28, 28, 1)) -> NetworkDrawing:
    network = draw_network(layers, shape, input_name="Input")
    assert network is not None
    return network


def size(block: Block | None) -> tuple[float, float]:
    """Width and height of a block's front."""
    assert block is not None
    found = re.fullmatch(r"M[\d.]+ [\d.]+h([\d.]+)v([\d.]+)h-([\d.]+)Z", block.front)
    assert found is not None
    return float(found[1]), float(found[2])


def test_blocks_then_heights_follow_the_sides_of_the_pictures() -> None:
    heights = [size(place.block)[1] for place in drawn(*LAYERS).points[:6]]
    whole, half, quarter = TALLEST, TALLEST / 2, TALLEST / 4
    assert heights[:5] == [whole, whole, half, half, quarter]


def test_blocks_when_channels_double_then_thicker_by_the_same_step() -> None:
    points = drawn(*(layer("Conv2D", 8, 8, channels) for channels in (8, 16, 32))).points
    one, two, three = (size(place.block)[0] for place in points[1:])
    assert one < two < three
    assert two - one == pytest.approx(three - two, abs=0.11)


def test_bars_then_the_longest_list_is_the_tallest() -> None:
    flatten, dense = (size(place.block)[1] for place in drawn(*LAYERS).points[-2:])
    assert flatten == TALLEST
    assert dense == pytest.approx(TALLEST * 3.4594 / 11.6151, abs=0.1)  # log2 of 11 and of 3137


def test_names_and_shapes_then_under_every_block() -> None:
    told = [(place.name, place.shape) for place in drawn(*LAYERS).points]
    assert told == [
        ("Input", "28×28×1"),
        ("Conv2D", "28×28×32"),
        ("MaxPooling2D", "14×14×32"),
        ("Conv2D", "14×14×64"),
        ("MaxPooling2D", "7×7×64"),
        ("Flatten", "3,136"),
        ("Dense", "10"),
    ]


def test_layers_that_keep_the_shape_then_named_and_not_drawn() -> None:
    network = drawn(
        layer("InputLayer", 28, 28, 1),
        layer("BatchNormalization", 28, 28, 1),
        layer("Conv2D", 28, 28, 8),
        layer("ReLU", 28, 28, 8),
        layer("Dropout", 28, 28, 8),
        layer("Dropout", 28, 28, 8),
    )
    assert [place.name for place in network.points] == ["Input", "Conv2D"]
    assert network.undrawn == ("BatchNormalization", "ReLU", "Dropout")


@every("layers", [(), (layer("Flatten", 784), layer("Dense"))])
def test_drawing_when_a_shape_is_unknown_then_none(layers: tuple[LayerEvidence, ...]) -> None:
    assert draw_network(layers, (28, 28, 1), input_name="Input") is None
    assert draw_network(LAYERS, (), input_name="Input") is None


def test_channels_first_then_drawn_as_high_as_channels_last() -> None:
    first = drawn(layer("Conv2D", 32, 28, 28), layer("MaxPooling2D", 32, 14, 14), shape=(1, 28, 28))
    last = drawn(layer("Conv2D", 28, 28, 32), layer("MaxPooling2D", 14, 14, 32))
    assert [size(p.block) for p in first.points] == [size(p.block) for p in last.points]
    assert first.points[1].shape == "32×28×28"


def test_network_when_thirty_layers_then_first_and_last_are_drawn_and_the_rest_counted() -> None:
    network = drawn(*(layer("Conv2D", 28, 28, n) for n in range(1, 31)))
    assert len(network.points) == MOST_DRAWN
    gap = next(i for i, place in enumerate(network.points) if place.block is None)
    assert network.points[gap - 1].shape == f"28×28×{gap - 1}"
    assert network.points[-1].shape == "28×28×30"
    assert network.left_out == 31 - (MOST_DRAWN - 1)
    assert float(network.width) == PER_ROW * SLOT


def test_network_when_as_many_as_fit_then_all_are_drawn() -> None:
    network = drawn(*(layer("Conv2D", 28, 28, 8) for _ in range(MOST_DRAWN - 1)))
    assert network.left_out == 0
    assert all(place.block for place in network.points)


def test_drawing_then_nothing_leaves_the_view() -> None:
    network = drawn(*(layer("Conv2D", 28, 28, 4096) for _ in range(20)))
    for place in network.points:
        assert place.block is not None
        for path in (place.block.front, place.block.sides, place.arrow):
            for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path):
                assert 0 <= float(x) <= float(network.width)
                assert 0 <= float(y) <= float(network.height)
        assert float(place.shape_y) < float(network.height)


def test_open_axis_then_a_question_mark_and_still_a_block() -> None:
    network = drawn(layer("LSTM", -1, 64), layer("Dense", 10), shape=(-1, -1, 1))
    assert [place.shape for place in network.points] == ["?×?×1", "?×64", "10"]
    assert all(size(place.block)[1] > 0 for place in network.points)


def test_branches_then_no_arrows() -> None:
    chain = drawn(layer("Conv2D", 28, 28, 8), layer("Conv2D", 28, 28, 8))
    assert [bool(place.arrow) for place in chain.points] == [False, True, True]
    branched = drawn(layer("Conv2D", 28, 28, 8), layer("Add", 28, 28, 8))
    assert not branched.is_chain
    assert not any(place.arrow for place in branched.points)


def test_long_name_then_two_lines() -> None:
    place = drawn(layer("GlobalAveragePooling2D", 64)).points[-1]
    assert [word for _, word in place.words] == ["GlobalAverage", "Pooling2D"]


@every("shape", [(0, 0, 0), (1,), (0,), (2**31 - 1, 1, 2**31 - 1), (-1,), (1, 2, 3, 4), (5, 5)])
def test_odd_shapes_then_finite_numbers(shape: tuple[int, ...]) -> None:
    network = drawn(layer("other", *shape), shape=shape)
    assert not re.search(
        "nan|inf|e[+-]", "".join(p.block.front + p.block.sides for p in network.points if p.block)
    )


def test_shape_text_then_thousands_and_open_axes() -> None:
    assert shape_text((28, 28, 1)) == "28 × 28 × 1"
    assert shape_text((-1, 3136)) == "? × 3,136"
    assert shape_text(()) == "–"
