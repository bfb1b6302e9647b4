"""Honest parts that hostile submissions are made of: pictures, a model, and their pieces."""

import copy
import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from PIL import Image

from grader.resources import resource_folder
from tests.digits import load_test_set

MODEL = "model.keras"


@cache
def digit(which: int) -> bytes:
    """A test image, black on white, 140 x 140, as PNG."""
    images, labels = load_test_set()
    chosen = images[np.flatnonzero(labels == which)[3], :, :, 0]
    picture = Image.fromarray(np.uint8(255 * (1 - chosen))).resize((140, 140), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@cache
def model_parts() -> dict[str, bytes]:
    """The entries of the lecture's network as a Keras 3 zip."""
    with zipfile.ZipFile(
        resource_folder("reference_models") / "lecture-cnn-small" / "model.keras"
    ) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def keras_zip(parts: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


Edit = Callable[[dict[str, Any]], None]


def keras_with(edit: Edit) -> bytes:
    """The lecture's network with its configuration changed."""
    parts = dict(model_parts())
    config = json.loads(parts["config.json"])
    edit(config)
    parts["config.json"] = json.dumps(config).encode()
    return keras_zip(parts)


def keras_with_layer(layer: dict[str, Any], at: int = 1) -> bytes:
    """The lecture's network with one more layer."""
    return keras_with(lambda config: config["config"]["layers"].insert(at, copy.deepcopy(layer)))


def keras_with_weights(edit: Callable[[h5py.File], None]) -> bytes:
    """The lecture's network with its weights file changed."""
    parts = dict(model_parts())
    buffer = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        edit(file)
    parts["model.weights.h5"] = buffer.getvalue()
    return keras_zip(parts)


@cache
def _small_hdf5() -> bytes:
    """784-10 as Keras writes it to HDF5."""
    buffer = io.BytesIO()
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 28, 28, 1], "name": "in"}},
        {"class_name": "Flatten", "config": {"name": "flat"}},
        {"class_name": "Dense", "config": {"name": "out", "units": 10, "activation": "softmax"}},
    ]
    with h5py.File(buffer, "w") as file:
        config = {"class_name": "Sequential", "config": {"name": "small", "layers": layers}}
        file.attrs.update(
            {"backend": "tensorflow", "keras_version": "3.15.1", "model_config": json.dumps(config)}
        )
        weights = file.create_group("model_weights")
        weights.attrs.update(
            {"backend": "tensorflow", "keras_version": "3.15.1", "layer_names": np.array([b"flat", b"out"])}
        )
        weights.create_group("flat").attrs["weight_names"] = np.zeros((0,), "S1")
        out = weights.create_group("out")
        out.attrs["weight_names"] = np.array([b"out/kernel", b"out/bias"])
        out.create_dataset(
            "out/kernel", data=np.random.default_rng(1).normal(0, 0.05, (784, 10)).astype("f4")
        )
        out.create_dataset("out/bias", data=np.zeros(10, "f4"))
    return buffer.getvalue()


KERNEL = "model_weights/out/out/kernel"
"""Path of the weights in `hdf5_with`'s file."""


def hdf5_with(edit: Callable[[h5py.File], None]) -> bytes:
    """A dense network in an HDF5 file, changed."""
    buffer = io.BytesIO(_small_hdf5())
    with h5py.File(buffer, "r+") as file:
        edit(file)
    return buffer.getvalue()


def hdf5_with_layer(layer: dict[str, Any]) -> bytes:
    """A dense network in an HDF5 file with one more layer."""

    def insert(file: h5py.File) -> None:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"].insert(1, layer)
        file.attrs["model_config"] = json.dumps(config)

    return hdf5_with(insert)


def write_digits(folder: Path) -> None:
    """Ten good pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for which in range(10):
        (folder / f"{which}.png").write_bytes(digit(which))


def write_good(folder: Path) -> None:
    """A submission with nothing missing."""
    write_digits(folder)
    (folder / MODEL).write_bytes(keras_zip(model_parts()))
    (folder / "report.md").write_text("# Report\n\nAccuracy rose for five epochs; all my digits were read.\n")
