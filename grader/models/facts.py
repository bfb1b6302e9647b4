"""What goes between a model's locked child and its parent: facts from fixed lists, batches and answers, all numbers."""

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from grader.core.evidence import LayerEvidence

LAYER_KINDS = (
    "other", "InputLayer", "Dense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D", "SeparableConv2D",
    "Conv2DTranspose", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten",
    "Reshape", "Permute", "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout",
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization", "Activation", "ReLU",
    "LeakyReLU", "PReLU", "ELU", "Softmax", "Rescaling", "Normalization", "ZeroPadding2D", "Cropping2D",
    "UpSampling2D", "Resizing", "CenterCrop", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum",
    "Concatenate", "Dot", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomContrast",
    "LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed", "Embedding", "MultiHeadAttention", "Attention",
    "RepeatVector", "Masking", "ActivityRegularization", "Identity",
)  # fmt: skip
"""Keras class names a child can name; anything else is "other"."""

ACTIVATIONS = (
    "", "other", "linear", "relu", "softmax", "sigmoid", "tanh", "elu", "selu", "gelu", "leaky_relu", "relu6",
    "softplus", "softsign", "silu", "swish", "hard_sigmoid", "exponential", "log_softmax",
)  # fmt: skip
"""Activation names a child can name; "" where a layer has none."""

MAX_LAYERS = 500
"""More layers than this are refused."""
MAX_AXES = 4
"""Most axes of one image that a child can name."""
MAX_IMAGE_AXES = 3
"""Most axes of the images that a network is given."""
MAX_IMAGE_SIDE = 256
"""Longest side of the images that a network is given, in pixels."""
MAX_IMAGE_VALUES = 3 * MAX_IMAGE_SIDE**2
"""Most values of such an image: one axis where it is flat."""


class LoadStatus(IntEnum):
    """How loading a model ended."""

    LOADED = 0
    NOT_READABLE = 1
    """The file is damaged."""
    UNSAFE = 2
    """It wants to run code of its own, which Keras' safe mode refuses."""
    UNKNOWN_LAYER = 3
    """It needs a layer or function that Keras does not have."""
    WEIGHTS_ONLY = 4
    """The file holds weights without the network they belong to."""
    LOAD_FAILED = 5
    """Keras could not rebuild the network, for any other reason."""
    OUT_OF_MEMORY = 6
    SEVERAL_INPUTS = 7
    """More than one input or output."""
    INPUT_SHAPE = 8
    """No image can be turned into what it takes."""
    OUTPUT_SHAPE = 9
    """It does not give one score for each class."""
    TOO_MANY_LAYERS = 10
    TOO_MANY_PARAMETERS = 11
    INCOMPLETE = 12
    """A SavedModel without the files that hold its variables."""
    UNSAFE_OPERATION = 13
    """Its graph has an operation that networks do not need: one that reads or writes files, prints or calls Python."""
    WEIGHTS_MISFIT = 14
    """The file holds weights alone, and they do not fit the network that was stated or the `model.json` beside it."""
    EXTERNAL_DATA = 15
    """Its weights are in another file."""
    NO_SIGNATURE = 16
    """A SavedModel that does not say which of its functions answers images."""


class Leftover(IntFlag):
    """What training left in the file; of no use for reading digits."""

    OPTIMIZER = 1
    """The optimizer's state: up to twice the size of the weights."""
    COMPILE = 2
    """Loss, metrics, optimizer settings."""


class Repair(IntFlag):
    """What had to be mended before the file could be loaded."""

    INPUT_LAYER = 1
    """The first layer states the input's shape, as Keras 2.2 wrote it; an input layer was put before it."""
    INITIALIZER = 2
    """Initializers carried a `dtype` that Keras does not take any more."""
    RENAMED_FUNCTION = 4
    """A function is called by a name that Keras does not know any more, such as `softmax_v2`."""
    WEIGHTS_MATCHED = 8
    """The file holds weights alone; they fit exactly one lecture network, or the one that was stated."""
    ARCHITECTURE_FILE = 16
    """The file holds weights alone; the layers came from the `model.json` beside it."""
    OTHER = 32
    """Settings of a layer that Keras does not know any more were left out."""


REPAIR_SLUGS = {
    Repair.INPUT_LAYER: "model-repaired-input-layer",
    Repair.INITIALIZER: "model-repaired-initializer",
    Repair.RENAMED_FUNCTION: "model-repaired-renamed-function",
    Repair.WEIGHTS_MATCHED: "model-weights-matched",
    Repair.ARCHITECTURE_FILE: "model-architecture-file",
    Repair.OTHER: "model-repaired-other",
}
"""What is said about each repair; the messages name {file}."""

