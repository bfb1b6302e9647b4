"""An ONNX file → a network, through ONNX Runtime; its operations are read without the `onnx` package."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # it reports to its maker from the moment of its import

import onnxruntime

from grader.models.facts import LoadStatus
from grader.models.loading.loaded import (
    Batch,
    Loaded,
    Refused,
    Request,
    call_size,
    checked_facts,
    shown_axes,
)
from grader.models.loading.operations import listed
from grader.models.loading.protobuf import fields, varint

_MODEL_GRAPH, _MODEL_FUNCTION = 7, 25
_GRAPH_NODE, _GRAPH_TENSOR, _GRAPH_SPARSE = 1, 5, 15
_FUNCTION_NODE = 7
_NODE_OPERATION, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_EXTERNAL, _TENSOR_LOCATION = 1, 2, 13, 14
"""Numbers of the fields in onnx.proto (onnx 1.17)."""
_WEIGHT_TYPES = frozenset({1, 2, 3, 10, 11, 16})
"""Floats of any length, uint8, int8; longer whole numbers are sizes and axes."""
_DEEPEST = 8

_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
_OPERATIONS = listed(
    """
    Abs Acos Add And ArgMax ArgMin Asin Atan AveragePool BatchNormalization Cast CastLike Ceil Celu Clip Compress Concat
    Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear
    DynamicQuantizeLinear Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor GRU Gather GatherElements GatherND
    Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Hardmax
    Identity If InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax
    Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg Not
    OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RNN Range Reciprocal ReduceL1 ReduceL2
    ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize
    Round Scan ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign
    SpaceToDepth Split Sqrt Squeeze Sub Sum Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Upsample Where
    Xor
    """
)
_DTYPES = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
}  # fmt: skip


@dataclass
class _Contents:
    operations: set[tuple[str, str]] = field(default_factory=set)
    parameters: int = 0
    has_external_data: bool = False


def load_onnx(request: Request) -> Loaded:
    """Load an ONNX file.

    Raises:
        Refused: it cannot be used; `EXTERNAL_DATA` when its weights are elsewhere, `UNSAFE_OPERATION` for operations
            that are not on our list, custom ones included.
    """
    content = Path(request.path).read_bytes()
    try:
        contents = _read(content)
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(LoadStatus.NOT_READABLE) from error
    if contents.has_external_data:
        raise Refused(LoadStatus.EXTERNAL_DATA)
    if not all(domain in _DOMAINS and name in _OPERATIONS for domain, name in contents.operations):
        raise Refused(LoadStatus.UNSAFE_OPERATION)
    session = _session(content)
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise Refused(LoadStatus.SEVERAL_INPUTS)
    name, dtype = inputs[0].name, _DTYPES.get(inputs[0].type)
    if dtype is None:
        raise Refused(LoadStatus.INPUT_SHAPE)
    batch, *axes = _axes(inputs[0].shape) or (-1,)

    def answer(images: Batch) -> Any:
        return session.run(None, {name: images.astype(dtype)})[0]

    output_shape = _axes(outputs[0].shape)[1:]
    if -1 in output_shape or not output_shape:
        output_shape = _tried(answer, batch, axes, request)
    facts = checked_facts(
        request,
        input_shape=axes,
        output_shape=output_shape,
        parameters=contents.parameters,
        images_per_call=max(batch, 0),
    )
    return Loaded(facts=facts, answer=answer)


def _session(content: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except MemoryError:
        raise
    except Exception as error:
        raise Refused(LoadStatus.LOAD_FAILED) from error


def _axes(shape: Any) -> tuple[int, ...]:
    """Return axes as numbers; names stand for open ones."""
    return shown_axes(axis if isinstance(axis, int) else None for axis in shape or ())


def _tried(answer: Any, batch: int, axes: list[int], request: Request) -> tuple[int, ...]:
    """Return the shape of an answer to empty images."""
    sides = iter(request.shape[:2])
    empty = [axis if axis != -1 else next(sides, 1) for axis in axes]
    try:
        return tuple(
            np.asarray(
                answer(np.zeros((max(batch, 0) or call_size(math.prod(empty)), *empty), np.float32))
            ).shape[1:]
        )
    except MemoryError:
        raise
    except Exception as error:
        raise Refused(LoadStatus.LOAD_FAILED) from error


def _read(content: bytes) -> _Contents:
    contents = _Contents()
    has_graph = False
    for number, value in fields(content):
        if number == _MODEL_GRAPH:
            has_graph = True
            _read_graph(_message(value), contents, 0)
        elif number == _MODEL_FUNCTION:
            for inner, node in fields(_message(value)):
                if inner == _FUNCTION_NODE:
                    _read_node(_message(node), contents, 0)
    if not has_graph:
        raise ValueError("no graph")
    return contents


def _read_graph(graph: bytes, contents: _Contents, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("graphs within graphs")
    for number, value in fields(graph):
        if number == _GRAPH_NODE:
            _read_node(_message(value), contents, depth)
        elif number == _GRAPH_TENSOR:
            _read_tensor(_message(value), contents)
        elif number == _GRAPH_SPARSE:
            contents.operations.add(("", "sparse weights"))


def _read_node(node: bytes, contents: _Contents, depth: int) -> None:
    operation, domain = "", ""
    for number, value in fields(node):
        if number == _NODE_OPERATION:
            operation = _message(value).decode("utf-8")
        elif number == _NODE_DOMAIN:
            domain = _message(value).decode("utf-8")
        elif number == _NODE_ATTRIBUTE:
            for inner, part in fields(_message(value)):
                if inner in {_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS}:
                    _read_tensor(_message(part), contents)
                elif inner in {_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS}:
                    _read_graph(_message(part), contents, depth + 1)
    contents.operations.add((domain, operation))


def _read_tensor(tensor: bytes, contents: _Contents) -> None:
    size, is_weight = 1, False
    for number, value in fields(tensor):
        if number == _TENSOR_DIMS:
            for axis in _numbers(value):
                size *= axis
        elif number == _TENSOR_TYPE:
            is_weight = value in _WEIGHT_TYPES
        elif number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value != 0):
            contents.has_external_data = True
    contents.parameters += size if is_weight else 0


def _numbers(value: int | bytes) -> Iterator[int]:
    """Yield one number, or many in one field."""
    if isinstance(value, int):
        yield value
        return
    position = 0
    while position < len(value):
        number, position = varint(value, position)
        yield number


def _message(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("not a message")
    return value
