from hypothesis import given
from hypothesis import strategies as st

from grader.core.evidence import LayerDifference, LayerEvidence
from grader.datasets.card import list_datasets
from grader.models.references import known_networks, list_references
from grader.models.resemblance import MOST_EDITS, Resemblance, find_resemblance, fold_layers
from tests.digits import MNIST
from tests.loops import every

INPUT = (28, 28, 1)


def layer(kind: str, shape: tuple[int, ...] = (), parameters: int = 0, activation: str = "") -> LayerEvidence:
    return LayerEvidence(kind=kind, output_shape=shape, parameters=parameters, activation=activation)


def small(filters: int = 32, units: int = 10, activation: str = "softmax") -> list[LayerEvidence]:
    """The small lecture network, weights by formula: (3 * 3 * channels + 1) * filters, (inputs + 1) * units."""
    return [
        layer("Conv2D", (28, 28, filters), (9 * 1 + 1) * filters, "relu"),
        layer("MaxPooling2D", (14, 14, filters)),
        layer("Conv2D", (14, 14, 64), (9 * filters + 1) * 64, "relu"),
        layer("MaxPooling2D", (7, 7, 64)),
        layer("Flatten", (3136,)),
        layer("Dense", (units,), (3136 + 1) * units, activation),
    ]


def deep(units: int = 1000, last_dropout: bool = True) -> list[LayerEvidence]:
    dropout = [layer("Dropout", (units,))] if last_dropout else []
    return [
        layer("Conv2D", (28, 28, 32), (25 + 1) * 32, "relu"),
        layer("MaxPooling2D", (14, 14, 32)),
        layer("Conv2D", (14, 14, 64), (4 * 32 + 1) * 64, "relu"),
        layer("MaxPooling2D", (7, 7, 64)),
        layer("Dropout", (7, 7, 64)),
        layer("Flatten", (3136,)),
        layer("Dense", (units,), 3137 * units, "relu"),
        *dropout,
        layer("Dense", (10,), (units + 1) * 10, "softmax"),
    ]


def without_shapes(layers: list[LayerEvidence]) -> list[LayerEvidence]:
    return [layer(each.kind, (), each.parameters, each.activation) for each in layers]


@every("has_shapes", [True, False])
def test_lecture_network_when_compared_then_equals_itself(has_shapes: bool) -> None:
    compared = [(dataset, *each) for dataset in list_datasets() for each in known_networks(dataset).items()]
    ids = {id_ for _, id_, _ in compared}
    assert {"lecture-mlp", "fashion-cnn-small", "cifar-cnn-small", "cifar-cnn-tf", "cifar-cnn-keras"} < ids
    for dataset, id_, network in compared:
        layers = [layer(each.kind, each.output_shape, each.parameters, each.activation) for each in network]
        found = find_resemblance(layers if has_shapes else without_shapes(layers), dataset.shape, dataset)
        assert found == Resemblance(id=id_, is_exact=True)


def test_referee_when_compared_then_is_no_lecture_network() -> None:
    card = next(card for card in list_references() if card.id == "referee")
    layers = [layer(each.kind, each.output_shape, each.parameters, each.activation) for each in card.layers]
    assert find_resemblance(layers, INPUT, MNIST) == Resemblance()


def test_input_layer_and_separate_activations_then_the_same_network() -> None:
    conv, pool, conv2, pool2, flat, dense = small()
    linear = [layer(each.kind, each.output_shape, each.parameters, "linear") for each in (conv, conv2, dense)]
    layers = [
        layer("InputLayer", (28, 28, 1)),
        linear[0],
        layer("Activation", (28, 28, 32), 0, "relu"),
        pool,
        linear[1],
        layer("ReLU", (14, 14, 64)),
        pool2,
        flat,
        linear[2],
        layer("Softmax", (10,)),
    ]
    assert find_resemblance(layers, INPUT, MNIST) == Resemblance(id="lecture-cnn-small", is_exact=True)


def test_activation_when_the_layer_before_has_one_then_stays_a_layer() -> None:
    layers = [layer("Dense", (10,), 1, "relu"), layer("Softmax", (10,))]
    assert fold_layers(layers) == tuple(layers)


def test_activation_when_linear_then_dropped() -> None:
    dense = layer("Dense", (10,), 1, "softmax")
    assert fold_layers([dense, layer("Activation", (10,), 0, "linear")]) == (dense,)


def test_units_when_other_then_one_difference_though_the_next_layers_weights_change_too() -> None:
    found = find_resemblance(deep(units=128), INPUT, MNIST)
    assert (found.id, found.is_exact) == ("lecture-cnn-deep", False)
    assert found.differences == (
        LayerDifference(
            own=layer("Dense", (128,), 401_536, "relu"), lecture=layer("Dense", (1000,), 3_137_000, "relu")
        ),
    )


