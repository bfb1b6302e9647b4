"""Keras 3 zips and HDF5 files → a network. Loaded as they are; repaired only when Keras refuses them."""

import contextlib
import io
import json
import zipfile
from typing import Any

import h5py
import keras

from grader.models.facts import Leftover, LoadStatus, Repair
from grader.models.loading.loaded import Loaded, Refused, Request
from grader.models.loading.network import build_from_config, loaded_network
from grader.models.loading.repair import repair_model
from grader.models.loading.weights import first_kernel, load_weights_alone

_MOST_CONFIG_BYTES = 4 << 20
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


def load_keras(request: Request) -> Loaded:
    """Load a Keras 3 zip or an HDF5 file.

    Raises:
        Refused: it cannot be used.
    """
    about = _read_about(request)
    if about.config is None and request.format == "hdf5" and about.opens:
        return loaded_network(load_weights_alone(request), request, leftovers=about.leftovers)
    try:
        model = keras.models.load_model(request.path, compile=False, safe_mode=True)
        repairs = Repair(0)
    except MemoryError:
        raise
    except Exception as error:
        status = _status_of(error, about)
        model, repairs = _rebuilt(request, about, status)
    return loaded_network(
        (model, repairs), request, keras_version=about.keras_version, leftovers=about.leftovers
    )


class _About:
    """What a file says of itself before Keras opens it."""

    def __init__(self) -> None:
        self.opens = False
        self.config: Any = None
        self.first_kernel: tuple[int, ...] | None = None
        self.keras_version: tuple[int, int, int] | None = None
        self.leftovers = Leftover(0)


def _read_about(request: Request) -> _About:
    about = _About()
    with contextlib.suppress(Exception):
        if request.format == "keras":
            _read_zip(request.path, about)
        else:
            _read_hdf5(request.path, about)
    return about


def _read_zip(path: str, about: _About) -> None:
    with zipfile.ZipFile(path) as archive:
        about.opens = archive.testzip() is None and _CONFIG in archive.namelist()
        metadata = _json_member(archive, _METADATA)
        about.keras_version = version_numbers(metadata.get("keras_version"))
        about.config = _json_member(archive, _CONFIG)
        if about.config.get("compile_config"):
            about.leftovers |= Leftover.COMPILE
        if about.opens:
            content = io.BytesIO(archive.read(_WEIGHTS))
            with h5py.File(content, "r") as file:
                if "optimizer" in file and _has_data(file["optimizer"]):
                    about.leftovers |= Leftover.OPTIMIZER


def _json_member(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    with archive.open(name) as member:
        content = member.read(_MOST_CONFIG_BYTES + 1)
    document = json.loads(content) if len(content) <= _MOST_CONFIG_BYTES else None
    if not isinstance(document, dict):
        raise TypeError("not a configuration")
    return document


def _read_hdf5(path: str, about: _About) -> None:
    with h5py.File(path, "r") as file:
        about.opens = len(file) > 0
        about.keras_version = version_numbers(_text(file.attrs.get("keras_version")))
        if "optimizer_weights" in file:
            about.leftovers |= Leftover.OPTIMIZER
        if "training_config" in file.attrs:
            about.leftovers |= Leftover.COMPILE
        config = _text(file.attrs.get("model_config"))
        if config is not None:
            about.config = json.loads(config)
            about.first_kernel = first_kernel(file)


def _has_data(group: Any) -> bool:
    found: list[str] = []
    group.visititems(
        lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) and item.ndim else None
    )
    return bool(found)


def _text(value: Any) -> str | None:
    return value.decode("utf-8") if isinstance(value, bytes) else value if isinstance(value, str) else None


def version_numbers(version: Any) -> tuple[int, int, int] | None:
    """Return "2.2.4-tf" as (2, 2, 4); None for anything that is not a version."""
    if not isinstance(version, str):
        return None
    parts = version.split("-")[0].split(".")[:3]
    numbers = [int(part) for part in parts if part.isascii() and part.isdecimal() and int(part) <= 999]
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else None


def _rebuilt(request: Request, about: _About, status: LoadStatus) -> tuple[Any, Repair]:
    """Build the network from its repaired configuration and set its weights.

    Raises:
        Refused: with `status` when there is nothing to repair or it does not help.
    """
    if about.config is None or status in {LoadStatus.UNSAFE, LoadStatus.OUT_OF_MEMORY}:
        raise Refused(status, keras_version=about.keras_version, leftovers=about.leftovers)
    try:
        config, repairs = repair_model(about.config, about.first_kernel, request.shape)
        if not repairs:
            raise Refused(status)
        model = build_from_config(config)
        model.load_weights(request.path)
    except (MemoryError, Refused):
        raise
    except Exception as error:
        raise Refused(status, keras_version=about.keras_version, leftovers=about.leftovers) from error
    return model, repairs


def _status_of(error: Exception, about: _About) -> LoadStatus:
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
    return LoadStatus.LOAD_FAILED if about.opens else LoadStatus.NOT_READABLE
