"""What runs inside the locked child of the TensorFlow zygote: load one model, answer batches of images.

Importing this module imports TensorFlow and runs no operation. Only the zygote imports it.
"""

import json
import socket
import sys
from collections.abc import Iterator
from typing import Any

_UNUSED = ("matplotlib", "pandas", "scipy")
for _name in _UNUSED:
    sys.modules[_name] = None  # type: ignore[assignment]  # Keras imports them if it can; a third of its start-up

import encodings.cp437  # noqa: E402  # zipfile decodes names with it

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from grader.core.evidence import LayerEvidence  # noqa: E402
from grader.models.facts import (  # noqa: E402
    ANSWER,
    ANSWER_MAGIC,
    BATCH,
    MAX_AXES,
    MAX_LAYERS,
    MAX_PARAMETERS,
    LoadStatus,
    ModelFacts,
    pack_facts,
)
from grader.sandbox import channel as wire  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

CHUNK = 128
"""Images per call; every call has this many, so that no answer depends on its neighbours' number."""

_ = encodings.cp437


class _Refused(Exception):
    def __init__(self, status: LoadStatus, **found: Any) -> None:
        super().__init__(status)
        self.facts = ModelFacts(status=status, **found)


def serve(channel: socket.socket) -> None:
    """Load the model that is asked for, say what it is, and answer batches until the channel closes."""
    request = json.loads(wire.receive_block(channel))
    try:
        model = _load(request["path"])
        facts = _facts(model, request["classes"])
    except _Refused as refusal:
        wire.send(channel, pack_facts(refusal.facts))
        return
    except MemoryError:
        wire.send(channel, pack_facts(ModelFacts(status=LoadStatus.OUT_OF_MEMORY)))
        return
    wire.send(channel, pack_facts(facts))
    answer = tf.function(lambda images: model(images, training=False))
    shape = tuple(json.loads(wire.receive_block(channel))["image_shape"])
    while True:
        try:
            (n,) = BATCH.unpack(wire.receive(channel, BATCH.size))
        except wire.ChannelClosed:
            return
        images = np.frombuffer(wire.receive(channel, n * int(np.prod(shape)) * 4), np.float32).reshape(
            n, *shape
        )
        scores = np.concatenate(list(_answers(answer, images)))
        wire.send(channel, ANSWER.pack(ANSWER_MAGIC, *scores.shape) + scores.tobytes())


def _answers(answer: Any, images: "np.ndarray[Any, Any]") -> "Iterator[np.ndarray[Any, Any]]":
    """Yield scores chunk by chunk; the last chunk is filled up with empty images."""
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        full = np.zeros((CHUNK, *images.shape[1:]), np.float32)
        full[: len(chunk)] = chunk
        scores = np.asarray(answer(full))
        if scores.dtype.kind not in "fiu" or scores.ndim != 2:
            raise ValueError("scores are not a table of numbers")
        yield scores[: len(chunk)].astype(np.float32)


def _load(path: str) -> Any:
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except MemoryError:
        raise
    except Exception as error:
        raise _Refused(_status_of(path, error)) from error


def _status_of(path: str, error: Exception) -> LoadStatus:
    """Sort Keras' errors; their texts stay in the child."""
    said = str(error)
    for status, signs in (
        (LoadStatus.UNSAFE, ("safe_mode", "unsafe", "Lambda", "disallowed", "not allowed")),
        (LoadStatus.WEIGHTS_ONLY, ("No model config found",)),
        (
            LoadStatus.UNKNOWN_LAYER,
            ("Could not locate", "Unknown layer", "Unknown function", "could not be found"),
        ),
        (LoadStatus.OUT_OF_MEMORY, ("out of memory", "OOM", "ResourceExhausted")),
    ):
        if any(sign in said for sign in signs):
            return status
    return LoadStatus.LOAD_FAILED if _opens(path) else LoadStatus.NOT_READABLE


def _opens(path: str) -> bool:
    """Whether the file at least has the outer form that its name says."""
    import zipfile

    try:
        if path.endswith(".keras"):
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None and "config.json" in archive.namelist()
        with h5py.File(path, "r") as file:
            return len(file) > 0
    except Exception:
        return False


def _facts(model: Any, classes: int) -> ModelFacts:
    try:
        return _read_facts(model, classes)
    except (AttributeError, TypeError, ValueError) as error:
        raise _Refused(LoadStatus.LOAD_FAILED) from error


def _read_facts(model: Any, classes: int) -> ModelFacts:
    parameters = int(model.count_params())
    if parameters > MAX_PARAMETERS:
        raise _Refused(LoadStatus.TOO_MANY_PARAMETERS)
    layers = tuple(_layers(model))
    if len(layers) > MAX_LAYERS:
        raise _Refused(LoadStatus.TOO_MANY_LAYERS)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise _Refused(LoadStatus.SEVERAL_INPUTS)
    input_shape = tuple(-1 if axis is None else int(axis) for axis in model.inputs[0].shape[1:])
    output_shape = tuple(-1 if axis is None else int(axis) for axis in model.outputs[0].shape[1:])
    if len(input_shape) > MAX_AXES:
        raise _Refused(LoadStatus.INPUT_SHAPE)
    found: dict[str, Any] = {"input_shape": input_shape, "parameters": parameters, "layers": layers}
    outputs = max(output_shape[-1], 0) if output_shape else 1
    if output_shape != (classes,):
        raise _Refused(LoadStatus.OUTPUT_SHAPE, outputs=outputs, **found)
    return ModelFacts(status=LoadStatus.LOADED, outputs=outputs, **found)


def _layers(model: Any) -> Iterator[LayerEvidence]:
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _layers(layer)
            continue
        activation = getattr(layer, "activation", None)
        yield LayerEvidence(
            kind=type(layer).__name__,
            parameters=int(layer.count_params()) if layer.built else 0,
            activation=getattr(activation, "__name__", "other") if activation is not None else "",
        )
