"""A recipe and MNIST → a reference network on disk: for Keras, for ONNX Runtime, and its card.

Needs TensorFlow and the extra `train`; both are imported when something is trained.
"""

import hashlib
import importlib.metadata
import importlib.util
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.core.count import EMPTY, Count
from grader.core.picture import Images
from grader.datasets.mnist.files import Mnist
from grader.datasets.mnist.test_set import choose_test_set
from grader.datasets.test_set import as_images
from grader.errors import GraderError
from grader.models.architectures import RECIPES, Recipe, build
from grader.models.references import (
    KERAS_FILE,
    ONNX_FILE,
    CardLayer,
    ReferenceCard,
    ReferencePredictor,
    write_card,
)
from grader.training.augmentation import Floats, augment
from grader.training.strokes import draw_digits

OPSET = 17
"""Version of the ONNX operator set; ONNX Runtime reads it since 1.12."""

COMPARED_DIGITS = 256
"""How many test digits Keras and ONNX Runtime must agree on."""

LARGEST_DIFFERENCE = 1e-5
"""By how much their scores may differ at most."""

CONVENTION = "float32 (n, 28, 28, 1), values in [0, 1], ink 1 on background 0"
"""What every reference network expects."""

CLEAN_DIGITS = 12_000
"""How many untouched training digits the referee sees in each epoch."""

DRAWN_DIGITS = 30_000
"""How many drawn digits the referee sees in each epoch: 29 % of the whole."""

HARDEST_OF = 3
"""Transforms tried for each digit in the later epochs; the referee learns the one it reads worst."""

HARDEST_FROM = 0.4
"""Share of the epochs after which it does; before, what it finds hard says little."""

_LIBRARIES = ("keras", "tensorflow", "numpy", "scipy", "onnx", "onnxruntime", "tf2onnx")

Report = Callable[[str], None]
"""Takes a line about the progress."""


def train_reference(recipe_id: str, mnist: Mnist, folder: Path, report: Report) -> ReferenceCard:
    """Train one reference network and write its three files into `folder`.

    Args:
        recipe_id: key of `RECIPES`.
        mnist: the digits.
        folder: made if it is not there.
        report: told about each epoch.

    Returns:
        The card, as written.

    Raises:
        GraderError: `reference-train-extra`: what exporting needs is not installed; or
            `reference-export-differs`: ONNX Runtime answers other than Keras does.
    """
    for module in ("onnx", "tf2onnx"):
        if importlib.util.find_spec(module) is None:
            raise GraderError("reference-train-extra", module=module)
    recipe = RECIPES[recipe_id]
    started = time.perf_counter()
    trained = fit(recipe, mnist, report)
    seconds = time.perf_counter() - started
    return write_reference(recipe, trained, mnist, folder, seconds=round(seconds, 1))


def fit(recipe: Recipe, mnist: Mnist, report: Report) -> Any:
    """Return the Keras model trained as `recipe` says."""
    import keras

    keras.utils.set_random_seed(recipe.seed)
    model = build(recipe.id)
    if recipe.augmented:
        return fit_augmented(recipe, model, mnist, report)
    optimizer = keras.optimizers.get(
        {"class_name": recipe.optimizer, "config": {"learning_rate": recipe.learning_rate}}
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=recipe.outputs == "logits")
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    images, labels = as_images(mnist.train_images), mnist.train_labels.astype(np.int32)
    epochs = recipe.epochs
    if epochs is None:
        images, labels = _steps_worth(images, labels, recipe)
        epochs = 1
    model.fit(
        images,
        labels,
        batch_size=recipe.batch_size,
        epochs=epochs,
        validation_split=recipe.validation_share,
        verbose=0,
        callbacks=[epoch_report(recipe.id, report)],
    )
    return model


def fit_augmented(recipe: Recipe, model: Any, mnist: Mnist, report: Report) -> Any:
    """Return `model` trained on digits that are new in every epoch.

    An epoch holds every training digit once transformed, `CLEAN_DIGITS` of them as they are, and
    `DRAWN_DIGITS` drawn ones, transformed; in the later epochs the transform is the hardest of several. The
    learning rate rises over the first 2 % of the steps and then falls to 0.
    """
    import keras

    random = np.random.default_rng(recipe.seed)
    digits, labels = as_images(mnist.train_images)[..., 0], mnist.train_labels
    n_steps = (recipe.epochs or 0) * ((len(digits) + CLEAN_DIGITS + DRAWN_DIGITS) // recipe.batch_size + 1)
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 10,
        int(0.98 * n_steps),
        warmup_target=recipe.learning_rate,
        warmup_steps=int(0.02 * n_steps),
    )
    model.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"])
    n_epochs = recipe.epochs or 0
    for epoch in range(n_epochs):
        n_tries = HARDEST_OF if epoch >= HARDEST_FROM * n_epochs else 1
        drawn, drawn_labels = draw_digits(DRAWN_DIGITS, random)
        clean = random.choice(len(digits), CLEAN_DIGITS, replace=False)
        images = np.concatenate(
            [
                hardest(model, labels, [augment(digits, random, wide_share=0.6) for _ in range(n_tries)]),
                digits[clean],
                hardest(
                    model, drawn_labels, [augment(drawn, random, wide_share=0.25) for _ in range(n_tries)]
                ),
            ]
        )
        history = model.fit(
            images[..., np.newaxis],
            np.concatenate([labels, labels[clean], drawn_labels]),
            batch_size=recipe.batch_size,
            verbose=0,
        ).history
        report(
            f"{recipe.id} {epoch + 1} " + " ".join(f"{key}={value[-1]:.4f}" for key, value in history.items())
        )
    return model


