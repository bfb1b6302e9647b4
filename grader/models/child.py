"""What runs inside the locked child of the TensorFlow zygote: load one model, answer batches of images.

Importing this module imports TensorFlow and ONNX Runtime, starts no thread and runs no operation. Only the zygote
imports it.
"""

import json
import math
import socket
import sys
from collections.abc import Iterator

_UNUSED = ("matplotlib", "pandas", "scipy")
for _name in _UNUSED:
    sys.modules[_name] = None  # type: ignore[assignment]  # Keras imports them if it can; a third of its start-up

import encodings.cp437  # noqa: E402  # zipfile decodes names with it

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from grader.models.facts import (  # noqa: E402
    ANSWER,
    ANSWER_MAGIC,
    BATCH,
    MAX_IMAGE_AXES,
    MAX_IMAGE_VALUES,
    LoadStatus,
    ModelFacts,
    pack_facts,
)
from grader.models.loading.door import Loaded, Refused, Request, load  # noqa: E402
from grader.models.loading.loaded import Batch  # noqa: E402
from grader.sandbox import channel as wire  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

_ = encodings.cp437


def serve(channel: socket.socket) -> None:
    """Load the model that is asked for, say what it is, and answer batches until the channel closes."""
    asked = json.loads(wire.receive_block(channel))
    try:
        network = load(Request(**{**asked, "shape": tuple(asked["shape"])}))
    except Refused as refusal:
        wire.send(channel, pack_facts(refusal.facts))
        return
    except MemoryError:
        wire.send(channel, pack_facts(ModelFacts(status=LoadStatus.OUT_OF_MEMORY)))
        return
    wire.send(channel, pack_facts(network.facts))
    shape = tuple(json.loads(wire.receive_block(channel))["image_shape"])
    if not is_compatible(shape, network.facts.input_shape):
        raise ValueError("images of another shape than the network takes")
    image_bytes = math.prod(shape) * np.dtype(np.float32).itemsize
    while True:
        try:
            (n,) = BATCH.unpack(wire.receive(channel, BATCH.size))
        except wire.ChannelClosed:
            return
        images = np.frombuffer(wire.receive(channel, n * image_bytes), np.float32).reshape(n, *shape)
        answers = [np.empty((0, network.facts.outputs), np.float32), *_answers(network, images)]
        scores = np.concatenate(answers)
        wire.send(channel, ANSWER.pack(ANSWER_MAGIC, *scores.shape) + scores.tobytes())


def is_compatible(image_shape: tuple[int, ...], input_shape: tuple[int, ...]) -> bool:
    """Whether a network that takes `input_shape` (-1 is open) can be given images of `image_shape`."""
    return (
        len(image_shape) == len(input_shape) <= MAX_IMAGE_AXES
        and min(image_shape, default=1) > 0
        and math.prod(image_shape) <= MAX_IMAGE_VALUES
        and all(open_axis in {-1, axis} for axis, open_axis in zip(image_shape, input_shape, strict=True))
    )


def _answers(network: Loaded, images: Batch) -> Iterator[Batch]:
    """Yield scores call by call; the last call is filled up with empty images."""
    size = network.images_per_call(math.prod(images.shape[1:]))
    for start in range(0, len(images), size):
        chunk = images[start : start + size]
        full = np.zeros((size, *images.shape[1:]), np.float32)
        full[: len(chunk)] = chunk
        yield network.scores(full)[: len(chunk)]
