"""The TensorFlow zygote's job with everything switched off that refuses code before it runs: only the lock is left.

Served in place of `grader.models.child` by `tests.hostile.test_lock_alone`. Keras is as trusting as its old versions were:
no safe mode, any function of any module, HDF5 links followed; every operation of a graph is allowed. What hostile code
needs is imported here: it must fail at the lock, not for want of a module.
"""

import ctypes
import dataclasses
import encodings.base64_codec
import importlib
import pathlib
import pickle
import socket
import subprocess
import threading
import urllib.request
from typing import Any

import keras
from keras.src.legacy.saving import legacy_h5_format
from keras.src.saving import saving_lib, serialization_lib

from grader.models import child

_ = ctypes, encodings.base64_codec, pathlib, pickle, socket, subprocess, threading, urllib.request
_load = keras.models.load_model
_retrieve = serialization_lib._retrieve_class_or_fn


def _load_anything(path: str, **options: Any) -> Any:
    return _load(path, **{**options, "safe_mode": False})


def _retrieve_anything(name: str, registered_name: str, module: str, *more: Any, **options: Any) -> Any:
    try:
        return _retrieve(name, registered_name, module, *more, **options)
    except (TypeError, ValueError):
        return getattr(importlib.import_module(module), name)


def _get_anything(group: Any, name: str) -> Any:
    return group[name]


class _Everything(frozenset[Any]):
    """A list of what is allowed on which everything is."""

    def __contains__(self, _: object) -> bool:
        return True

    def __ge__(self, _: object) -> bool:
        return True


def _allow_every_operation() -> None:
    """Switch off the lists of operations, and the look for weights that lie in another file."""
    loading = "grader.models.loading"
    graph, network, onnx, tflite = (
        importlib.import_module(f"{loading}.{name}") for name in ("graph", "network", "onnx", "tflite")
    )
    for module, name in (
        (graph.Part, "operations"),
        (network, "_UNSAFE_CLASSES"),
        (onnx, "_OPERATIONS"),
        (onnx, "_DOMAINS"),
        (tflite, "_OPERATIONS"),
    ):
        getattr(module, name)  # a guard that was renamed must not stay on unnoticed
    read = onnx._read
    graph.Part.operations = property(lambda _: frozenset())
    network._UNSAFE_CLASSES = frozenset()
    onnx._OPERATIONS = onnx._DOMAINS = tflite._OPERATIONS = _Everything()
    onnx._read = lambda content: dataclasses.replace(read(content), has_external_data=False)


keras.config.enable_unsafe_deserialization()
keras.models.load_model = _load_anything
serialization_lib._retrieve_class_or_fn = _retrieve_anything
for _module in (saving_lib, legacy_h5_format):
    _module.safe_get_h5_group = _get_anything
    _module.safe_get_h5_dataset = _get_anything
_allow_every_operation()
serve = child.serve
