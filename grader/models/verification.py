"""Checks of the reference networks that travel with the package; no TensorFlow."""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np

from grader.core.count import Count
from grader.errors import GraderError
from grader.models.card import KERAS_FILE, ReferenceCard
from grader.models.mnist import Mnist
from grader.models.probe import as_images, load_probe
from grader.models.references import load_reference, read_verified
from grader.resources import resource_folder

_WEIGHTS_FILE = "model.weights.h5"
"""Member of a `.keras` archive that holds the weights."""


def verify_reference(card: ReferenceCard, root: Path | None = None) -> None:
    """Check one network: hashes of its files, number of weights, probe digits read rightly.

    The large networks travel without their Keras file; where it is missing, there is nothing to check in it.

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
    images, labels = load_probe()
    read = load_reference(card.id, root).predict(images).argmax(axis=1)
    n_right = int((read == labels).sum())
    if n_right != card.probe_accuracy.correct:
        raise GraderError(
            "reference-accuracy-differs", id=card.id, found=n_right, needed=card.probe_accuracy.correct
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


def evaluate_reference(reference_id: str, mnist: Mnist, root: Path | None = None) -> tuple[Count, ...]:
    """Return, for each digit, how many of the MNIST test set the network reads rightly."""
    read = load_reference(reference_id, root).predict(as_images(mnist.test_images)).argmax(axis=1)
    is_right = read == mnist.test_labels
    digits = [is_right[mnist.test_labels == digit] for digit in range(10)]
    return tuple(Count(correct=int(np.count_nonzero(right)), total=len(right)) for right in digits)