def test_layer_when_left_out_then_named_as_the_lectures_alone() -> None:
    found = find_resemblance(deep(units=128, last_dropout=False), INPUT, MNIST)
    assert found.id == "lecture-cnn-deep"
    assert [(d.own and d.own.kind, d.lecture and d.lecture.kind) for d in found.differences] == [
        ("Dense", "Dense"),
        (None, "Dropout"),
    ]


def test_layer_when_added_then_named_as_its_own_alone() -> None:
    layers = small()
    layers.insert(5, layer("Dropout", (3136,)))
    found = find_resemblance(layers, INPUT, MNIST)
    assert found.id == "lecture-cnn-small"
    assert found.differences == (LayerDifference(own=layers[5], lecture=None),)


def test_filters_when_other_then_one_difference() -> None:
    found = find_resemblance(small(filters=16), INPUT, MNIST)
    assert found.id == "lecture-cnn-small"
    assert [d.own.output_shape for d in found.differences if d.own] == [(28, 28, 16)]


def test_kernel_when_other_then_one_difference() -> None:
    layers = small()
    layers[0] = layer("Conv2D", (28, 28, 32), (25 + 1) * 32, "relu")
    found = find_resemblance(layers, INPUT, MNIST)
    assert [d.own.parameters for d in found.differences if d.own] == [832]


def test_last_activation_when_missing_then_one_difference() -> None:
    found = find_resemblance(small(activation="linear"), INPUT, MNIST)
    assert found.id == "lecture-cnn-small"
    assert [d.own.activation for d in found.differences if d.own] == ["linear"]


def test_padding_when_other_then_not_exact_and_the_weights_are_the_difference() -> None:
    layers = [
        layer("Conv2D", (26, 26, 32), 320, "relu"),
        layer("MaxPooling2D", (13, 13, 32)),
        layer("Conv2D", (11, 11, 64), 18_496, "relu"),
        layer("MaxPooling2D", (5, 5, 64)),
        layer("Flatten", (1600,)),
        layer("Dense", (10,), 16_010, "softmax"),
    ]
    found = find_resemblance(layers, INPUT, MNIST)
    assert (found.id, found.is_exact) == ("lecture-cnn-small", False)
    assert [(d.own.parameters, d.lecture.parameters) for d in found.differences if d.own and d.lecture] == [
        (16_010, 31_370)
    ]


def test_colors_when_three_then_the_first_layers_kernel_is_still_the_same() -> None:
    layers = small()
    layers[0] = layer("Conv2D", (28, 28, 32), (9 * 3 + 1) * 32, "relu")
    found = find_resemblance(layers, (28, 28, 3), MNIST)
    assert (found.id, found.is_exact) == ("lecture-cnn-small", False)
    assert [d.own.parameters for d in found.differences if d.own] == [896]


def test_shapes_when_unknown_then_numbers_of_weights_are_compared() -> None:
    layers = without_shapes(small(activation="linear"))
    found = find_resemblance(layers, (), MNIST)
    assert found.id == "lecture-cnn-small"
    assert [d.own for d in found.differences] == [layers[-1]]


def test_network_when_three_edits_away_then_resembles_none() -> None:
    layers = small()
    for _ in range(MOST_EDITS + 1):
        layers.insert(5, layer("Dropout", (3136,)))
    assert find_resemblance(layers, INPUT, MNIST) == Resemblance()
    assert find_resemblance(layers[:5] + layers[6:], INPUT, MNIST).id == "lecture-cnn-small"


def test_network_when_without_layers_then_resembles_none() -> None:
    assert find_resemblance([], INPUT, MNIST) == Resemblance()


@given(
    st.lists(
        st.builds(
            LayerEvidence,
            kind=st.sampled_from(["Conv2D", "Dense", "Flatten", "Dropout", "InputLayer", "ReLU", "other"]),
            parameters=st.integers(0, 5000),
            activation=st.sampled_from(["", "linear", "relu", "softmax", "other"]),
            output_shape=st.lists(st.integers(-1, 64), max_size=4).map(tuple),
        ),
        max_size=12,
    ),
    st.lists(st.integers(-1, 784), max_size=3),
)
def test_any_layers_then_an_answer_that_holds_together(layers: list[LayerEvidence], shape: list[int]) -> None:
    found = find_resemblance(layers, shape, MNIST)
    assert not (found.is_exact and found.differences)
    assert (found.id is None) <= (not found.is_exact and not found.differences)
    assert found.is_exact or found.id is None or found.differences
