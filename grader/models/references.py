"""Our own networks: what is known of each, as predictors through ONNX Runtime, and checks of their files. No TensorFlow."""

import difflib
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from grader.core.count import Count
from grader.core.dataset import SHIPPED, Dataset
from grader.core.picture import Images, Probabilities
from grader.datasets.card import find_dataset
from grader.datasets.test_set import load_test_set
from grader.errors import GraderError
from grader.resources import resource_folder

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
    dataset: str
    """Name of the data set that it was trained on."""
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
    """Hash of the arrays of the whole data set, as the training read them."""
    accuracy: Count
    """Images of the whole test set read rightly by the ONNX file."""
    test_set_accuracy: Count
    """Test images read rightly by the ONNX file."""
    seconds: float
    """Wall-clock time of the training."""
    versions: Mapping[str, str]
    """Libraries that took part."""
    onnx: Mapping[str, Any]
    """"opset", "input" (name), "output" (name) and "largest_difference" to Keras on 256 test images."""
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
        layers = _layers(fields.pop("layers"))
        accuracy, test_set_accuracy = (Count(**fields.pop(key)) for key in ("accuracy", "test_set_accuracy"))
        return ReferenceCard(layers=layers, accuracy=accuracy, test_set_accuracy=test_set_accuracy, **fields)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GraderError("reference-unreadable", file=str(path), detail=str(error)) from error


CHUNK = 128
"""Images per call of the network. Fixed, and the last chunk is filled up with empty images, so that an
image's answer does not depend on what it is asked together with; 128 is also the quickest size."""


def list_references(root: Path | None = None) -> tuple[ReferenceCard, ...]:
    """Return the cards of all reference networks, ordered by id.

    Args:
        root: the folder of the networks; None: the one that travels with the package.
    """
    root = root or resource_folder("reference_models")
    return tuple(read_card(path.parent) for path in sorted(root.glob(f"*/{CARD_FILE}")))


def find_reference(reference_id: str, root: Path | None = None) -> ReferenceCard:
    """Return the card of one reference network.

    Raises:
        GraderError: `reference-unknown`; the message names the nearest known id.
    """
    root = root or resource_folder("reference_models")
    known = [path.parent.name for path in sorted(root.glob(f"*/{CARD_FILE}"))]
    if reference_id not in known:
        raise unknown_reference(reference_id, known)
    return read_card(root / reference_id)


def unknown_reference(reference_id: str, known: list[str]) -> GraderError:
    """Return the failure `reference-unknown`, which names the nearest of `known`."""
    nearest = difflib.get_close_matches(reference_id, known, n=1, cutoff=0.0)
    return GraderError(
        "reference-unknown", id=reference_id, nearest="".join(nearest) or "–", known=", ".join(known) or "–"
    )


def load_reference(reference_id: str, root: Path | None = None) -> "ReferencePredictor":
    """Return the reference network `reference_id`, ready to answer.

    Args:
        reference_id: name of its folder.
        root: the folder of the networks; None: the one that travels with the package.

    Raises:
        GraderError: `reference-unknown`, `reference-unreadable`, or `reference-altered`: the file's hash is
            not the one on its card.
    """
    root = root or resource_folder("reference_models")
    card = find_reference(reference_id, root)
    return ReferencePredictor(card, read_verified(card, root / reference_id, ONNX_FILE))


def read_verified(card: ReferenceCard, folder: Path, name: str) -> bytes:
    """Return the content of the network's file `name` once its hash is the one on the card.

    Raises:
        GraderError: `reference-unreadable` or `reference-altered`.
    """
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GraderError("reference-unreadable", file=str(path), detail=str(error)) from error
    found = hashlib.sha256(content).hexdigest()
    needed = card.sha256.get(name, "–")
    if found != needed:
        raise GraderError("reference-altered", file=str(path), found=found, needed=needed)
    return content


class ReferencePredictor:
    """One reference network; one thread, answers independent of how images are grouped."""

    def __init__(self, card: ReferenceCard, content: bytes) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = (
            "1"  # since 1.29 it reports to its maker from the moment of its import
        )
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        self._session: Any = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        self._input: str = card.onnx["input"]
        self.card = card
        """What is known of the network."""

    @property
    def id(self) -> str:
        """Id of the reference network."""
        return self.card.id

    def predict(self, images: Images) -> Probabilities:
        """Return class probabilities.

        Args:
            images: float32, (n, height, width, channels), as the data set has them; n may be 0.

        Returns:
            float32, (n, classes), rows sum to 1; bit for bit the same for an image whatever else is in `images`.
        """
        scores = self.scores(images)
        return softmax(scores) if self.card.outputs == "logits" else scores

    def scores(self, images: Images) -> npt.NDArray[np.float32]:
        """Return what the network itself answers, float32 (n, classes): probabilities or logits."""
        chunk = np.zeros((CHUNK, *images.shape[1:]), np.float32)
        answers = np.empty((len(images), self.card.layers[-1].output_shape[-1]), np.float32)
        for start in range(0, len(images), CHUNK):
            part = images[start : start + CHUNK]
            chunk[: len(part)] = part
            chunk[len(part) :] = 0
            answers[start : start + len(part)] = self._session.run(None, {self._input: chunk})[0][: len(part)]
        return answers


