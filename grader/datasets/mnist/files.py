"""The MNIST digits that the reference networks learn from and are tested on."""

import gzip
import hashlib
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from grader.errors import GraderError

Digits = npt.NDArray[np.uint8]
"""uint8, shape (n, 28, 28), ink 255 on background 0; or labels of shape (n,), 0 to 9."""

TRAIN_CLASS_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
"""How often each digit occurs among the 60,000 training digits. Source: LeCun, Cortes & Burges, MNIST."""

TEST_CLASS_COUNTS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
"""How often each digit occurs among the 10,000 test digits. Source: as above."""

_IDX_UINT8 = b"\x00\x00\x08"
"""First bytes of an IDX file of unsigned bytes; the next byte is the number of axes."""

_NPZ_KEYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, kw_only=True, eq=False)
class Mnist:
    """All 70,000 digits."""

    train_images: Digits
    """(60000, 28, 28)."""
    train_labels: Digits
    """(60000,)."""
    test_images: Digits
    """(10000, 28, 28)."""
    test_labels: Digits
    """(10000,)."""

    @property
    def sha256(self) -> str:
        """Hash of the four arrays' bytes in the order of the fields, whatever files they came from."""
        digest = hashlib.sha256()
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def load_mnist(path: Path | None = None) -> Mnist:
    """Return the MNIST digits.

    Args:
        path: a folder with the four IDX files, gzipped or not, or an `.npz` as Keras stores it.
            None: Keras' own loader, which downloads the file once and keeps it.

    Raises:
        GraderError: `mnist-not-found`, `mnist-unreadable`, `mnist-wrong-content` or `mnist-no-download`.
    """
    if path is None:
        arrays = _from_keras()
    elif path.is_dir():
        arrays = _from_folder(path)
    elif path.is_file():
        arrays = _from_npz(path)
    else:
        raise GraderError("mnist-not-found", path=str(path))
    return checked_mnist(*arrays, source=str(path or "keras.datasets.mnist"))


def checked_mnist(
    train_images: Digits, train_labels: Digits, test_images: Digits, test_labels: Digits, *, source: str
) -> Mnist:
    """Return the arrays as `Mnist` once shapes, types and class counts are MNIST's.

    Raises:
        GraderError: `mnist-wrong-content`; the message names what was found and what is needed.
    """
    parts = (
        ("training", train_images, train_labels, TRAIN_CLASS_COUNTS),
        ("test", test_images, test_labels, TEST_CLASS_COUNTS),
    )
    for part, images, labels, class_counts in parts:
        needed_shape = (sum(class_counts), 28, 28)
        if images.shape != needed_shape or images.dtype != np.uint8:
            raise GraderError(
                "mnist-wrong-content",
                path=source,
                part=f"{part} images",
                found=f"{images.dtype} {images.shape}",
                needed=f"uint8 {needed_shape}",
            )
        is_labels = labels.shape == needed_shape[:1] and labels.dtype == np.uint8
        counts = np.bincount(labels, minlength=10) if is_labels else ()
        if tuple(counts) != class_counts:
            raise GraderError(
                "mnist-wrong-content",
                path=source,
                part=f"{part} labels",
                found=" ".join(map(str, counts)) or f"{labels.dtype} {labels.shape}",
                needed=" ".join(map(str, class_counts)),
            )
    return Mnist(
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def read_idx(path: Path) -> Digits:
    """Return the array of an IDX file of unsigned bytes, gzipped when its name ends in `.gz`.

    Raises:
        GraderError: `mnist-unreadable`: not such a file, or not as long as its header says.

    Source: the format is described on the MNIST page of LeCun, Cortes & Burges.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise GraderError("mnist-unreadable", path=str(path), detail=str(error)) from error
    if content[:3] != _IDX_UINT8 or len(content) < 4 + 4 * content[3]:
        raise GraderError("mnist-unreadable", path=str(path), detail="no IDX header of unsigned bytes")
    n_axes = content[3]
    shape = tuple(np.frombuffer(content, ">u4", n_axes, 4).tolist())
    body = content[4 + 4 * n_axes :]
    if len(body) != math.prod(shape):
        raise GraderError(
            "mnist-unreadable",
            path=str(path),
            detail=f"{len(body)} bytes of pixels, {math.prod(shape)} needed",
        )
    return np.frombuffer(body, np.uint8).reshape(shape)


def _from_folder(folder: Path) -> tuple[Digits, Digits, Digits, Digits]:
    return (
        read_idx(_idx_file(folder, "train-images", 3)),
        read_idx(_idx_file(folder, "train-labels", 1)),
        read_idx(_idx_file(folder, "t10k-images", 3)),
        read_idx(_idx_file(folder, "t10k-labels", 1)),
    )


def _idx_file(folder: Path, stem: str, n_axes: int) -> Path:
    names = [f"{stem}{sign}idx{n_axes}-ubyte{end}" for sign in "-." for end in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise GraderError("mnist-not-found", path=str(folder / names[0]))


def _from_npz(path: Path) -> tuple[Digits, Digits, Digits, Digits]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            train_images, train_labels, test_images, test_labels = (file[key] for key in _NPZ_KEYS)
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise GraderError("mnist-unreadable", path=str(path), detail=str(error)) from error
    return train_images, train_labels, test_images, test_labels


def _from_keras() -> tuple[Digits, Digits, Digits, Digits]:
    import keras

    try:
        (train_images, train_labels), (test_images, test_labels) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras wraps every network failure in a bare Exception
        raise GraderError("mnist-no-download", detail=str(error)) from error
    return train_images, train_labels, test_images, test_labels
