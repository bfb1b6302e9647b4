"""The folder of a SavedModel → a network. Its graph is checked, cut down to what an answer needs, and run by us.

Nothing is loaded as Python objects, so neither the version of Keras that wrote it nor its optimizer matters.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry

from grader.core.evidence import LayerEvidence
from grader.models.facts import MAX_PARAMETERS, Leftover, LoadStatus
from grader.models.loading.graph import Part, needed_for, whole_graph
from grader.models.loading.keras_files import version_numbers
from grader.models.loading.loaded import (
    Batch,
    Loaded,
    Refused,
    Request,
    call_size,
    checked_facts,
    shown_axes,
)
from grader.models.loading.network import build_from_config, describe_layers
from grader.models.loading.operations import ANSWERING, PRESENT, RESTORING
from grader.models.loading.protobuf import fields
from grader.models.loading.repair import repair_model

_GRAPH, _INDEX, _METADATA = "saved_model.pb", "variables/variables.index", "keras_metadata.pb"
_VARIABLES = "variables/variables"
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_OPTIMIZER = "optimizer"
_DEFAULT_SIGNATURE, _INIT_SIGNATURE = "serving_default", "__saved_model_init_op"
_TRAIN_SIGNATURE = "__saved_model_train_op"
_VARIABLE_OPS = frozenset({"VarHandleOp", "Variable", "VariableV2"})
_OBJECTS, _IDENTIFIER, _JSON = 1, 4, 5
"""Numbers of the fields of `SavedMetadata` and `SavedObject` in keras_metadata.pb."""
_ROOT = "_tf_keras_"


def load_saved_model(request: Request) -> Loaded:
    """Load a SavedModel.

    Raises:
        Refused: it cannot be used; `UNSAFE_OPERATION` when its graph has an operation that is not on our lists, or a
            function that is called like one of TensorFlow's operations.
    """
    folder = Path(request.path)
    meta = _read(folder / _GRAPH)
    whole = whole_graph(meta.graph_def)
    is_masked = any(op_def_registry.get(name) is not None for name in whole.functions)
    if is_masked or not whole.operations <= PRESENT:
        raise Refused(LoadStatus.UNSAFE_OPERATION)
    given, asked = _signature(meta)
    try:
        answering = needed_for(whole, [asked.name, given.name])
        restoring = needed_for(
            whole, [meta.saver_def.restore_op_name] if meta.saver_def.restore_op_name else []
        )
    except KeyError as error:
        raise Refused(LoadStatus.LOAD_FAILED) from error
    if not (answering.operations <= ANSWERING and restoring.operations <= RESTORING):
        raise Refused(LoadStatus.UNSAFE_OPERATION)
    if restoring.nodes and not (folder / _INDEX).is_file():
        raise Refused(LoadStatus.INCOMPLETE)
    variables = {name: node for name, node in answering.nodes.items() if node.op in _VARIABLE_OPS}
    parameters = sum(_size(node) for node in variables.values())
    if parameters > MAX_PARAMETERS:
        raise Refused(LoadStatus.TOO_MANY_PARAMETERS)
    metadata = _read_metadata(folder / _METADATA)
    batch, *axes = shown_axes(dimension.size for dimension in given.tensor_shape.dim) or (-1,)
    try:
        session = _session(answering, restoring, meta, folder)
        output_shape, fetch = _prepare(session, asked, given, batch, axes, request)
    except tf.errors.NotFoundError as error:
        raise Refused(LoadStatus.INCOMPLETE) from error
    except (tf.errors.DataLossError, tf.errors.OutOfRangeError) as error:
        raise Refused(LoadStatus.NOT_READABLE) from error
    except tf.errors.ResourceExhaustedError as error:
        raise Refused(LoadStatus.OUT_OF_MEMORY) from error
    except (tf.errors.OpError, ValueError, TypeError, KeyError) as error:
        raise Refused(LoadStatus.LOAD_FAILED) from error
    facts = checked_facts(
        request,
        input_shape=axes,
        output_shape=output_shape,
        parameters=parameters,
        layers=_layers(metadata, request, parameters),
        images_per_call=max(batch, 0),
        keras_version=version_numbers(metadata.get("keras_version")),
        leftovers=_leftovers(meta, metadata),
    )
    return Loaded(facts=facts, answer=fetch)


def _read(path: Path) -> Any:
    """Return the graph that serves, or the only one."""
    document = saved_model_pb2.SavedModel()
    try:
        document.ParseFromString(path.read_bytes())
    except Exception as error:
        raise Refused(LoadStatus.NOT_READABLE) from error
    graphs = document.meta_graphs
    serving = [meta for meta in graphs if "serve" in meta.meta_info_def.tags] or list(graphs)
    if not serving:
        raise Refused(LoadStatus.NOT_READABLE)
    return serving[0]


def _signature(meta: Any) -> tuple[Any, Any]:
    """Return the one input and the one output of the function that answers images."""
    special = {_INIT_SIGNATURE, _TRAIN_SIGNATURE}
    signatures = {key: value for key, value in meta.signature_def.items() if key not in special}
    if _DEFAULT_SIGNATURE in signatures:
        signature = signatures[_DEFAULT_SIGNATURE]
    elif len(signatures) == 1:
        signature = next(iter(signatures.values()))
    else:
        raise Refused(LoadStatus.NO_SIGNATURE)
    if len(signature.inputs) != 1 or len(signature.outputs) != 1:
        raise Refused(LoadStatus.SEVERAL_INPUTS)
    return next(iter(signature.inputs.values())), next(iter(signature.outputs.values()))


def _session(answering: Part, restoring: Part, meta: Any, folder: Path) -> Any:
    """Return a session on the parts that are needed, its variables restored."""
    graph_def = graph_pb2.GraphDef(versions=meta.graph_def.versions)
    graph_def.node.extend({**answering.nodes, **restoring.nodes}.values())
    graph_def.library.function.extend({**answering.functions, **restoring.functions}.values())
    for node in graph_def.node:
        node.device = ""
    graph = tf.Graph()
    with graph.as_default():
        tf.graph_util.import_graph_def(graph_def, name="")
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=1, inter_op_parallelism_threads=1, allow_soft_placement=True
    )
    left = [
        name
        for name, node in answering.nodes.items()
        if node.op == "VarHandleOp" and name not in restoring.nodes
    ]
    values = _values_by_object(meta, str(folder / _VARIABLES)) if left else {}
    with graph.as_default():
        assigned = [
            tf.raw_ops.AssignVariableOp(
                resource=graph.get_tensor_by_name(f"{name}:0"),
                value=tf.constant(values[answering.nodes[name].attr["shared_name"].s.decode()]),
            )
            for name in left
        ]
    session = tf.compat.v1.Session(graph=graph, config=config)
    if restoring.nodes:
        saver = meta.saver_def
        session.run(saver.restore_op_name, {saver.filename_tensor_name: str(folder / _VARIABLES)})
    session.run(assigned)
    return session


def _values_by_object(meta: Any, prefix: str) -> dict[str, Any]:
    """Return the values of variables by name, found through the tree of Python objects that was saved.

    `tf.saved_model.save` of a Keras 3 network restores copies of its variables that no function uses; the file's keys,
    "_layers/1/_kernel/.ATTRIBUTES/VARIABLE_VALUE", lead through the tree to the names of those that are used.
    """
    nodes = meta.object_graph_def.nodes
    reader = tf.train.load_checkpoint(prefix)
    values = {}
    for key in reader.get_variable_to_shape_map():
        path, is_value, _ = key.partition(_VALUE)
        node = nodes[0] if is_value and nodes else None
        for step in path.split("/"):
            below = {child.local_name: child.node_id for child in node.children} if node is not None else {}
            node = nodes[below[step]] if step in below and below[step] < len(nodes) else None
        if node is not None and node.WhichOneof("kind") == "variable":
            values[node.variable.name] = reader.get_tensor(key)
    return values


def _prepare(
    session: Any, asked: Any, given: Any, batch: int, axes: list[int], request: Request
) -> tuple[tuple[int, ...], Any]:
    """Return the shape of an answer without its batch axis, and what gives answers."""
    fetch = session.make_callable(asked.name, feed_list=[given.name])
    dtype = tf.as_dtype(given.dtype).as_numpy_dtype

    def answer(images: Batch) -> Any:
        return fetch(images.astype(dtype))

    output = session.graph.get_tensor_by_name(asked.name).shape
    if output.rank is not None and None not in output[1:].as_list():
        return tuple(output[1:].as_list()), answer
    sides = iter(request.shape[:2])
    empty = [axis if axis != -1 else next(sides, 1) for axis in axes]
    zeros = np.zeros((max(batch, 0) or call_size(math.prod(empty)), *empty), np.float32)
    return np.asarray(answer(zeros)).shape[1:], answer


def _size(variable: Any) -> int:
    size = 1
    for dimension in variable.attr["shape"].shape.dim:
        size *= max(dimension.size, 0)
    return size


def _leftovers(meta: Any, metadata: Mapping[str, Any]) -> Leftover:
    nodes = meta.object_graph_def.nodes
    has_slots = any(node.slot_variables for node in nodes)
    has_optimizer = bool(nodes) and any(child.local_name == _OPTIMIZER for child in nodes[0].children)
    optimizer = Leftover.OPTIMIZER if has_slots or has_optimizer else Leftover(0)
    return optimizer | (Leftover.COMPILE if metadata.get("training_config") else Leftover(0))


def _read_metadata(path: Path) -> dict[str, Any]:
    """Return what Keras 2 wrote of the network beside the graph; empty without it."""
    try:
        for number, saved in fields(path.read_bytes()):
            if number != _OBJECTS or not isinstance(saved, bytes):
                continue
            parts = dict(fields(saved))
            identifier, text = parts.get(_IDENTIFIER), parts.get(_JSON)
            if (
                isinstance(identifier, bytes)
                and identifier.decode().startswith(_ROOT)
                and isinstance(text, bytes)
            ):
                document = json.loads(text)
                return document if isinstance(document, dict) else {}
    except (OSError, ValueError, RecursionError):
        pass
    return {}


def _layers(metadata: Mapping[str, Any], request: Request, parameters: int) -> tuple[LayerEvidence, ...]:
    """Return the layers as the network's own description has them, unless it describes another network."""
    try:
        described = metadata.get("model_config") or {
            "class_name": metadata["class_name"], "config": metadata["config"]
        }  # fmt: skip
        config, _ = repair_model(described, None, request.shape)
        model = build_from_config(config)
        return describe_layers(model) if model.count_params() == parameters else ()
    except MemoryError:
        raise
    except Exception:
        return ()
