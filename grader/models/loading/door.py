"""A request → a network that answers."""

from collections.abc import Callable, Mapping

from grader.models.facts import LoadStatus
from grader.models.loading.keras_files import load_keras
from grader.models.loading.loaded import Loaded, Refused, Request
from grader.models.loading.onnx import load_onnx
from grader.models.loading.saved_model import load_saved_model
from grader.models.loading.tflite import load_tflite

_LOADERS: Mapping[str, Callable[[Request], Loaded]] = {
    "keras": load_keras,
    "hdf5": load_keras,
    "saved-model": load_saved_model,
    "tflite": load_tflite,
    "onnx": load_onnx,
}


def load(request: Request) -> Loaded:
    """Load the model that is asked for.

    Raises:
        Refused: it cannot be used; its facts say why.
        MemoryError: it needs more than the child has.
    """
    try:
        return _LOADERS[request.format](request)
    except (MemoryError, Refused):
        raise
    except Exception as error:
        raise Refused(LoadStatus.LOAD_FAILED) from error


__all__ = ["Loaded", "Refused", "Request", "load"]
