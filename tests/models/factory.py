"""Makes model files with real Keras: `python factory.py FOLDER`. Run as a process of its own, so that tests stay light."""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from keras import layers

from grader.resources import resource_folder

# what the network is told → what the lecture's network was trained on
CONVENTIONS = {
    "white-on-black_0-1": (1.0, 0.0),
    "white-on-black_0-255": (1 / 255, 0.0),
    "white-on-black_-1..1": (0.5, 0.5),
    "black-on-white_0-1": (-1.0, 1.0),
    "black-on-white_0-255": (-1 / 255, 1.0),
    "black-on-white_-1..1": (-0.5, 0.5),
}


def lecture(scale: float, offset: float) -> keras.Model:
    """The shipped lecture network behind a layer that makes it expect another input convention."""
    trained = keras.models.load_model(
        resource_folder("reference_models") / "lecture-cnn-small" / "model.keras"
    )
    return keras.Sequential([keras.Input((28, 28, 1)), layers.Rescaling(scale, offset), *trained.layers])


def dense(shape: tuple[int, ...], outputs: int = 10) -> keras.Model:
    return keras.Sequential(
        [keras.Input(shape), layers.Flatten(), layers.Dense(outputs, activation="softmax")]
    )


def endless() -> keras.Model:
    """Half a million steps for every batch: hours of honest standard layers."""
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(1),
            layers.RepeatVector(500_000),
            layers.SimpleRNN(256),
            layers.Dense(10, activation="softmax"),
        ]
    )


def nan() -> keras.Model:
    model = dense((28, 28, 1))
    model.layers[-1].set_weights([np.full((784, 10), np.nan), np.zeros(10)])
    return model


def main(folder: Path) -> None:
    keras.utils.set_random_seed(1)
    for name, (scale, offset) in CONVENTIONS.items():
        lecture(scale, offset).save(folder / f"{name}.keras")
    lecture(1, 0).save(folder / "hdf5.h5")
    dense((784,)).save(folder / "flat.keras")
    dense((28, 28)).save(folder / "square.keras")
    dense((29, 22, 1)).save(folder / "rectangle.keras")
    dense((28, 28, 1), outputs=11).save(folder / "eleven.keras")
    endless().save(folder / "endless.keras")
    nan().save(folder / "nan.keras")
    dense((28, 28, 1)).save_weights(folder / "only.weights.h5")
    keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Lambda(lambda x: x * 2), layers.Dense(10)]
    ).save(folder / "lambda.keras")
    whole = (folder / "flat.keras").read_bytes()
    (folder / "truncated.keras").write_bytes(whole[: len(whole) // 2])
    (folder / "text.keras").write_text("not a model")
    whole = (folder / "hdf5.h5").read_bytes()
    (folder / "truncated.h5").write_bytes(whole[: len(whole) // 2])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
