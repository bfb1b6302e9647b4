"""A TFLite file → a network, through TensorFlow's interpreter."""

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from grader.models.facts import LoadStatus
from grader.models.loading.loaded import Batch, Loaded, Refused, Request, checked_facts, shown_axes
from grader.models.loading.operations import listed

_OPERATIONS = listed(
    """
    ABS ADD ADD_N ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BIDIRECTIONAL_SEQUENCE_LSTM
    BIDIRECTIONAL_SEQUENCE_RNN BROADCAST_ARGS BROADCAST_TO CAST CEIL CONCATENATION CONV_2D CONV_3D COS CUMSUM DENSIFY
    DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV ELU EQUAL EXP EXPAND_DIMS FAKE_QUANT FILL FLOOR FLOOR_DIV FLOOR_MOD
    FULLY_CONNECTED GATHER GATHER_ND GELU GREATER GREATER_EQUAL HARD_SWISH IF L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS
    LESS_EQUAL LOCAL_RESPONSE_NORMALIZATION LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX LSTM MAXIMUM
    MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL ONE_HOT PACK PAD PADV2 POW PRELU QUANTIZE RANGE RANK REDUCE_ALL
    REDUCE_ANY REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR
    RESIZE_NEAREST_NEIGHBOR REVERSE_V2 RNN ROUND RSQRT SELECT SELECT_V2 SHAPE SIGN SIN SLICE SOFTMAX SPACE_TO_BATCH_ND
    SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF TANH TILE TOPK_V2
    TRANSPOSE TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM UNIDIRECTIONAL_SEQUENCE_RNN UNPACK WHERE WHILE ZEROS_LIKE
    """
)
"""Built-in operations that networks need; custom ones, TensorFlow's own (Flex) and variables are not among them."""
_NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
_WEIGHT_TYPES = frozenset(
    {schema.TensorType.FLOAT32, schema.TensorType.FLOAT16, schema.TensorType.INT8, schema.TensorType.UINT8,
     schema.TensorType.INT16}
)  # fmt: skip
_OPEN_SHAPE = -1
_CHUNK = 1
"""Images per call: one by one is quickest here (0.18 ms against 0.33 ms in a batch of 128, lecture-cnn-small)."""


def load_tflite(request: Request) -> Loaded:
    """Load a TFLite file.

    Raises:
        Refused: it cannot be used; `UNSAFE_OPERATION` for operations that are not on our list.
    """
    content = Path(request.path).read_bytes()
    try:
        operations, parameters = _read(content)
    except MemoryError:
        raise
    except Exception as error:
        raise Refused(LoadStatus.NOT_READABLE) from error
    if not operations <= _OPERATIONS:
        raise Refused(LoadStatus.UNSAFE_OPERATION)
    try:
        network = _Network(content)
    except (MemoryError, Refused):
        raise
    except Exception as error:
        raise Refused(LoadStatus.LOAD_FAILED) from error
    facts = checked_facts(
        request,
        input_shape=network.input_shape,
        output_shape=network.output_shape,
        parameters=parameters,
        images_per_call=network.images_per_call,
    )
    return Loaded(facts=facts, answer=network.answer, chunk=_CHUNK)


class _Network:
    """An interpreter that takes as many images at once as the file leaves open."""

    def __init__(self, content: bytes) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r".*tf\.lite\.Interpreter is deprecated.*")
            self._interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise Refused(LoadStatus.SEVERAL_INPUTS)
        (self._input,), (self._output,) = inputs, outputs
        batch, *axes = shown_axes(self._input["shape_signature"]) or (_OPEN_SHAPE,)
        self.input_shape = tuple(axes)
        self.images_per_call = max(batch, 0)
        self._shape: tuple[int, ...] | None = None
        plain = [
            int(size) if axis == _OPEN_SHAPE else axis
            for axis, size in zip(axes, self._input["shape"][1:], strict=True)
        ]
        self._resize((self.images_per_call or _CHUNK, *plain))
        self.output_shape = shown_axes(self._interpreter.get_output_details()[0]["shape"][1:])

    def answer(self, images: Batch) -> "np.ndarray[Any, Any]":
        if images.shape != self._shape:
            self._resize(images.shape)
        self._interpreter.set_tensor(self._input["index"], _quantized(images, self._input))
        self._interpreter.invoke()
        return _plain(self._interpreter.get_tensor(self._output["index"]), self._output)

    def _resize(self, shape: tuple[int, ...]) -> None:
        self._interpreter.resize_tensor_input(self._input["index"], shape)
        self._interpreter.allocate_tensors()
        self._shape = shape


def _quantized(images: Batch, detail: dict[str, Any]) -> "np.ndarray[Any, Any]":
    """Return images as the file's type of numbers, by its scale and zero point where it has them."""
    dtype = detail["dtype"]
    scale, zero_point = detail["quantization"]
    if scale == 0 or not np.issubdtype(dtype, np.integer):
        return images.astype(dtype)
    bounds = np.iinfo(dtype)
    values: np.ndarray[Any, Any] = np.clip(np.round(images / scale) + zero_point, bounds.min, bounds.max)
    return values.astype(dtype)


def _plain(scores: "np.ndarray[Any, Any]", detail: dict[str, Any]) -> "np.ndarray[Any, Any]":
    scale, zero_point = detail["quantization"]
    if scale == 0 or scores.dtype.kind not in "iu":
        return scores
    plain: np.ndarray[Any, Any] = (scores.astype(np.float32) - zero_point) * np.float32(scale)
    return plain


def _read(content: bytes) -> tuple[frozenset[str], int]:
    """Return the names of all operations and the number of weights."""
    model = schema.Model.GetRootAs(content)
    operations = set()
    for i in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(i)
        operations.add(_NAMES.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "unknown"))
    parameters = 0
    for i in range(model.SubgraphsLength()):
        graph = model.Subgraphs(i)
        for j in range(graph.TensorsLength()):
            tensor = graph.Tensors(j)
            if model.Buffers(tensor.Buffer()).DataLength() and _is_weight(tensor):
                parameters += math.prod(int(tensor.Shape(axis)) for axis in range(tensor.ShapeLength()))
    return frozenset(operations), parameters


def _is_weight(tensor: Any) -> bool:
    """Tell weights from the sizes and axes that operations take: those are whole numbers without a scale."""
    quantization = tensor.Quantization()
    is_scaled = quantization is not None and quantization.ScaleLength() > 0
    return tensor.Type() in _WEIGHT_TYPES or is_scaled