def hardest(model: Any, labels: npt.NDArray[np.uint8], tries: list[Floats]) -> Floats:
    """Return of each digit the try to whose label `model` gives the lowest probability.

    Args:
        model: Keras model that answers with probabilities.
        labels: uint8, (n,).
        tries: at least one; each float32, (n, 28, 28), the same digits.

    Returns:
        float32, (n, 28, 28).

    Source: "worst-of-k", Engstrom et al. 2019, arXiv 1712.02779.
    """
    if len(tries) == 1:
        return tries[0]
    each = np.arange(len(labels))
    probabilities = [
        model.predict(images[..., np.newaxis], batch_size=500, verbose=0)[each, labels] for images in tries
    ]
    worst = np.argmin(probabilities, axis=0)
    result = tries[0].copy()
    for number in range(1, len(tries)):
        result[worst == number] = tries[number][worst == number]
    return result


def epoch_report(recipe_id: str, report: Report) -> Any:
    """Return a Keras callback that reports the figures of each epoch."""
    import keras

    def told(epoch: int, logs: dict[str, float]) -> None:
        report(f"{recipe_id} {epoch + 1} " + " ".join(f"{key}={value:.4f}" for key, value in logs.items()))

    return keras.callbacks.LambdaCallback(on_epoch_end=told)


def write_reference(
    recipe: Recipe, trained: Any, mnist: Mnist, folder: Path, *, seconds: float
) -> ReferenceCard:
    """Write the files of a trained network; see `train_reference`."""
    folder.mkdir(parents=True, exist_ok=True)
    model = build(recipe.id)
    model.set_weights(trained.get_weights())
    model(np.zeros((1, 28, 28, 1), np.float32))  # Keras exports only a model that has been called
    model.save(folder / KERAS_FILE)
    model.export(folder / ONNX_FILE, format="onnx", opset_version=OPSET, verbose=False)
    test_images = as_images(mnist.test_images)
    card = _card(recipe, model, mnist, folder, seconds)
    predictor = ReferencePredictor(card, (folder / ONNX_FILE).read_bytes())
    compared = test_images[:COMPARED_DIGITS]
    keras_scores = model.predict(compared, batch_size=COMPARED_DIGITS, verbose=0)
    difference = float(np.abs(keras_scores - predictor.scores(compared)).max())
    if not difference <= LARGEST_DIFFERENCE:
        raise GraderError(
            "reference-export-differs",
            id=recipe.id,
            found=f"{difference:.1e}",
            needed=f"{LARGEST_DIFFERENCE:.0e}",
        )
    test_set = choose_test_set(mnist)
    card = replace(
        card,
        accuracy=count_right(predictor, test_images, mnist.test_labels),
        test_set_accuracy=count_right(predictor, test_images[test_set], mnist.test_labels[test_set]),
        onnx={**card.onnx, "largest_difference": difference},
    )
    write_card(card, folder)
    return card


def count_right(predictor: ReferencePredictor, images: Images, labels: npt.NDArray[np.integer[Any]]) -> Count:
    """Return how many of `images` the network reads as `labels`."""
    return Count(correct=int((predictor.predict(images).argmax(axis=1) == labels).sum()), total=len(labels))


def _steps_worth(
    images: Images, labels: npt.NDArray[np.int32], recipe: Recipe
) -> tuple[Images, npt.NDArray[np.int32]]:
    """Return the images of `recipe.steps` batches: shuffled passes, the last one cut short."""
    random = np.random.default_rng(recipe.seed)
    n = (recipe.steps or 0) * recipe.batch_size
    passes = [random.permutation(len(images)) for _ in range(-(-n // len(images)))]
    order = np.concatenate(passes)[:n]
    return images[order], labels[order]


def _card(recipe: Recipe, model: Any, mnist: Mnist, folder: Path, seconds: float) -> ReferenceCard:
    """Return the card with everything but the measured figures."""
    import onnx

    graph = onnx.load(folder / ONNX_FILE)
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return ReferenceCard(
        id=recipe.id,
        dataset="mnist",
        parameters=model.count_params(),
        layers=tuple(_layer(layer) for layer in model.layers),
        outputs=recipe.outputs,
        convention=CONVENTION,
        recipe=asdict(recipe),
        data_sha256=mnist.sha256,
        accuracy=EMPTY,
        test_set_accuracy=EMPTY,
        seconds=seconds,
        versions={"python": platform.python_version(), **versions},
        onnx={"opset": OPSET, "input": graph.graph.input[0].name, "output": graph.graph.output[0].name},
        sha256={
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (KERAS_FILE, ONNX_FILE)
        },
    )


def _layer(layer: Any) -> CardLayer:
    activation = getattr(layer, "activation", None)
    return CardLayer(
        kind=type(layer).__name__,
        activation=getattr(activation, "__name__", ""),
        output_shape=tuple(layer.output.shape[1:]),
        parameters=layer.count_params(),
    )
