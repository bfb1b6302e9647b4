"""Build the sample class in `submissions/` from MNIST: eight invented students and what they hand in.

    python scripts/build_sample_class.py --mnist FOLDER --out submissions

FOLDER holds the four files of MNIST (`train-images-idx3-ubyte` …). No digit of the shipped test set is used.
Takes about five minutes on one core; the same seed and library versions give the same files.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sample_pictures as pictures
from PIL import Image

SEED = 20251121
STAMP = (2025, 11, 21, 12, 0, 0)
Bytes = npt.NDArray[np.uint8]
TEST_SET = Path(__file__).resolve().parent.parent / "datasets" / "mnist" / "test_set.npz"


@dataclass(frozen=True, kw_only=True)
class Mnist:
    """The data set; images uint8 (n, 28, 28), labels uint8 (n,)."""

    train_images: Bytes
    train_labels: Bytes
    test_images: Bytes
    test_labels: Bytes


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A network and what it did on the 10,000 test digits."""

    model: Any
    training_accuracy: list[float]
    test_accuracy: list[float]
    predictions: Bytes
    confidences: npt.NDArray[np.float32]


def read_mnist(folder: Path) -> Mnist:
    """Read the raw IDX files."""

    def images(name: str) -> Bytes:
        return np.fromfile(folder / name, np.uint8)[16:].reshape(-1, 28, 28)

    def labels(name: str) -> Bytes:
        return np.fromfile(folder / name, np.uint8)[8:]

    return Mnist(
        train_images=images("train-images-idx3-ubyte"),
        train_labels=labels("train-labels-idx1-ubyte"),
        test_images=images("t10k-images-idx3-ubyte"),
        test_labels=labels("t10k-labels-idx1-ubyte"),
    )


def train(
    layers: str,
    mnist: Mnist,
    prepare: Callable[[Bytes], npt.NDArray[np.float32]],
    *,
    epochs: int,
    examples: int = 60_000,
) -> Trained:
    """Train a network.

    Args:
        layers: "cnn" (the lecture's small one, 50,186 parameters), "dense" (128 units) or "weak" (12 units).
        mnist: the data.
        prepare: turns uint8 (n, 28, 28) into the network's input (n, 28, 28, 1).
        epochs: passes over the examples.
        examples: how many training digits are used.
    """
    import keras

    keras.utils.set_random_seed(SEED)
    hidden = {
        "cnn": [
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
        ],
        "dense": [keras.layers.Flatten(), keras.layers.Dense(128, activation="relu")],
        "weak": [keras.layers.Flatten(), keras.layers.Dense(12, activation="relu")],
    }[layers]
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), *hidden, keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    test = prepare(mnist.test_images)
    history = model.fit(
        prepare(mnist.train_images[:examples]),
        mnist.train_labels[:examples],
        validation_data=(test, mnist.test_labels),
        batch_size=128,
        epochs=epochs,
        verbose=0,
    ).history
    scores = model.predict(test, batch_size=500, verbose=0)
    return Trained(
        model=model,
        training_accuracy=history["accuracy"],
        test_accuracy=history["val_accuracy"],
        predictions=scores.argmax(axis=1).astype(np.uint8),
        confidences=scores.max(axis=1),
    )


def model_bytes(trained: Trained, suffix: str, scratch: Path) -> bytes:
    """Return the saved network without the state of its optimizer, and without the time of saving."""
    import keras

    path = scratch / f"model{suffix}"
    bare = keras.Sequential.from_config(trained.model.get_config())
    bare.set_weights(trained.model.get_weights())
    bare.save(path)
    if suffix == ".h5":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(contents["metadata.json"]) | {"date_saved": "2025-11-21@12:00:00"}
    return zipped(contents | {"metadata.json": json.dumps(metadata).encode()}, zipfile.ZIP_STORED)