_HEAD = struct.Struct(f"<4sIII{MAX_AXES}iiQI3HHHH")
_LAYER = struct.Struct(f"<HHQI{MAX_AXES}i")
_MOST_FIXED = 1024
_MOST_VERSION = 999
_MAGIC = b"FACT"
_MAX_OUTPUTS = 1_000_000
_MOST_LAYER_AXIS = 2**31 - 1
MAX_PARAMETERS = 50_000_000
"""More weights than this are refused."""
ANSWER = struct.Struct("<4sII")
"""Head of an answer: `ANSWER_MAGIC`, rows, columns; then float32, row by row."""
ANSWER_MAGIC = b"PRED"
BATCH = struct.Struct("<I")
"""Head of a batch: how many images follow."""
FACTS_BYTES = _HEAD.size + MAX_LAYERS * _LAYER.size
"""Length of the record."""


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """A loaded model in numbers."""

    status: LoadStatus
    """How loading it ended; the other fields may be empty unless it is `LOADED`."""
    input_shape: tuple[int, ...] = ()
    """Shape of one image, without the batch axis; -1 where the model leaves it open."""
    outputs: int = 0
    """Length of the last axis of the output; 0 when unknown."""
    parameters: int = 0
    """Number of weights."""
    layers: tuple[LayerEvidence, ...] = ()
    """In order, nested models opened."""
    images_per_call: int = 0
    """Number of images it takes at once where that is fixed; 0 where any number will do."""
    keras_version: tuple[int, int, int] | None = None
    """Version that wrote the file."""
    leftovers: Leftover = Leftover(0)  # noqa: RUF009
    """What training left in the file."""
    repairs: Repair = Repair(0)  # noqa: RUF009
    """What had to be mended."""


def pack_facts(facts: ModelFacts) -> bytes:
    """Return the record of `FACTS_BYTES` bytes."""
    head = _HEAD.pack(
        _MAGIC,
        facts.status,
        len(facts.layers),
        len(facts.input_shape),
        *_axes(facts.input_shape),
        min(facts.outputs, _MAX_OUTPUTS),
        facts.parameters,
        facts.images_per_call,
        *(facts.keras_version or (0, 0, 0)),
        facts.keras_version is not None,
        facts.leftovers,
        facts.repairs,
    )
    layers = b"".join(
        _LAYER.pack(
            LAYER_KINDS.index(layer.kind) if layer.kind in LAYER_KINDS else 0,
            ACTIVATIONS.index(layer.activation) if layer.activation in ACTIVATIONS else 1,
            layer.parameters,
            len(layer.output_shape),
            *_axes(layer.output_shape),
        )
        for layer in facts.layers
    )
    return (head + layers).ljust(FACTS_BYTES, b"\0")


def _axes(shape: tuple[int, ...]) -> list[int]:
    return [*shape, *[0] * (MAX_AXES - len(shape))]


def parse_facts(record: bytes) -> ModelFacts:
    """Read a record from a child that may lie; every field is checked against its range.

    Raises:
        ValueError: the record is not one of ours.
    """
    magic, status, n_layers, n_axes, *rest = _HEAD.unpack_from(record)
    axes, (outputs, parameters, images_per_call, *version, has_version, leftovers, repairs) = (
        rest[:MAX_AXES],
        rest[MAX_AXES:],
    )
    if (
        magic != _MAGIC
        or len(record) != FACTS_BYTES
        or n_layers > MAX_LAYERS
        or n_axes > MAX_AXES
        or not all(axis == -1 or 0 <= axis <= MAX_IMAGE_VALUES for axis in axes)
        or not 0 <= outputs <= _MAX_OUTPUTS
        or parameters > MAX_PARAMETERS
        or images_per_call > _MOST_FIXED
        or max(version) > _MOST_VERSION
        or has_version > 1
        or leftovers not in range(sum(Leftover) + 1)
        or repairs not in range(sum(Repair) + 1)
    ):
        raise ValueError("not a record of model facts")
    layers = []
    for number in range(n_layers):
        kind, activation, layer_parameters, n_layer_axes, *layer_axes = _LAYER.unpack_from(
            record, _HEAD.size + number * _LAYER.size
        )
        if (
            kind >= len(LAYER_KINDS)
            or activation >= len(ACTIVATIONS)
            or layer_parameters > MAX_PARAMETERS
            or n_layer_axes > MAX_AXES
            or not all(axis == -1 or 0 <= axis <= _MOST_LAYER_AXIS for axis in layer_axes)
        ):
            raise ValueError("not a record of model facts")
        layers.append(
            LayerEvidence(
                kind=LAYER_KINDS[kind],
                parameters=layer_parameters,
                activation=ACTIVATIONS[activation],
                output_shape=tuple(layer_axes[:n_layer_axes]),
            )
        )
    return ModelFacts(
        status=LoadStatus(status),
        input_shape=tuple(axes[:n_axes]),
        outputs=outputs,
        parameters=parameters,
        layers=tuple(layers),
        images_per_call=images_per_call,
        keras_version=(version[0], version[1], version[2]) if has_version else None,
        leftovers=Leftover(leftovers),
        repairs=Repair(repairs),
    )
