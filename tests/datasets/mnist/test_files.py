import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from grader.datasets.mnist.files import (
    TEST_CLASS_COUNTS,
    TRAIN_CLASS_COUNTS,
    Mnist,
    checked_mnist,
    load_mnist,
    read_idx,
)
from grader.errors import GraderError
from tests.loops import every


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def digits_like_mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    train_labels = np.repeat(np.arange(10, dtype=np.uint8), TRAIN_CLASS_COUNTS)
    test_labels = np.repeat(np.arange(10, dtype=np.uint8), TEST_CLASS_COUNTS)
    train_images = np.zeros((60_000, 28, 28), np.uint8)
    test_images = np.zeros((10_000, 28, 28), np.uint8)
    test_images[7, 3, 5] = 99
    return train_images, train_labels, test_images, test_labels


def write_idx_folder(folder: Path, *, sign: str = "-", is_zipped: bool = False) -> None:
    names = ["train-images@idx3", "train-labels@idx1", "t10k-images@idx3", "t10k-labels@idx1"]
    for name, array in zip(names, digits_like_mnist(), strict=True):
        path = folder / (name.replace("@", sign) + "-ubyte" + ".gz" * is_zipped)
        content = idx(array)
        path.write_bytes(gzip.compress(content, 1) if is_zipped else content)


def slug_of(call: object, *arguments: object) -> str:
    with pytest.raises(GraderError) as caught:
        call(*arguments)  # type: ignore[operator]
    return caught.value.slug


def test_class_counts_when_summed_then_all_digits_of_mnist() -> None:
    assert sum(TRAIN_CLASS_COUNTS) == 60_000
    assert sum(TEST_CLASS_COUNTS) == 10_000


@every("sign, is_zipped", [("-", False), (".", False), ("-", True)])
def test_folder_when_it_holds_idx_files_then_read(sign: str, is_zipped: bool, tmp_path: Path) -> None:
    write_idx_folder(tmp_path, sign=sign, is_zipped=is_zipped)
    mnist = load_mnist(tmp_path)
    assert mnist.test_images[7, 3, 5] == 99
    assert mnist.test_images.sum() == 99
    assert np.bincount(mnist.train_labels).tolist() == list(TRAIN_CLASS_COUNTS)


def test_npz_when_it_is_keras_file_then_same_hash_as_idx_folder(tmp_path: Path) -> None:
    arrays = digits_like_mnist()
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, x_train=arrays[0], y_train=arrays[1], x_test=arrays[2], y_test=arrays[3])
    assert (
        load_mnist(path).sha256
        == Mnist(
            train_images=arrays[0], train_labels=arrays[1], test_images=arrays[2], test_labels=arrays[3]
        ).sha256
    )


def test_hash_when_one_pixel_differs_then_differs() -> None:
    arrays = digits_like_mnist()
    before = checked_mnist(*arrays, source="memory").sha256
    arrays[0][0, 0, 0] = 1
    assert checked_mnist(*arrays, source="memory").sha256 != before


def test_idx_when_written_then_read_back(tmp_path: Path) -> None:
    array = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "plain").write_bytes(idx(array))
    (tmp_path / "zipped.gz").write_bytes(gzip.compress(idx(array)))
    assert np.array_equal(read_idx(tmp_path / "plain"), array)
    assert np.array_equal(read_idx(tmp_path / "zipped.gz"), array)


@every(
    "name, content",
    [
        ("empty", b""),
        ("text", b"hello, this is not a header"),
        ("floats", bytes([0, 0, 0x0D, 1, 0, 0, 0, 1, 0, 0, 0, 0])),
        ("cut header", bytes([0, 0, 8, 3, 0, 0])),
        ("cut body", idx(np.zeros((2, 3), np.uint8))[:-1]),
        ("too long", idx(np.zeros((2, 3), np.uint8)) + b"\0"),
        ("claims more", bytes([0, 0, 8, 2]) + struct.pack(">2I", 0xFFFFFFFF, 0xFFFFFFFF)),
        ("no gzip.gz", idx(np.zeros(3, np.uint8))),
        ("cut.gz", gzip.compress(idx(np.zeros((50, 28), np.uint8)))[:-9]),
        ("damaged.gz", gzip.compress(b"x" * 100)[:12] + b"\xff" * 12),
    ],
)
def test_idx_when_damaged_then_unreadable(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert slug_of(read_idx, tmp_path / name) == "mnist-unreadable"


def test_path_when_nothing_is_there_then_not_found(tmp_path: Path) -> None:
    assert slug_of(load_mnist, tmp_path / "nowhere") == "mnist-not-found"
    assert slug_of(load_mnist, tmp_path) == "mnist-not-found"


@every("content", [b"", b"no zip", b"PK\x03\x04cut"])
def test_npz_when_damaged_then_unreadable(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)
    assert slug_of(load_mnist, path) == "mnist-unreadable"


def test_npz_when_arrays_hold_objects_then_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    np.savez(path, **dict.fromkeys(("x_train", "y_train", "x_test", "y_test"), np.array([{}], object)))
    assert slug_of(load_mnist, path) == "mnist-unreadable"


def test_content_when_it_is_another_data_set_of_the_same_shape_then_refused() -> None:
    train_images, train_labels, test_images, _ = digits_like_mnist()
    fashion_labels = np.repeat(np.arange(10, dtype=np.uint8), 1000)
    with pytest.raises(GraderError) as caught:
        checked_mnist(train_images, train_labels, test_images, fashion_labels, source="memory")
    assert caught.value.slug == "mnist-wrong-content"
    assert caught.value.values["part"] == "test labels"


@every("damage", ["float images", "fewer images", "negative labels", "label 10"])
def test_content_when_shape_type_or_labels_are_wrong_then_refused(damage: str) -> None:
    train_images, train_labels, test_images, test_labels = digits_like_mnist()
    if damage == "float images":
        test_images = test_images.astype(np.float32)
    elif damage == "fewer images":
        test_images = test_images[:-1]
    elif damage == "negative labels":
        test_labels = test_labels.astype(np.int64) - 1
    else:
        test_labels = test_labels + np.uint8(1)
    assert (
        slug_of(lambda: checked_mnist(train_images, train_labels, test_images, test_labels, source="memory"))
        == "mnist-wrong-content"
    )