def zipped(contents: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip whose bytes depend on `contents` only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in contents.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = method
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def encoded(picture: Image.Image, kind: str) -> bytes:
    """Return a picture as "png" or "jpg"."""
    buffer = io.BytesIO()
    if kind == "jpg":
        picture.save(buffer, "JPEG", quality=80)
    else:
        picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


class Digits:
    """Test digits that are handed out once each."""

    def __init__(self, mnist: Mnist, readable: npt.NDArray[np.bool_]) -> None:
        """Take the `readable` (bool, (10000,)) digits of ordinary weight that are not in the test set."""
        self._mnist = mnist
        free = readable.copy()
        weights = mnist.test_images.mean(axis=(1, 2))
        for digit in range(10):
            of_digit = mnist.test_labels == digit
            light, heavy = np.percentile(weights[of_digit], [35, 75])
            free[of_digit & ((weights < light) | (weights > heavy))] = False
        free[np.load(TEST_SET)["indices"]] = False
        self.rng = np.random.default_rng(SEED)
        order = self.rng.permutation(np.flatnonzero(free))
        self._queues: list[Iterator[int]] = [iter(order[mnist.test_labels[order] == d]) for d in range(10)]

    def next(self, digit: int) -> Bytes:
        """Return the next image (28, 28) of `digit`."""
        return self._mnist.test_images[next(self._queues[digit])]


def build(mnist: Mnist, scratch: Path) -> dict[str, bytes]:
    """Return every file of the class by its path."""
    unit = lambda x: (x.astype(np.float32) / 255)[..., None]  # noqa: E731
    cnn = train("cnn", mnist, unit, epochs=4)
    weak = train("weak", mnist, unit, epochs=6, examples=10_000)
    bytes_cnn = train("cnn", mnist, lambda x: x.astype(np.float32)[..., None], epochs=2)
    inverted = train("cnn", mnist, lambda x: 1 - unit(x), epochs=3)
    dense = train("dense", mnist, unit, epochs=3)
    for name, trained in {
        "cnn": cnn,
        "weak": weak,
        "0-255": bytes_cnn,
        "inverted": inverted,
        "dense": dense,
    }.items():
        print(f"{name}: {trained.test_accuracy[-1]:.4f} of 10,000 test digits")
    readable = (cnn.predictions == mnist.test_labels) & (dense.predictions == mnist.test_labels)
    readable &= (cnn.confidences > 0.99) & (dense.confidences > 0.9)
    digits = Digits(mnist, readable)
    rng = digits.rng
    files: dict[str, bytes] = {}

    def hand_in(folder: str, contents: Mapping[str, bytes | str]) -> None:
        for name, content in contents.items():
            files[f"{folder}/{name}"] = content.encode() if isinstance(content, str) else content

    def ten(
        name: str, make: Callable[[Bytes], Image.Image], without: tuple[int, ...] = ()
    ) -> dict[str, bytes]:
        kind = name.rsplit(".", 1)[1]
        kept = [d for d in range(10) if d not in without]
        return {name.format(d): encoded(make(digits.next(d)), kind) for d in kept}

    wrong = np.flatnonzero(cnn.predictions != mnist.test_labels)[:16]
    hand_in(
        "20250001-kim-minseo",
        ten("digits/{}.jpg", lambda x: pictures.photo(x, rng, is_blue=True))
        | {
            f"ambiguous/{a}.png": encoded(
                pictures.drawing(
                    pictures.blend(digits.next(a), digits.next(b), 0.55), rng, is_transparent=False
                ),
                "png",
            )
            for a, b in ((4, 9), (7, 1), (3, 8), (5, 6))
        }
        | {
            "model.keras": model_bytes(cnn, ".keras", scratch),
            "figures/accuracy_curve.png": encoded(
                pictures.accuracy_figure(cnn.training_accuracy, cnn.test_accuracy), "png"
            ),
            "figures/misread_grid.png": encoded(
                pictures.grid_figure(
                    mnist.test_images[wrong],
                    [int(d) for d in mnist.test_labels[wrong]],
                    [int(d) for d in cnn.predictions[wrong]],
                ),
                "png",
            ),
            "report.md": full_report(cnn),
        },
    )
    hand_in(
        "20250002-lee-jihun",
        ten("digits/digit_{}.png", lambda x: pictures.drawing(x, rng, is_transparent=False))
        | {
            "model.h5": model_bytes(weak, ".h5", scratch),
            "report.txt": f"I used one hidden layer. Test accuracy {weak.test_accuracy[-1]:.4f}.\n",
        },
    )
    hand_in(
        "20250003-park-seoyeon",
        ten("my_digits/{}.png", lambda x: pictures.scan(x, rng))
        | {
            "mnist_cnn.keras": model_bytes(bytes_cnn, ".keras", scratch),
            "homework.ipynb": notebook(bytes_cnn),
        },
    )
    hand_in(
        "20250004-choi-haram",
        ten("digits/{}.jpg", lambda x: pictures.chalk(x, rng))
        | {
            "model.keras": model_bytes(inverted, ".keras", scratch),
            "report.md": "# Digits on the board\n\nI trained on black digits on white: `x = 1 - x / 255`. "
            f"Test accuracy {inverted.test_accuracy[-1]:.4f}. My pictures are chalk, white on dark.\n",
        },
    )
    inside = ten(
        "손글씨/{}.png", lambda x: pictures.drawing(x, rng, is_transparent=False), without=(6, 8)
    ) | {
        "모델.h5": model_bytes(dense, ".h5", scratch),
        "보고서.md": f"# 손글씨 숫자 인식\n\n시험 정확도는 {dense.test_accuracy[-1]:.4f}입니다.\n".encode(),
    }
    files["20250005-정하늘.zip"] = zipped(
        {unicodedata.normalize("NFD", f"정하늘/{name}"): content for name, content in inside.items()}
    )
    hand_in(
        "20250006-yoon-seojun",
        ten("{}.jpg", lambda x: pictures.photo(x, rng, is_blue=False))
        | {"report.md": "# My digits\n\nTen photos. I could not save the model in time.\n"},
    )
    saved = model_bytes(dense, ".keras", scratch)
    hand_in(
        "20250007-han-yuna",
        ten("digit{}.png", lambda x: pictures.drawing(x, rng, is_transparent=True))
        | {
            "model.keras": saved[: len(saved) // 2],
            "report.md": "# CNN homework\n\nThe model worked in Colab. The upload stopped once.\n",
        },
    )
    files["20250008-baek-doyun/.gitkeep"] = b""
    return files


def full_report(cnn: Trained) -> str:
    """Return a report that has everything the homework asks for."""
    return f"""# Reading my own digits

## 1. The lecture's network
Two convolutions, {len(cnn.test_accuracy)} epochs; {cnn.test_accuracy[-1]:.4f} of 10,000 test digits are read.

![accuracy curve](figures/accuracy_curve.png)

Sixteen test digits that it reads wrongly:

![misread digits](figures/misread_grid.png)

## 2. My own handwriting
I wrote 0 to 9 on paper and took photos (`digits/`). The code shrinks a photo to 28 x 28, turns it into white
ink on black, and centers the digit, because MNIST's digits are centered too.

## 3. Digits that are hard to read
In `ambiguous/` are a 4 nearly closed like a 9, a 7 with a steep stroke, a 3 almost closed to an 8 and a 5
with a round belly. They share most of their strokes with another digit, and only a gap tells them apart.
I expect the same trouble when a digit moves by five pixels, because pooling forgives small shifts only.
"""


def notebook(trained: Trained) -> str:
    """Return a report as a notebook, with outputs."""
    cells = [
        ("markdown", "# Homework: CNN on MNIST"),
        (
            "code",
            "x_train = x_train.reshape(-1, 28, 28, 1)\nmodel.fit(x_train, y_train, batch_size=128, epochs=2)",
        ),
        ("code", "model.evaluate(x_test, y_test)"),
        (
            "markdown",
            "Ten pencil digits, scanned. The 28 x 28 pictures go in as 0 to 255, like the training data.",
        ),
    ]
    outputs = {2: f"accuracy: {trained.test_accuracy[-1]:.4f}"}
    document = {
        "cells": [
            {"cell_type": kind, "metadata": {}, "source": source}
            | (
                {
                    "execution_count": i,
                    "outputs": [{"output_type": "stream", "name": "stdout", "text": outputs[i]}]
                    if i in outputs
                    else [],
                }
                if kind == "code"
                else {}
            )
            for i, (kind, source) in enumerate(cells)
        ],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1) + "\n"


def main() -> None:
    """Write the class, leaving the folder's README alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mnist", type=Path, required=True, help="folder of the four IDX files")
    parser.add_argument("--out", type=Path, default=Path("submissions"), help="folder to fill")
    arguments = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[variable] = "1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    scratch = arguments.out / ".building"
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        files = build(read_mnist(arguments.mnist), scratch)
    finally:
        shutil.rmtree(scratch)
    for name, content in files.items():
        path = arguments.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes in {arguments.out}")


if __name__ == "__main__":
    main()
