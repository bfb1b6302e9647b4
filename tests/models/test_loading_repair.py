"""Configurations as old versions of Keras wrote them; plain dictionaries, no TensorFlow."""

import pytest

from grader.models.facts import Repair
from grader.models.loading.repair import class_names, repair_model
from tests.loops import every

SHAPE = (28, 28, 1)


def conv(**settings: object) -> dict[str, object]:
    return {"class_name": "Conv2D", "config": {"name": "c", "filters": 8, "kernel_size": [3, 3], **settings}}


def dense(**settings: object) -> dict[str, object]:
    return {"class_name": "Dense", "config": {"name": "d", "units": 10, **settings}}


def sequential(*layers: dict[str, object]) -> dict[str, object]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}}


def layers_of(config: dict[str, object]) -> list[dict[str, object]]:
    return config["config"]["layers"]  # type: ignore[index]


INPUT = {
    "class_name": "InputLayer",
    "config": {"batch_shape": [None, 28, 28, 1], "dtype": "float32", "name": "i"},
}


def test_repair_when_the_first_layer_states_the_shape_then_an_input_layer_is_put_first() -> None:
    config, repairs = repair_model(sequential(conv(batch_input_shape=[None, 28, 28, 1])), None, SHAPE)
    first, second = layers_of(config)
    assert repairs == Repair.INPUT_LAYER
    assert (first["class_name"], first["config"]["batch_shape"]) == ("InputLayer", [None, 28, 28, 1])
    assert second == conv()


def test_repair_when_nothing_is_old_then_nothing_changes() -> None:
    plain = sequential(
        INPUT, conv(kernel_initializer={"class_name": "Zeros", "config": {}}), dense(activation="relu")
    )
    assert repair_model(plain, None, SHAPE) == (plain, Repair(0))


def test_repair_when_it_is_given_a_configuration_then_that_one_stays_as_it_was() -> None:
    given = sequential(conv(batch_input_shape=[None, 28, 28, 1], activation="relu_v2"))
    repair_model(given, None, SHAPE)
    assert given == sequential(conv(batch_input_shape=[None, 28, 28, 1], activation="relu_v2"))


def test_repair_when_layers_are_a_list_then_they_become_a_sequential_model() -> None:
    old = {"class_name": "Sequential", "config": [dense(batch_input_shape=[None, 784])]}
    config, repairs = repair_model(old, None, SHAPE)
    assert repairs == Repair.OTHER | Repair.INPUT_LAYER
    assert [layer["class_name"] for layer in layers_of(config)] == ["InputLayer", "Dense"]


def test_repair_when_an_initializer_has_a_dtype_then_only_that_is_left_out() -> None:
    scaling = {"class_name": "VarianceScaling", "config": {"scale": 1.0, "dtype": "float32"}}
    config, repairs = repair_model(sequential(INPUT, dense(kernel_initializer=scaling)), None, SHAPE)
    assert repairs == Repair.INITIALIZER
    assert layers_of(config)[1]["config"]["kernel_initializer"]["config"] == {"scale": 1.0}


@every("written, keras",
    [
        ("softmax_v2", "softmax"),
        ({"module": "builtins", "class_name": "function", "config": "softmax_v2", "registered_name": "function"},
         "softmax"),
        ("swish_v2", "silu"),
    ],
)  # fmt: skip
def test_repair_when_a_function_is_called_as_in_tensorflow_then_it_gets_keras_name(
    written: object, keras: str
) -> None:
    config, repairs = repair_model(sequential(INPUT, dense(activation=written)), None, SHAPE)
    assert repairs == Repair.RENAMED_FUNCTION
    assert layers_of(config)[1]["config"]["activation"] == keras


def test_repair_when_a_function_is_the_students_own_then_it_stays_unknown() -> None:
    own = {
        "module": "builtins",
        "class_name": "function",
        "config": "my_softmax",
        "registered_name": "function",
    }
    given = sequential(INPUT, dense(activation=own))
    assert repair_model(given, None, SHAPE) == (given, Repair(0))


@every(
    "layers, kernel, shape",
    [
        ([conv()], (3, 3, 1, 8), [None, 28, 28, 1]),
        ([conv()], (5, 5, 3, 8), [None, 28, 28, 3]),
        ([dense()], (784, 10), [None, 784]),
        ([{"class_name": "Flatten", "config": {}}, dense()], (784, 10), [None, 28, 28]),
    ],
)
def test_repair_when_no_shape_is_stated_then_the_first_weights_tell_it(
    layers: list[dict[str, object]], kernel: tuple[int, ...], shape: list[int | None]
) -> None:
    config, repairs = repair_model(sequential(*layers), kernel, SHAPE)
    assert repairs == Repair.INPUT_LAYER
    assert layers_of(config)[0]["config"]["batch_shape"] == shape


def test_repair_when_settings_are_of_old_versions_then_they_are_left_out() -> None:
    lstm = {
        "class_name": "LSTM",
        "config": {"name": "l", "units": 4, "implementation": 1, "time_major": False},
    }
    config, repairs = repair_model(sequential(INPUT, lstm), None, SHAPE)
    assert repairs == Repair.OTHER
    assert layers_of(config)[1]["config"] == {"name": "l", "units": 4}


def test_repair_when_models_are_nested_then_the_inner_layers_are_mended() -> None:
    inner = sequential(INPUT, dense(activation="softmax_v2"))
    config, repairs = repair_model(sequential(INPUT, inner), None, SHAPE)
    assert repairs == Repair.RENAMED_FUNCTION
    assert layers_of(layers_of(config)[1])[1]["config"]["activation"] == "softmax"


@every("config", [None, [], {}, {"class_name": "Sequential"}, sequential("x"), {"class_name": 3}])  # type: ignore[arg-type]
def test_repair_when_it_is_no_model_then_it_says_so(config: object) -> None:
    with pytest.raises(TypeError):
        repair_model(config, None, SHAPE)


def test_class_names_when_a_lambda_hides_deep_inside_then_it_is_named() -> None:
    hidden = {"class_name": "Bidirectional", "config": {"layer": {"class_name": "Lambda", "config": {}}}}
    assert class_names(sequential(INPUT, hidden)) == {"Sequential", "InputLayer", "Bidirectional", "Lambda"}
