"""Data set → its test images and their classes."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from grader.core.dataset import WITHHELD, Dataset
from grader.core.picture import Images
from grader.datasets.card import dataset_folders
from grader.errors import GraderError

TEST_SET_FILE = "test_set.npz"
"""`images` uint8 (n, h, w) or (n, h, w, 3), `labels` uint8 (n,); shipped ones also `indices`, the places in the whole test
set."""

IMAGES_FILE, LABELS_FILE = "images.npy", "labels.npy"
"""The same two arrays in the cache, where the images are too many to be held at once."""

MOST_BYTES = 64 << 20
"""So many bytes of pixels are held as numbers at a time."""

Bytes = npt.NDArray[np.uint8]


class StoredImages:
    """Images that stay bytes, on disk where they are many, until they are asked for.

    It can be used where `Images` are taken row by row: `len`, `shape`, and `[rows]`, which gives float32 in [0, 1].
    """

    def __init__(self, stored: Bytes) -> None:
        self._stored = stored
        self.shape = stored.shape
        """(n, height, width, channels)."""

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, rows: Any) -> "Images | StoredImages":
        if isinstance(rows, slice) and rows.step is None and self._stored[rows].nbytes * 4 > MOST_BYTES:
            return StoredImages(self._stored[rows])
        return as_images(np.asarray(self._stored[rows]))


def as_images(pictures: Bytes) -> Images:
    """Return uint8 pictures, (n, height, width) or with channels, as float32 with channels, in [0, 1]."""
    images = pictures.astype(np.float32) / np.float32(255)
    return images[..., np.newaxis] if images.ndim == 3 else images


def load_test_set(dataset: Dataset) -> tuple[Images, npt.NDArray[np.int64]]:
    """Return the test images of a data set.

    Returns:
        Images, (n, height, width, channels), float32 in [0, 1], or `StoredImages` where they are more than `MOST_BYTES`;
        and their classes, int64, (n,). None where the instructor keeps them.

    Raises:
        GraderError: `test-set-missing`: it has to be prepared; `test-set-unreadable`: the file
            is not what it should be, or not the one on the card.
    """
    folder = dataset_folders()[dataset.name]
    path = folder / TEST_SET_FILE
    if not path.exists():
        path = folder / IMAGES_FILE
    if not path.exists():
        if dataset.test_set == WITHHELD:
            return np.zeros((0, *dataset.shape), np.float32), np.zeros(0, np.int64)
        raise GraderError("test-set-missing", name=dataset.name)
    try:
        pictures, labels = _read(path)
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise GraderError("test-set-unreadable", file=str(path), detail=str(error)) from error
    shape = pictures.shape[1:] if pictures.ndim == 4 else (*pictures.shape[1:], 1)
    is_whole = shape == dataset.shape and pictures.dtype == np.uint8 and labels.shape == pictures.shape[:1]
    if not is_whole or not len(labels) or labels.max() >= len(dataset.classes):
        raise GraderError("test-set-unreadable", file=str(path), detail=f"{pictures.dtype} {pictures.shape}")
    if hash_of_test_set(pictures, labels) != dataset.test_set_sha256:
        raise GraderError("test-set-unreadable", file=str(path), detail="SHA-256")
    pictures = pictures.reshape(-1, *dataset.shape)
    stored = StoredImages(pictures)
    images = as_images(pictures) if pictures.nbytes * 4 <= MOST_BYTES else cast("Images", stored)
    return images, labels.astype(np.int64)


def _read(path: Path) -> tuple[Bytes, Bytes]:
    if path.name == IMAGES_FILE:
        labels = np.load(path.with_name(LABELS_FILE), allow_pickle=False)
        return np.load(path, mmap_mode="r", allow_pickle=False), labels
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        return file["images"], file["labels"]


def hash_of_test_set(pictures: Bytes, labels: npt.NDArray[np.integer[Any]]) -> str:
    """Return the hash of a test set: the bytes of the images in order, then of the classes; read in parts."""
    digest = hashlib.sha256()
    step = max(1, MOST_BYTES // max(1, pictures[:1].nbytes))
    for start in range(0, len(pictures), step):
        digest.update(np.ascontiguousarray(pictures[start : start + step]).tobytes())
    digest.update(labels.astype(np.uint8).tobytes())
    return digest.hexdigest()
