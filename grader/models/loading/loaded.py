"""What every loader takes and gives."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.models.facts import MAX_AXES, MAX_PARAMETERS, LoadStatus, ModelFacts

CHUNK = 128
"""Images per call; every call has this many, so that no answer depends on how many others are asked."""

_MOST_VALUES = CHUNK * 32 * 32 * 3
"""Images larger than those of CIFAR-10 go in smaller calls of as many values: what a convolution makes of 128 color
pictures of 256 pixels would not fit into the memory of a child."""


def call_size(n_values: int, most: int = CHUNK) -> int:
    """Return how many images of so many values each go in one call."""
    return max(1, min(most, _MOST_VALUES // max(n_values, 1)))


Batch = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the parent asks for."""

    path: str
    """The file, or the folder of a SavedModel."""
    format: str
    """"keras", "hdf5", "saved-model", "tflite" or "onnx", told by the file's first bytes."""
    classes: int
    """How many scores per image are needed."""
    shape: tuple[int, int, int]
    """Height, width and channels of the images, for networks that do not state what they take."""
    networks: list[str]
    """Ids of the networks that weights without a network may belong to."""
    architecture: str | None = None
    """Text of the `model.json` beside the file."""
    network: str | None = None
    """Id of the lecture network that the student says the weights belong to."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A network that is ready to answer."""

    facts: ModelFacts
    """What it is."""
    answer: Callable[[Batch], npt.NDArray[Any]] = field(repr=False)
    """Images float32 (k, *image_shape) → scores (k, …) with one class axis, k = `images_per_call`."""
    chunk: int = CHUNK
    """How many images are asked at once where the network leaves it open."""

    def images_per_call(self, n_values: int) -> int:
        """Return how many images of so many values `answer` takes."""
        return self.facts.images_per_call or call_size(n_values, self.chunk)

    def scores(self, images: Batch) -> Batch:
        """Return the answers to one full call, float32 (k, classes).

        Raises:
            ValueError: the answer is no table of numbers with one row per image.
        """
        answer = np.asarray(self.answer(images))
        if answer.dtype.kind not in "fiu" or answer.size != len(images) * self.facts.outputs:
            raise ValueError("scores are not a table of numbers")
        return answer.reshape(len(images), self.facts.outputs).astype(np.float32)


class Refused(Exception):
    """The model cannot be used; the text of the library's error stays in the child."""

    def __init__(self, status: LoadStatus, **found: Any) -> None:
        super().__init__(status)
        self.facts = ModelFacts(status=status, **found)
        """What is known of it nevertheless."""


def checked_facts(
    request: Request,
    *,
    input_shape: Sequence[int],
    output_shape: Sequence[int],
    parameters: int,
    **found: Any,
) -> ModelFacts:
    """Return the facts of a network whose shapes can be used.

    Args:
        request: what was asked for.
        input_shape: without the batch axis; -1 where open.
        output_shape: without the batch axis; -1 where open. All axes but one must be 1: (10,), (1, 10), (10, 1);
            of two classes all of them may be, a single sigmoid.
        parameters: number of weights.
        found: the other fields of `ModelFacts`.

    Raises:
        Refused: too many weights or axes, or another number of scores.
    """
    if parameters > MAX_PARAMETERS:
        raise Refused(LoadStatus.TOO_MANY_PARAMETERS)
    if len(input_shape) > MAX_AXES:
        raise Refused(LoadStatus.INPUT_SHAPE)
    found |= {"input_shape": tuple(input_shape), "parameters": parameters}
    long_axes = [axis for axis in output_shape if axis != 1]
    outputs = 0 if -1 in long_axes else math.prod(long_axes)
    is_binary = request.classes == 2 and not long_axes and len(output_shape) > 0
    if long_axes != [request.classes] and not is_binary:
        raise Refused(LoadStatus.OUTPUT_SHAPE, outputs=outputs, **found)
    return ModelFacts(status=LoadStatus.LOADED, outputs=outputs, **found)


def shown_axes(axes: Iterable[Any]) -> tuple[int, ...]:
    """Return axes as numbers, -1 where they are open."""
    return tuple(-1 if axis is None or int(axis) < 0 else int(axis) for axis in axes)
