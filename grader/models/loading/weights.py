"""Weights without a network → the lecture network, or the `model.json` beside them, that they fit."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import h5py
import numpy as np

from grader.models.architectures import build
from grader.models.facts import MAX_PARAMETERS, LoadStatus, Repair
from grader.models.loading.loaded import Refused, Request
from grader.models.loading.network import build_from_config
from grader.models.loading.repair import repair_model

Array = np.ndarray[Any, Any]

_KERAS_3_GROUPS = ("layers", "_layer_checkpoint_dependencies")


def load_weights_alone(request: Request) -> tuple[Any, Repair]:
    """Return the network that the weights in an HDF5 file fit, with the weights set.

    The `model.json` beside the file decides, then the network that the student states, then the only lecture network
    whose arrays have the same shapes in the same order; only networks of the assignment's data set are looked at.

    Raises:
        Refused: `WEIGHTS_MISFIT` for a network that was named, `WEIGHTS_ONLY` when none fits, `NOT_READABLE`.
    """
    try:
        stored = _read_arrays(request.path)
    except MemoryError:
        raise
    except Exception as error:
        raise Refused(LoadStatus.NOT_READABLE) from error
    if not stored:
        raise Refused(LoadStatus.WEIGHTS_ONLY)
    if request.architecture is not None:
        model = _from_architecture(request)
        if not _set(model, stored):
            raise Refused(LoadStatus.WEIGHTS_MISFIT)
        return model, Repair.ARCHITECTURE_FILE
    if request.network is not None and request.network in request.networks:
        model = build(request.network)
        if not _set(model, stored):
            raise Refused(LoadStatus.WEIGHTS_MISFIT)
        return model, Repair.WEIGHTS_MATCHED
    fitting = [model for model in map(build, request.networks) if _set(model, stored)]
    if len(fitting) != 1:
        raise Refused(LoadStatus.WEIGHTS_ONLY)
    return fitting[0], Repair.WEIGHTS_MATCHED


def first_kernel(file: Any) -> tuple[int, ...] | None:
    """Return the shape of the first array of weights that is no vector, in an open HDF5 file; None without one."""
    for layer in _legacy_layers(file) or ():
        for shape in (array.shape for array in layer):
            if len(shape) >= 2:
                return tuple(shape)
    return None


class _Stored:
    """The arrays of a file, layer by layer: in order, or by the name that Keras 3 gives to a layer's class."""

    def __init__(self, ordered: list[list[Array]] | None, named: dict[str, list[Array]] | None) -> None:
        self.ordered = ordered
        self.named = named

    def __bool__(self) -> bool:
        return bool(self.ordered or self.named)

    def of(self, model: Any) -> list[Array]:
        """Return the arrays in the order in which `model` has its weights, as far as that can be told."""
        if self.ordered is not None:
            return [array for layer in self.ordered for array in layer]
        named = dict(self.named or {})
        found = [array for name in _keras_3_names(model) for array in named.pop(name, [])]
        return [*found, *(array for arrays in named.values() for array in arrays)]


def _read_arrays(path: str) -> _Stored:
    with h5py.File(path, "r") as file:
        legacy = _legacy_layers(file)
        if legacy is not None:
            return _Stored([[_values(array) for array in layer] for layer in legacy], None)
        for name in _KERAS_3_GROUPS:
            if name in file and isinstance(file[name], h5py.Group):
                layers = {
                    layer: [_values(array) for array in _datasets(file[name][layer])] for layer in file[name]
                }
                return _Stored(None, {layer: arrays for layer, arrays in layers.items() if arrays})
    return _Stored(None, None)


def _legacy_layers(file: Any) -> list[list[Any]] | None:
    """Return the data sets of each layer, in order; None when the file is not of the form of Keras 1 and 2."""
    group = file.get("model_weights", file)
    if "layer_names" not in group.attrs:
        return None
    layers = []
    for name in _names(group.attrs["layer_names"]):
        layer = group[name]
        layers.append([layer[weight] for weight in _names(layer.attrs.get("weight_names", ()))])
    return [layer for layer in layers if layer]


def _names(values: Any) -> list[str]:
    return [value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values]


def _datasets(group: Any) -> Iterator[Any]:
    """Yield the data sets below `group`, numbers in their order."""
    if isinstance(group, h5py.Dataset):
        yield group
        return
    for name in sorted(group, key=lambda name: (0, int(name), "") if name.isdecimal() else (1, 0, name)):
        yield from _datasets(group[name])


def _values(dataset: Any) -> Array:
    """Read one array, unless it lies elsewhere or is larger than any network may be.

    Raises:
        ValueError: it is not plain numbers in this file.
    """
    is_plain = isinstance(dataset, h5py.Dataset) and not dataset.external and not dataset.is_virtual
    if not is_plain or dataset.dtype.kind not in "fiu" or math.prod(dataset.shape) > MAX_PARAMETERS:
        raise ValueError("not plain numbers")
    return np.asarray(dataset[()])


def _keras_3_names(model: Any) -> Iterator[str]:
    """Yield the name of each layer as Keras 3 writes it: its class in snake case, numbered from the second on."""
    seen: dict[str, int] = {}
    for layer in model.layers:
        name = _snake_case(type(layer).__name__)
        number = seen.get(name, 0)
        seen[name] = number + 1
        yield f"{name}_{number}" if number else name


def _snake_case(name: str) -> str:
    """Source of the rule: `keras.src.utils.naming.to_snake_case`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _from_architecture(request: Request) -> Any:
    try:
        config, _ = repair_model(json.loads(request.architecture or ""), None, request.shape)
        return build_from_config(config)
    except (MemoryError, Refused):
        raise
    except Exception as error:
        raise Refused(LoadStatus.WEIGHTS_MISFIT) from error


def _set(model: Any, stored: _Stored) -> bool:
    """Set the weights of `model` when the arrays have their shapes, one by one; return whether they had."""
    arrays = stored.of(model)
    wanted: Sequence[Any] = model.weights
    if [tuple(array.shape) for array in arrays] != [tuple(weight.shape) for weight in wanted]:
        return False
    model.set_weights(arrays)
    return True
