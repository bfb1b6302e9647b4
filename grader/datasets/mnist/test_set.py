"""The choice of a thousand MNIST test digits that travel with the package."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from grader.datasets.mnist.files import Mnist

PER_CLASS = 100
"""How many digits of each class."""

TEST_SET_SEED = 1000
"""Seed of the choice."""


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
