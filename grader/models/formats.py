"""First bytes of a model file → its format. Nothing is decoded; the locked child finds out whether it is true."""

from pathlib import Path

SAVED_MODEL_FILE = "saved_model.pb"
"""The graph of a SavedModel, in its folder."""

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_TFLITE = b"TFL3"
_ONNX_VERSION_TAG = 0x08
_MOST_ONNX_VERSION = 99
_HEAD_BYTES = 16
_REFUSED = {
    ".pkl": "model-pickle",
    ".pt": "model-torch",
    ".npz": "model-numpy",
}
"""Suffix that the copy of a file gets by its content → slug."""


def model_format(path: Path) -> str | None:
    """Tell a model's format: "keras", "hdf5", "saved-model", "tflite", "onnx", or None for anything else.

    Args:
        path: a file, or the folder of a SavedModel, in the spool.
    """
    if path.is_dir():
        return "saved-model" if (path / SAVED_MODEL_FILE).is_file() else None
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(_HDF5):
        return "hdf5"
    if head.startswith(_ZIP):
        return "keras" if path.suffix not in _REFUSED else None
    if head[4:8] == _TFLITE:
        return "tflite"
    return "onnx" if is_onnx(head) and path.suffix not in _REFUSED else None


def is_onnx(head: bytes) -> bool:
    """Whether a file starts like ONNX: the field `ir_version`, a small number, then a field of `ModelProto`.

    Source: onnx.proto; the fields that may follow are producer_name (2), producer_version (3), domain (4),
    model_version (5), doc_string (6), graph (7) and opset_import (8).
    """
    return (
        len(head) > 2
        and head[0] == _ONNX_VERSION_TAG
        and 1 <= head[1] <= _MOST_ONNX_VERSION
        and head[2] in {0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42}
    )


def refusal_slug(path: Path) -> str:
    """Return why a file of no known format cannot be read: "model-unknown-format" or a nearer word."""
    return _REFUSED.get(path.suffix, "model-unknown-format")
