"""A Keras configuration → a network; a network → what it is and how it answers."""

import json
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from grader.core.evidence import LayerEvidence
from grader.models.facts import ACTIVATIONS, LAYER_KINDS, MAX_AXES, MAX_LAYERS, LoadStatus, ModelFacts, Repair
from grader.models.loading.loaded import Loaded, Refused, Request, checked_facts, shown_axes
from grader.models.loading.repair import class_names

_UNSAFE_CLASSES = frozenset(
    {
        "Lambda",
        "TFSMLayer",
        "TorchModuleWrapper",
        "JaxLayer",
        "FlaxLayer",
        "SlicingOpLambda",
        "TFOpLambda",
        "__lambda__",
    }
)
_CONTAINERS = frozenset({"Sequential", "Functional", "Model"})
_REBUILT_CLASSES = (frozenset(LAYER_KINDS) - {"other"}) | _CONTAINERS


def loaded_network(built: tuple[Any, Repair], request: Request, **found: Any) -> Loaded:
    """Return a Keras model as a `Loaded`.

    Raises:
        Refused: it takes or gives something else.
    """
    model, repairs = built
    try:
        facts, dtype = _read_facts(model, request, repairs=repairs, **found)
    except (AttributeError, TypeError, ValueError) as error:
        raise Refused(LoadStatus.LOAD_FAILED) from error
    answer = tf.function(lambda images: model(tf.cast(images, dtype), training=False))
    return Loaded(facts=facts, answer=answer)


def build_from_config(config: Any) -> Any:
    """Build the network that a repaired configuration describes, its weights not yet set.

    Raises:
        Refused: it names a layer that is not one of Keras' plain ones.
        Exception: whatever Keras finds wrong with it.
    """
    names = class_names(config)
    if names & _UNSAFE_CLASSES:
        raise Refused(LoadStatus.UNSAFE)
    layers = {str(layer.get("class_name")) for layer in _all_layers(config)}
    if not layers <= _REBUILT_CLASSES:
        raise Refused(LoadStatus.UNKNOWN_LAYER)
    if "module" in config:
        return keras.models.model_from_json(json.dumps(config))
    if config["class_name"] == "Sequential":
        return keras.Sequential.from_config(config["config"])
    return keras.Model.from_config(config["config"])


def describe_layers(model: Any) -> tuple[LayerEvidence, ...]:
    """Return the layers of a Keras model, nested models opened."""
    return tuple(_layers(model))


def _read_facts(model: Any, request: Request, **found: Any) -> tuple[ModelFacts, str]:
    layers = describe_layers(model)
    if len(layers) > MAX_LAYERS:
        raise Refused(LoadStatus.TOO_MANY_LAYERS)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise Refused(LoadStatus.SEVERAL_INPUTS)
    batch, *axes = shown_axes(model.inputs[0].shape)
    facts = checked_facts(
        request,
        input_shape=axes,
        output_shape=shown_axes(model.outputs[0].shape[1:]),
        parameters=int(model.count_params()),
        layers=layers,
        images_per_call=max(batch, 0),
        **found,
    )
    return facts, str(model.inputs[0].dtype)


def _all_layers(config: Any) -> Iterator[dict[str, Any]]:
    for layer in config["config"]["layers"]:
        yield layer
        if isinstance(layer["config"].get("layers"), list):
            yield from _all_layers(layer)


def _layers(model: Any) -> Iterator[LayerEvidence]:
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _layers(layer)
            continue
        activation = getattr(layer, "activation", None)
        name = getattr(activation, "__name__", "other") if activation is not None else ""
        kind = type(layer).__name__
        yield LayerEvidence(
            kind=kind if kind in LAYER_KINDS else "other",
            parameters=int(layer.count_params()) if layer.built else 0,
            activation=name if name in ACTIVATIONS else "other",
            output_shape=_output_shape(layer),
        )


def _output_shape(layer: Any) -> tuple[int, ...]:
    try:
        shape = shown_axes(layer.output.shape[1:])
    except (AttributeError, ValueError, TypeError):
        return ()
    return shape if len(shape) <= MAX_AXES else ()