def softmax(logits: npt.NDArray[np.float32]) -> Probabilities:
    """Return logits (n, classes) as probabilities; computed in float64, returned as float32."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    probabilities: Probabilities = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return probabilities


_WEIGHTS_FILE = "model.weights.h5"
"""Member of a `.keras` archive that holds the weights."""


def verify_reference(card: ReferenceCard, root: Path | None = None) -> None:
    """Check one network: hashes of its files, number of weights, and test images read rightly.

    The large networks travel without their Keras file; where it is missing, there is nothing to check in it. Images are
    read only where the test set is shipped: that of the user's cache may have other pictures than the card's.

    Raises:
        GraderError: `reference-altered`, `reference-unreadable`, `reference-parameters-differ` or
            `reference-accuracy-differs`.
    """
    root = root or resource_folder("reference_models")
    found = sum(layer.parameters for layer in card.layers)
    if found == card.parameters and (root / card.id / KERAS_FILE).exists():
        found = count_weights(read_verified(card, root / card.id, KERAS_FILE))
    if found != card.parameters:
        raise GraderError("reference-parameters-differ", id=card.id, found=found, needed=card.parameters)
    predictor, dataset = load_reference(card.id, root), find_dataset(card.dataset)
    if dataset.test_set != SHIPPED:
        return
    images, labels = load_test_set(dataset)
    read = predictor.predict(images).argmax(axis=1)
    n_right = int((read == labels).sum())
    if n_right != card.test_set_accuracy.correct:
        raise GraderError(
            "reference-accuracy-differs", id=card.id, found=n_right, needed=card.test_set_accuracy.correct
        )


def count_weights(keras_content: bytes) -> int:
    """Return how many numbers the weights of a `.keras` file hold; only for files of ours.

    Args:
        keras_content: the whole file, without optimizer state.
    """
    n_weights = 0

    def add(_: str, node: h5py.Group | h5py.Dataset) -> None:
        nonlocal n_weights
        # Random layers keep the state of their generator as unsigned integers beside the weights.
        if isinstance(node, h5py.Dataset) and node.dtype.kind == "f":
            n_weights += node.size

    with zipfile.ZipFile(io.BytesIO(keras_content)) as archive:
        weights = io.BytesIO(archive.read(_WEIGHTS_FILE))
    with h5py.File(weights, "r") as file:
        file.visititems(add)
    return n_weights


def evaluate_reference(
    reference_id: str, images: Images, labels: npt.NDArray[np.integer], root: Path | None = None
) -> tuple[Count, ...]:
    """Return, for each class, how many of some known images the network reads rightly."""
    read = load_reference(reference_id, root).predict(images).argmax(axis=1)
    is_right = read == labels
    by_class = [is_right[labels == label] for label in np.unique(labels)]
    return tuple(Count(correct=int(np.count_nonzero(right)), total=len(right)) for right in by_class)


LAYERS_FILE = "layers.json"
"""Layers of a lecture network that does not travel: it is recognized in a student's file and can be trained."""


def known_networks(dataset: Dataset, root: Path | None = None) -> Mapping[str, tuple[CardLayer, ...]]:
    """Return the layers of the networks of a data set that a student may have built, by id; the referee is not among them.

    Raises:
        GraderError: `reference-unreadable`.
    """
    root = root or resource_folder("reference_models")
    known = {
        card.id: card.layers
        for card in list_references(root)
        if card.dataset == dataset.name and card.id != dataset.referee
    }
    for path in root.glob(f"*/{LAYERS_FILE}"):
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            if fields["dataset"] == dataset.name:
                known[path.parent.name] = _layers(fields["layers"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise GraderError("reference-unreadable", file=str(path), detail=str(error)) from error
    return dict(sorted(known.items()))


def _layers(tables: list[dict[str, Any]]) -> tuple[CardLayer, ...]:
    return tuple(CardLayer(**{**table, "output_shape": tuple(table["output_shape"])}) for table in tables)
