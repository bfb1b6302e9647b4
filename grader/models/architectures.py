"""The six reference networks: how each is built and trained.

Layers and parameter counts are those of the lectures; a `Recipe` is data, `build` needs TensorFlow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SEED = 20240301
"""Seed of every recipe: weights, order of the batches, augmentation."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one reference network is trained."""

    id: str
    """Name of the folder below `reference_models/`."""
    source: str
    """Lecture it comes from, and what the lecture leaves open."""
    optimizer: str
    """Keras name: "sgd", "rmsprop" or "adam"."""
    learning_rate: float
    """Rate at the start; the referee's falls to 0 along a cosine."""
    batch_size: int
    """Images per step."""
    epochs: int | None
    """Passes over the training images; None when `steps` says how long."""
    steps: int | None = None
    """Gradient steps; None when `epochs` says how long."""
    validation_share: float = 0.0
    """Share of the 60,000 training digits held back, the last ones; in [0, 1)."""
    seed: int = SEED
    """Seed of all randomness."""
    parameters: int
    """Exact number of weights, those of BatchNormalization's moving averages included."""
    outputs: str = "probabilities"
    """"probabilities" (softmax in the network) or "logits"."""
    augmented: bool = False
    """Whether it also learns from transformed and drawn digits; see `augmentation` and `strokes`."""


RECIPES: dict[str, Recipe] = {
    recipe.id: recipe
    for recipe in (
        Recipe(
            id="lecture-mlp",
            source="Day 4, dense network; the lecture leaves optimizer and batch to the notebook",
            optimizer="rmsprop",
            learning_rate=1e-3,
            batch_size=128,
            epochs=5,
            parameters=407_050,
        ),
        Recipe(
            id="lecture-cnn-valid",
            source="Day 4, convolutional network without padding",
            optimizer="rmsprop",
            learning_rate=1e-4,
            batch_size=200,
            epochs=5,
            validation_share=0.2,
            parameters=843_658,
        ),
        Recipe(
            id="lecture-cnn-deep",
            source="CNN lecture; optimizer, batch and epochs are ours",
            optimizer="adam",
            learning_rate=1e-3,
            batch_size=128,
            epochs=5,
            parameters=3_156_098,
        ),
        Recipe(
            id="lecture-cnn-logits",
            source="CNN lab",
            optimizer="adam",
            learning_rate=1e-4,
            batch_size=50,
            epochs=None,
            steps=2_500,
            parameters=333_526,
            outputs="logits",
        ),
        Recipe(
            id="lecture-cnn-small",
            source="Day 10; learning rate 0.01 without momentum, Keras' default",
            optimizer="sgd",
            learning_rate=1e-2,
            batch_size=32,
            epochs=5,
            parameters=50_186,
        ),
        Recipe(
            id="referee",
            source="ours: judges whether a digit can be read",
            optimizer="adam",
            learning_rate=2.5e-3,
            batch_size=128,
            epochs=24,
            parameters=347_458,
            augmented=True,
        ),
    )
}
"""Every reference network by id."""


def build(recipe_id: str) -> Any:
    """Return the untrained Keras model of `recipe_id`.

    Input float32, the images of its data set, for digits (n, 28, 28, 1), ink 1 on background 0; output (n, 10),
    probabilities or logits as the recipe says. The networks without a recipe are those that weights may belong to.

    Raises:
        KeyError: there is no such recipe.
    """
    import keras

    return keras.Sequential(_BUILDERS[recipe_id](keras.layers), name=recipe_id.replace("-", "_"))


def _lecture_mlp(layers: Any) -> list[Any]:
    return [
        layers.Input((28, 28, 1)),
        layers.Flatten(),
        layers.Dense(512, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def _lecture_cnn_valid(layers: Any) -> list[Any]:
    return [
        layers.Input((28, 28, 1)),
        layers.Conv2D(32, 3),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(512, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def _lecture_cnn_deep(layers: Any) -> list[Any]:
    return [
        layers.Input((28, 28, 1)),
        layers.Conv2D(32, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 2, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(1000, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]


def _lecture_cnn_logits(layers: Any) -> list[Any]:
    return [
        layers.Input((28, 28, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(100, activation="relu"),
        layers.Dense(10),
    ]


def _lecture_cnn_small(layers: Any, shape: tuple[int, int, int] = (28, 28, 1)) -> list[Any]:
    return [
        layers.Input(shape),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]


def _cifar_cnn_small(layers: Any) -> list[Any]:
    return _lecture_cnn_small(layers, (32, 32, 3))


def _cifar_cnn_tf(layers: Any) -> list[Any]:
    stack: list[Any] = [layers.Input((32, 32, 3))]
    for filters in (32, 64, 128):
        stack += [
            layers.Conv2D(filters, 3, padding="same", activation="relu", use_bias=False),
            layers.MaxPooling2D(),
            layers.Dropout(0.3),
        ]
    return [
        *stack,
        layers.Flatten(),
        layers.Dense(625, activation="relu", use_bias=False),
        layers.Dense(10, use_bias=False),
    ]


def _cifar_cnn_keras(layers: Any) -> list[Any]:
    return [
        layers.Input((32, 32, 3)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(512, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]


def _referee(layers: Any) -> list[Any]:
    stack: list[Any] = [layers.Input((28, 28, 1))]
    for filters, padding, is_pooled in _REFEREE_LAYERS:
        stack.append(layers.Conv2D(filters, 3, padding=padding, use_bias=False))
        if is_pooled:
            stack.append(layers.MaxPooling2D())
        stack += [layers.BatchNormalization(), layers.ReLU()]
    return [
        *stack,
        layers.GlobalAveragePooling2D(),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ]


_REFEREE_LAYERS = (
    (24, "same", True),
    (40, "same", False),
    (56, "same", True),
    (80, "same", False),
    (112, "valid", False),
    (192, "valid", False),
)
"""Filters and padding of each 3x3 convolution, and whether pooling halves the sides after it."""

_BUILDERS: dict[str, Callable[[Any], list[Any]]] = {
    "lecture-mlp": _lecture_mlp,
    "lecture-cnn-valid": _lecture_cnn_valid,
    "lecture-cnn-deep": _lecture_cnn_deep,
    "lecture-cnn-logits": _lecture_cnn_logits,
    "lecture-cnn-small": _lecture_cnn_small,
    "fashion-cnn-small": _lecture_cnn_small,
    "cifar-cnn-small": _cifar_cnn_small,
    "cifar-cnn-tf": _cifar_cnn_tf,
    "cifar-cnn-keras": _cifar_cnn_keras,
    "referee": _referee,
}
