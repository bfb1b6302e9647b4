"""A thousand MNIST test digits that travel with the package."""

import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images
from grader.datasets.mnist.files import Mnist
from grader.errors import GraderError
from grader.resources import resource_folder

TEST_SET_FILE = "test_set.npz"
"""Name of the file in `reference_models/`."""

PER_CLASS = 100
"""How many digits of each class."""

TEST_SET_SEED = 1000
"""Seed of the choice."""


def load_test_set() -> tuple[Images, npt.NDArray[np.int64]]:
    """Return the test images.

    Returns:
        Images, float32, (1000, 28, 28, 1), ink 1 on background 0; and labels, int64, (1000,), 100 of each
        class.

    Raises:
        GraderError: `test-set-unreadable`: the file is missing or is not what it should be.
    """
    path = resource_folder("reference_models") / TEST_SET_FILE
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            digits, labels = file["images"], file["labels"]
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise GraderError("test-set-unreadable", file=str(path), detail=str(error)) from error
    n = 10 * PER_CLASS
    if digits.shape != (n, 28, 28) or digits.dtype != np.uint8 or labels.shape != (n,):
        raise GraderError("test-set-unreadable", file=str(path), detail=f"{digits.dtype} {digits.shape}")
    return as_images(digits), labels.astype(np.int64)


def as_images(digits: npt.NDArray[np.uint8]) -> Images:
    """Return `digits`, uint8 (n, 28, 28), as float32 (n, 28, 28, 1) in [0, 1]."""
    return (digits.astype(np.float32) / np.float32(255))[..., np.newaxis]


def choose_test_set(mnist: Mnist) -> npt.NDArray[np.int64]:
    """Return the places of the test images in the MNIST test set, ascending."""
    random = np.random.default_rng(TEST_SET_SEED)
    chosen = [
        random.choice(np.flatnonzero(mnist.test_labels == digit), PER_CLASS, replace=False)
        for digit in range(10)
    ]
    return np.sort(np.concatenate(chosen))


def write_test_set(mnist: Mnist, path: Path) -> None:
    """Write the test images to `path`.

    The file holds `images` uint8 (1000, 28, 28), `labels` uint8 (1000,) and `indices` uint16 (1000,), the
    digits' places in the MNIST test set, in this order.
    """
    indices = choose_test_set(mnist)
    np.savez_compressed(
        path,
        images=mnist.test_images[indices],
        labels=mnist.test_labels[indices],
        indices=indices.astype(np.uint16),
    )
