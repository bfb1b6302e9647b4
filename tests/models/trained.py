"""Trains small networks under every input convention: `python trained.py FOLDER`, in a process of its own.

The digits are 2,500 of MNIST's training digits where the environment variable GRADER_MNIST names a folder with MNIST's
files. Elsewhere they are the even half of the shipped test images and their copies moved by a pixel; the convention must
then be told from the odd half, which no network has seen.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from grader.datasets.mnist.files import load_mnist
from tests.digits import load_test_set

MNIST = os.environ.get("GRADER_MNIST")
EPOCHS, EPOCHS_OF_LARGE = 10, 30
"""Large inputs are learned slowly: after as few passes as the others those networks would hardly read."""
POLARITIES = ("white-on-black", "black-on-white")
SCALES = ("0-1", "0-255", "-1..1", "l2")
LAYOUTS = {
    "flat": (784,),
    "plain": (28, 28),
    "last": (28, 28, 1),
    "first": (1, 28, 28),
    "color": (28, 28, 3),
    "pad": (32, 32, 1),
    "resize": (32, 32, 1),
}


@dataclass(frozen=True, kw_only=True)
class Trained:
    """One network to be made."""

    polarity: str
    scale: str
    layout: str
    kind: str

    @property
    def file(self) -> str:
        return f"{self.polarity}_{self.scale}_{self.layout}_{self.kind}.keras"

    @property
    def convention(self) -> str:
        """Id that must be found."""
        parts = (self.polarity, self.scale, *(["pad"] if self.layout == "pad" else []))
        return "/".join(parts)


def networks() -> Iterator[Trained]:
    """Every combination once, convolutional where a student's would be."""
    for polarity in POLARITIES:
        for layout in LAYOUTS:
            kind = "dense" if layout in {"flat", "plain", "first"} else "conv"
            for scale in (*SCALES, *(["l2-picture"] if layout == "flat" else [])):
                yield Trained(polarity=polarity, scale=scale, layout=layout, kind=kind)


def training_digits() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return pictures (n, 28, 28) in [0, 1], ink 1, and labels."""
    if MNIST:
        mnist = load_mnist(Path(MNIST))
        return mnist.train_images[:2500].astype(np.float32) / 255, mnist.train_labels[:2500].astype(np.int64)
    images, labels = load_test_set()
    half = images[::2, :, :, 0]
    moves = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
    return np.concatenate([np.roll(half, move, axis=(1, 2)) for move in moves]), np.tile(
        labels[::2], len(moves)
    )


def inputs(ink: npt.NDArray[np.float32], wanted: Trained) -> npt.NDArray[np.float32]:
    """Prepare pictures as a student would, with Keras and Pillow, independently of `grader.models`."""
    import keras

    if wanted.layout == "pad":
        ink = np.pad(ink, ((0, 0), (2, 2), (2, 2)))
    elif wanted.layout == "resize":
        size = (32, 32)
        ink = np.stack(
            [np.asarray(Image.fromarray(each).resize(size, Image.Resampling.BILINEAR)) for each in ink]
        )
    grey = 1 - ink if wanted.polarity == "black-on-white" else ink
    if wanted.scale == "l2":
        grey = keras.utils.normalize(grey, axis=1)
    elif wanted.scale == "l2-picture":
        grey = keras.utils.normalize(grey.reshape(len(grey), -1), axis=1)
    else:
        grey = {"0-1": grey, "0-255": 255 * grey, "-1..1": 2 * grey - 1}[wanted.scale]
    shape = LAYOUTS[wanted.layout]
    if shape[-1] == 3:
        return np.repeat(grey[..., None], 3, axis=-1).astype(np.float32)
    return grey.reshape(-1, *shape).astype(np.float32)


def train(wanted: Trained, folder: Path, seed: int) -> None:
    """Train and save one network; large inputs get a small learning rate, without which no unit survives."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    images, labels = training_digits()
    stack = [keras.Input(LAYOUTS[wanted.layout])]
    if wanted.kind == "conv":
        stack += [layers.Conv2D(8, 5, strides=2, activation="relu"), layers.MaxPooling2D()]
    stack += [layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")]
    network = keras.Sequential(stack)
    network.compile(
        keras.optimizers.Adam(4e-4 if wanted.scale == "0-255" else 2e-3),
        "sparse_categorical_crossentropy",
        jit_compile=False,
        steps_per_execution=50,
    )
    network.fit(
        inputs(images, wanted),
        labels,
        epochs=EPOCHS_OF_LARGE if wanted.scale == "0-255" else EPOCHS,
        batch_size=50,
        verbose=0,
    )
    network.save(folder / wanted.file)


if __name__ == "__main__":
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    for number, each in enumerate(networks()):
        train(each, Path(sys.argv[1]), number)
