"""What is known of one reference network, as stored in `reference_models/<id>/card.json`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.core.count import Count
from grader.errors import GraderError

CARD_FILE = "card.json"
"""Name of the card in the network's folder."""

KERAS_FILE = "model.keras"
"""The network for Keras, weights only."""

ONNX_FILE = "model.onnx"
"""The same network for ONNX Runtime."""


@dataclass(frozen=True, kw_only=True)
class CardLayer:
    """One layer of the network."""

    kind: str
    """Keras class name."""
    activation: str
    """Name of the activation; "" where the layer has none."""
    output_shape: tuple[int, ...]
    """Shape of its answer to one image."""
    parameters: int
    """Number of weights."""


@dataclass(frozen=True, kw_only=True)
class ReferenceCard:
    """Everything that is known of one reference network."""

    id: str
    """Name of its folder."""
    parameters: int
    """Number of weights, moving averages of BatchNormalization included."""
    layers: tuple[CardLayer, ...]
    """In order."""
    outputs: str
    """"probabilities" or "logits"."""
    convention: str
    """What the network expects as input, in words."""
    recipe: Mapping[str, Any]
    """How it was trained; the fields of `grader.models.architectures.Recipe`."""
    data_sha256: str
    """Hash of the MNIST arrays; see `grader.models.mnist.Mnist.sha256`."""
    accuracy: Count
    """Digits of the MNIST test set read rightly by the ONNX file."""
    probe_accuracy: Count
    """Probe digits read rightly by the ONNX file."""
    seconds: float
    """Wall-clock time of the training."""
    versions: Mapping[str, str]
    """Libraries that took part."""
    onnx: Mapping[str, Any]
    """"opset", "input" (name), "output" (name) and "largest_difference" to Keras on 256 test digits."""
    sha256: Mapping[str, str]
    """Hash by file name."""


def write_card(card: ReferenceCard, folder: Path) -> None:
    """Write `card` into `folder` as JSON that is easy to read and to compare."""
    text = json.dumps(asdict(card), indent=2, ensure_ascii=False)
    (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")


def read_card(folder: Path) -> ReferenceCard:
    """Return the card in `folder`.

    Raises:
        GraderError: `reference-unreadable`: the file is missing, is no JSON or lacks a field.
    """
    path = folder / CARD_FILE
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        layers = tuple(
            CardLayer(**{**layer, "output_shape": tuple(layer["output_shape"])})
            for layer in fields.pop("layers")
        )
        accuracy, probe_accuracy = (Count(**fields.pop(key)) for key in ("accuracy", "probe_accuracy"))
        return ReferenceCard(layers=layers, accuracy=accuracy, probe_accuracy=probe_accuracy, **fields)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GraderError("reference-unreadable", file=str(path), detail=str(error)) from error
