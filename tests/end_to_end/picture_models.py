"""Networks for clothes and two colors, with weights set by hand; runs in its own process: `picture_models.py FOLDER`."""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

from grader.datasets.card import find_dataset
from grader.datasets.test_set import load_test_set
from grader.resources import resource_folder

layers = keras.layers
SIDE = 64


def colors(last: keras.Layer, weights: list[np.ndarray], *before: keras.Layer) -> keras.Model:
    """A convolution that keeps the colors, their means, and one dense layer with the given weights."""
    keep = layers.Conv2D(3, 1, use_bias=False)
    shape = (3, SIDE, SIDE) if before else (SIDE, SIDE, 3)
    model = keras.Sequential([layers.Input(shape), *before, keep, layers.GlobalAveragePooling2D(), last])
    keep.set_weights([np.eye(3, dtype=np.float32)[None, None]])
    last.set_weights(weights)
    return model


def redder(scale: float) -> list[np.ndarray]:
    """Class 0 where red is above blue, class 1 where it is below."""
    return [np.array([[20, -20], [0, 0], [-20, 20]], np.float32) / scale, np.zeros(2, np.float32)]


def two_colors(folder: Path) -> None:
    colors(layers.Dense(2, activation="softmax"), redder(1)).save(folder / "excellent.keras")
    permuted = layers.Permute((2, 3, 1))
    colors(layers.Dense(2, activation="softmax"), redder(255), permuted).save(folder / "first-255.keras")
    one = [np.array([[40], [0], [-40]], np.float32) / 255, np.zeros(1, np.float32)]
    colors(layers.Dense(1, activation="sigmoid"), one).save(folder / "sigmoid-swapped.keras")
    green = np.array([[20, -20], [0, 0], [-20, 20]]) + 2 * np.array([[-10, 10], [20, -20], [-10, 10]])
    weak = [green.astype(np.float32), np.zeros(2, np.float32)]
    colors(layers.Dense(2), weak).save(folder / "weak.keras")
    colors(layers.Dense(3), [np.zeros((3, 3), np.float32), np.zeros(3, np.float32)]).save(
        folder / "broken.keras"
    )


def clothes(folder: Path) -> None:
    """The lecture's small network as it is, for 0 to 255 and with channels first; the nearest mean; eleven outputs."""
    path = resource_folder("reference_models") / "fashion-cnn-small" / "model.keras"

    def small() -> list[keras.Layer]:
        return keras.models.load_model(path, compile=False).layers

    keras.Sequential([layers.Input((28, 28, 1)), *small()]).save(folder / "clothes-excellent.keras")
    keras.Sequential([layers.Input((28, 28, 1)), layers.Rescaling(1 / 255), *small()]).save(
        folder / "clothes-255.keras"
    )
    keras.Sequential([layers.Input((1, 28, 28)), layers.Permute((2, 3, 1)), *small()]).save(
        folder / "clothes-first.keras"
    )
    images, labels = load_test_set(find_dataset("fashion-mnist"))
    means = np.stack([images[labels == label].mean(axis=0).ravel() for label in range(10)])
    nearest = layers.Dense(10)
    model = keras.Sequential([layers.Input((28, 28, 1)), layers.Flatten(), nearest])
    nearest.set_weights([2 * means.T, -(means**2).sum(axis=1)])
    model.save(folder / "clothes-weak.keras")
    keras.Sequential([layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(11)]).save(
        folder / "clothes-broken.keras"
    )


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    two_colors(target)
    clothes(target)
