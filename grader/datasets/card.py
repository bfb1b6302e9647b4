"""Name → the card of a data set: one that ships, one in the user's cache, or one of a plug-in."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from grader.core.dataset import CACHED, SHIPPED, WITHHELD, Dataset, DatasetClass
from grader.errors import GraderError
from grader.registry import nearest
from grader.resources import resource_folder

CARD_FILE = "card.toml"
"""Name of the card in the folder of its data set."""

CARD_FORMAT = 1
"""Version of the file's form."""

MOST_SIDE = 256
"""Largest side of an image in pixels."""

FEWEST_CLASSES, MOST_CLASSES = 2, 20
"""How many classes a data set may have."""

_CACHE_VARIABLE = "GRADER_DATASETS"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_ONE_OF = {
    "preparation": ("mnist", "plain"),
    "fit": ("crop", "pad"),
    "border": ("background", "reflect"),
    "test_set": (SHIPPED, CACHED, WITHHELD),
}
_LANGUAGES = ("ko", "en")


def cache_folder() -> Path:
    """Return the folder of the user's own data sets: `GRADER_DATASETS`, else `grader/datasets` in the cache."""
    given = os.environ.get(_CACHE_VARIABLE)
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "grader" / "datasets"


def dataset_folders() -> Mapping[str, Path]:
    """Return the folder of every data set by name, sorted; one in the cache stands before one that ships.

    Raises:
        GraderError: `name-taken`: a plug-in calls its data set like one that ships.
    """
    found = {path.parent.name: path.parent for path in resource_folder("datasets").glob(f"*/{CARD_FILE}")}
    for point in entry_points(group="grader.datasets"):
        if point.name in found:
            raise GraderError("name-taken", sort="datasets", name=point.name)
        found[point.name] = Path(point.load()())
    found |= {path.parent.name: path.parent for path in cache_folder().glob(f"*/{CARD_FILE}")}
    return dict(sorted(found.items()))


def list_datasets() -> tuple[Dataset, ...]:
    """Return the card of every data set, by name.

    Raises:
        GraderError: `dataset-unreadable`.
    """
    return tuple(read_card(folder) for folder in dataset_folders().values())


def find_dataset(name: str) -> Dataset:
    """Return the card of one data set.

    Raises:
        GraderError: `dataset-unknown`, which names the nearest known one, or `dataset-unreadable`.
    """
    folders = dataset_folders()
    if name not in folders:
        raise GraderError(
            "dataset-unknown", name=name, nearest=nearest(name, folders), known=", ".join(folders) or "–"
        )
    return read_card(folders[name])


def read_card(folder: Path) -> Dataset:
    """Return the card in `folder`.

    Raises:
        GraderError: `dataset-unreadable`: the card is missing, is no TOML, or a key is wrong; the message names it.
    """
    path = folder / CARD_FILE
    try:
        return card_of(folder.name, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GraderError("dataset-unreadable", file=str(path), detail=_detail(error)) from error


def _detail(error: Exception) -> str:
    return f"key {error} is missing" if isinstance(error, KeyError) else str(error)


def card_of(name: str, table: Mapping[str, Any]) -> Dataset:
    """Return the card that a table describes.

    Raises:
        ValueError, KeyError, TypeError: a key is wrong, missing or unknown.
    """
    rest = dict(table)
    if rest.pop("format") != CARD_FORMAT:
        raise ValueError(f"format: needed {CARD_FORMAT}")
    classes = tuple(
        DatasetClass(
            name=each["name"],
            title=each.get("title") or dict.fromkeys(_LANGUAGES, each["name"]),
            words=tuple(each.get("words", ())),
        )
        for each in rest.pop("classes")
    )
    names = [each.name for each in classes]
    numbers: dict[str, Any] = {
        key: {names.index(one): names.index(other) for one, other in rest.pop(key, {}).items()}
        for key in ("turned", "mirrored")
    }
    plain: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in rest.items()
    }
    dataset = Dataset(name=name, classes=classes, **numbers, **plain)
    for problem in _problems(dataset):
        raise ValueError(problem)
    return dataset


def _problems(dataset: Dataset) -> Iterator[str]:
    if not _NAME.fullmatch(dataset.name):
        yield f"name: {dataset.name}; needed: small letters, digits and -"
    if not FEWEST_CLASSES <= len(set(dataset.class_names)) <= MOST_CLASSES:
        yield f"classes: {len(set(dataset.class_names))} names; needed: {FEWEST_CLASSES} to {MOST_CLASSES}"
    if len(set(dataset.class_names)) != len(dataset.classes):
        yield "classes: a name stands twice"
    height, width, channels = dataset.shape
    if height != width or not 8 <= height <= MOST_SIDE or channels not in {1, 3}:
        yield f"shape: {dataset.shape}; needed: a square of 8 to {MOST_SIDE} pixels with 1 or 3 channels"
    for key, allowed in _ONE_OF.items():
        if getattr(dataset, key) not in allowed:
            yield f"{key}: {getattr(dataset, key)}; needed: {' | '.join(allowed)}"
    if dataset.referee is not None and dataset.referee not in dataset.references:
        yield f"referee: {dataset.referee}; needed: one of the references"


def card_table(dataset: Dataset) -> dict[str, Any]:
    """Return the card as a table for TOML; `card_of` reads it back."""
    names = dataset.class_names
    table: dict[str, Any] = {
        "format": CARD_FORMAT,
        "title": dict(dataset.title),
        "shape": list(dataset.shape),
        "source": dict(dataset.source),
        "turned": {names[one]: names[other] for one, other in dataset.turned.items()},
        "mirrored": {names[one]: names[other] for one, other in dataset.mirrored.items()},
        "classes": [
            {"name": each.name, "title": dict(each.title), "words": list(each.words)}
            for each in dataset.classes
        ],
    }
    for key in (
        "preparation", "fit", "is_ink", "border", "perturbations", "scales", "references", "referee", "test_set",
        "test_set_sha256", "most_perturbed",
    ):  # fmt: skip
        value = getattr(dataset, key)
        if value is not None:
            table[key] = list(value) if isinstance(value, tuple) else value
    return table
