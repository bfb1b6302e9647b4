"""Configurations that old versions of Keras wrote → what Keras 3 takes. Plain dictionaries in and out."""

import math
from collections.abc import Mapping
from typing import Any

from grader.models.facts import Repair

Config = dict[str, Any]

RENAMED_FUNCTIONS = {
    "softmax_v2": "softmax",
    "log_softmax_v2": "log_softmax",
    "relu_v2": "relu",
    "swish_v2": "silu",
    "silu_v2": "silu",
    "gelu_v2": "gelu",
    "elu_v2": "elu",
    "selu_v2": "selu",
}
"""Functions of `tf.nn` and of old Keras by the name that files carry → Keras' name."""

_DROPPED = frozenset(
    {
        "adjustment", "autocast", "batch_input_shape", "build_input_shape", "dropout_implementation",
        "experimental_autocast", "fused", "implementation", "input_dim", "input_dtype", "input_spec",
        "ragged", "renorm", "renorm_clipping", "renorm_momentum", "time_major",
        "virtual_batch_size",
    }
)  # fmt: skip
"""Settings that Keras 1, 2.2 or tf.keras wrote and Keras 3's layers refuse or read otherwise."""
_KERAS_1_NAMES = {
    "output_dim": "units",
    "nb_filter": "filters",
    "p": "rate",
    "init": "kernel_initializer",
    "bias": "use_bias",
}
_KERAS_1_CLASSES = {"Convolution2D": "Conv2D"}
_INITIALIZERS = frozenset(
    {
        "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform",
        "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros",
    }
)  # fmt: skip
_FEEDS_ON_FLAT = frozenset({"Dense"})


def repair_model(
    config: Any, first_kernel: tuple[int, ...] | None, image_shape: tuple[int, int, int]
) -> tuple[Config, Repair]:
    """Return a model's configuration as Keras 3 takes it, and what had to be mended.

    Args:
        config: `{"class_name": "Sequential", "config": {"layers": […]}}`, a Functional model, or what old versions
            wrote instead.
        first_kernel: shape of the first array of weights; it tells the input of a network that does not.
        image_shape: height, width and channels of the images, for the same purpose.

    Raises:
        TypeError: it is not the configuration of a model.
    """
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise TypeError("not a model")
    inner = config.get("config")
    repairs = Repair(0)
    if isinstance(inner, list):
        inner = {"name": "sequential", "layers": inner}
        repairs |= Repair.OTHER
    if not isinstance(inner, dict) or not isinstance(inner.get("layers"), list):
        raise TypeError("not a model")
    layers, mended = _repair_layers(inner["layers"])
    repairs |= mended
    if config["class_name"] == "Sequential" and layers and layers[0].get("class_name") != "InputLayer":
        shape = _stated_input(inner["layers"][0], inner) or _guessed_input(layers, first_kernel, image_shape)
        if shape is not None:
            layers = [_input_layer(shape, keras_3="module" in layers[0]), *layers]
            repairs |= Repair.INPUT_LAYER
    return {**config, "config": {**inner, "layers": layers}}, repairs


def _repair_layers(layers: list[Any]) -> tuple[list[Config], Repair]:
    repairs = Repair(0)
    repaired = []
    for layer in layers:
        mended, flags = _repair_layer(layer)
        repaired.append(mended)
        repairs |= flags
    return repaired, repairs


def _repair_layer(layer: Any) -> tuple[Config, Repair]:
    if not isinstance(layer, dict) or not isinstance(layer.get("config"), dict):
        raise TypeError("not a layer")
    inner = layer["config"]
    if isinstance(inner.get("layers"), list):
        below, repairs = _repair_layers(inner["layers"])
        return {**layer, "config": {**inner, "layers": below}}, repairs
    repairs = Repair(0)
    class_name = str(layer.get("class_name"))
    repaired: Config = {}
    for key, value in inner.items():
        if class_name == "InputLayer":
            name, new, flag = _input_setting(key, value)
        else:
            name, new, flag = _setting(key, value)
        repairs |= flag
        if name is not None:
            repaired[name] = new
    if class_name in _KERAS_1_CLASSES:
        repairs |= Repair.OTHER
    return {**layer, "class_name": _KERAS_1_CLASSES.get(class_name, class_name), "config": repaired}, repairs


def _input_setting(key: str, value: Any) -> tuple[str | None, Any, Repair]:
    if key in {"batch_input_shape", "batch_shape"}:
        return "batch_shape", _plain_shape(value), Repair(0)
    return (None if key in {"ragged", "input_dtype"} else key), value, Repair(0)


def _setting(key: str, value: Any) -> tuple[str | None, Any, Repair]:
    """Return name and value of one setting of a layer as Keras 3 takes them; no name: it is left out."""
    if key in _KERAS_1_NAMES:
        return _KERAS_1_NAMES[key], value, Repair.OTHER
    if key in _DROPPED:
        return None, None, Repair(0) if key == "batch_input_shape" else Repair.OTHER
    if key == "layer" and isinstance(value, dict):
        below, repairs = _repair_layer(value)
        return key, below, repairs
    if key == "dtype" and isinstance(value, dict) and "name" in value.get("config", {}):
        return key, value["config"]["name"], Repair(0)
    if key.endswith("activation"):
        plain = _function(value)
        return key, plain, Repair(0) if plain == value else Repair.RENAMED_FUNCTION
    if key.endswith("initializer") and isinstance(value, dict):
        inner = value.get("config")
        if value.get("class_name") in _INITIALIZERS and isinstance(inner, dict) and "dtype" in inner:
            plain = {name: setting for name, setting in inner.items() if name != "dtype"}
            return key, {**value, "config": plain}, Repair.INITIALIZER
    return key, value, Repair(0)


def _function(value: Any) -> Any:
    """Return Keras' name of a function that a file names otherwise; anything else as it is."""
    if isinstance(value, dict) and value.get("class_name") == "function":
        name = value.get("config")
        return RENAMED_FUNCTIONS[name] if isinstance(name, str) and name in RENAMED_FUNCTIONS else value
    if isinstance(value, str):
        return RENAMED_FUNCTIONS.get(value, value)
    return value


def _stated_input(first: Mapping[str, Any], inner: Mapping[str, Any]) -> list[int | None] | None:
    settings = first.get("config", {})
    candidates = (
        settings.get("batch_input_shape"),
        settings.get("batch_shape"),
        inner.get("build_input_shape"),
        [None, settings["input_dim"]] if type(settings.get("input_dim")) is int else None,
    )
    return next((shape for shape in map(_plain_shape, candidates) if shape), None)


def _plain_shape(value: Any) -> list[int | None] | None:
    """Return a shape that may be wrapped as `{"class_name": "__tuple__", "items": […]}`."""
    if isinstance(value, dict):
        value = value.get("items")
    if not isinstance(value, list) or not all(axis is None or type(axis) is int for axis in value):
        return None
    return value


def _guessed_input(
    layers: list[Config], first_kernel: tuple[int, ...] | None, image_shape: tuple[int, int, int]
) -> list[int | None] | None:
    """Return the input of a network that states none, as the shape of its first weights shows it."""
    if first_kernel is None:
        return None
    height, width, channels = image_shape
    if len(first_kernel) == 4:
        return [None, height, width, first_kernel[2]]
    if len(first_kernel) != 2:
        return None
    if layers[0].get("class_name") in _FEEDS_ON_FLAT:
        return [None, first_kernel[0]]
    if first_kernel[0] != math.prod(image_shape):
        return None
    return [None, height, width] if channels == 1 else [None, height, width, channels]


def _input_layer(shape: list[int | None], *, keras_3: bool) -> Config:
    layer: Config = {
        "class_name": "InputLayer",
        "config": {"batch_shape": shape, "dtype": "float32", "name": "repaired_input"},
    }
    return {**layer, "module": "keras.layers", "registered_name": None} if keras_3 else layer


def class_names(config: Any) -> frozenset[str]:
    """Return every class that a configuration names, at any depth."""
    if isinstance(config, dict):
        here = {config["class_name"]} if isinstance(config.get("class_name"), str) else set()
        return frozenset(here).union(*(class_names(value) for value in config.values()))
    if isinstance(config, list):
        return frozenset().union(*(class_names(value) for value in config))
    return frozenset()
