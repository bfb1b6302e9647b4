"""A folder of pictures for each class → a data set in the user's cache; and a data set → a folder to pass on."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import tomli_w

from grader.core.dataset import CACHED, SHIPPED, WITHHELD, Dataset, DatasetClass
from grader.core.submission import Role, SubmittedFile
from grader.datasets.card import (
    CARD_FILE,
    cache_folder,
    card_of,
    card_table,
    dataset_folders,
    find_dataset,
    read_card,
)
from grader.datasets.test_set import IMAGES_FILE, LABELS_FILE, MOST_BYTES, Bytes, hash_of_test_set
from grader.errors import GraderError
from grader.images.reader import read_pictures
from grader.resources import resource_folder
from grader.sandbox.zygotes import Spawner

ORDER_SEED = 1000
"""Seed of the order in which test images are kept: mixed, the classes in turn, so that the first ones show every class."""

_PERTURBED_PIXELS = 12_500 * 128 * 128
"""Of the perturbed pictures that a model is asked about: 12,500 of 128 pixels a side, 3,125 of 256."""

_MOST_PICTURE_BYTES = 25 << 20
"""Longest file that is taken for a picture, as in a submission."""

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".heic", ".heif"})


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of preparing a data set."""

    dataset: Dataset
    """Its card, as written."""
    folder: Path
    """Where it is."""
    counts: tuple[int, ...]
    """How many test images of each class; () where the instructor keeps them."""
    n_refused: int = 0
    """How many pictures could not be read."""


def prepare_dataset(
    name: str,
    source: Path | None,
    pictures: Spawner,
    *,
    classes: Sequence[str] = (),
    side: int | None = None,
    is_grey: bool = False,
) -> Made:
    """Put a data set into the cache.

    Args:
        name: of a card whose test set does not ship, or a new one.
        source: a folder or zip with a folder of pictures for each class; an `.npz` with `x_test` and `y_test`; or a folder
            that `export_dataset` wrote. None: Keras' own loader, for the data sets that it has.
        pictures: zygote whose children decode pictures.
        classes: names of the folders of a new data set, in the order of a network's outputs.
        side: of the images of a new data set, in pixels.
        is_grey: whether a new data set has no colors.

    Raises:
        GraderError: `dataset-ships`, `dataset-needs`, `dataset-source-unusable`, `dataset-class-empty`,
            `dataset-unreadable`.
    """
    if source is not None and (source / CARD_FILE).exists():
        return _copied(name, source)
    dataset = _known(name)
    if dataset is None:
        needed = {"--from": source, "--classes": classes, "--side": side}
        missing = [option for option, value in needed.items() if not value]
        if missing:
            raise GraderError("dataset-needs", name=name, options=", ".join(missing))
        dataset = _new_card(name, classes, side or 0, is_grey=is_grey)
    with tempfile.TemporaryDirectory(prefix="grader-dataset-") as temporary:
        if source is None or source.suffix == ".npz":
            images, labels, refused = *_from_arrays(dataset, source), 0
        else:
            images, labels, refused = _from_folders(dataset, source, pictures, Path(temporary))
        return _written(dataset, images, labels, refused)


def export_dataset(name: str, out: Path, *, for_students: bool) -> Path:
    """Write a data set into the folder `out/name`, which `prepare_dataset` takes on another machine.

    Args:
        name: of the data set.
        out: folder; made if it is not there.
        for_students: leave the test set out.

    Raises:
        GraderError: `dataset-unknown` or `dataset-unreadable`.
    """
    dataset = find_dataset(name)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    if for_students:
        dataset = replace(dataset, test_set=WITHHELD)
    else:
        for file in dataset_folders()[name].iterdir():
            shutil.copyfile(file, folder / file.name)
    _write_card(dataset, folder)
    return folder


def _write_card(dataset: Dataset, folder: Path) -> None:
    (folder / CARD_FILE).write_text(tomli_w.dumps(card_table(dataset)), encoding="utf-8")


def _copied(name: str, source: Path) -> Made:
    dataset = replace(read_card(source), name=name)
    target = cache_folder() / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    return Made(dataset=dataset, folder=target, counts=())


def _known(name: str) -> Dataset | None:
    """Return the card that ships, or that an earlier call wrote; None for a new name."""
    folder = dataset_folders().get(name)
    if folder is None or folder.parent == cache_folder():
        shipped = resource_folder("datasets") / name
        if not (shipped / CARD_FILE).exists():
            return None
        folder = shipped
    dataset = read_card(folder)
    if dataset.test_set == SHIPPED:
        raise GraderError("dataset-ships", name=name)
    return dataset


def _new_card(name: str, classes: Sequence[str], side: int, *, is_grey: bool) -> Dataset:
    """Return the card of a data set of one's own; classes that another card has keep their words.

    Raises:
        GraderError: `dataset-unreadable`: the name, the side or the classes cannot be used.
    """
    known = {
        each.name.casefold(): each
        for folder in dataset_folders().values()
        for each in read_card(folder).classes
    }
    cards = [
        replace(known[one.casefold()], name=one)
        if one.casefold() in known
        else DatasetClass(name=one, title={"ko": one, "en": one})
        for one in classes
    ]
    dataset = Dataset(
        name=name,
        title={"ko": name, "en": name},
        classes=tuple(cards),
        shape=(side, side, 1 if is_grey else 3),
        preparation="plain",
        border="reflect",
        perturbations=("rotation", "shift", "grid", "flip", "scale", "shear", "contrast", "noise", "blur"),
        test_set=CACHED,
        most_perturbed=min(100_000, _PERTURBED_PIXELS // side**2),
    )
    try:
        return card_of(name, card_table(dataset))
    except (ValueError, KeyError, TypeError) as error:
        raise GraderError("dataset-unreadable", file=name, detail=str(error)) from error


def _from_arrays(dataset: Dataset, source: Path | None) -> tuple[Bytes, npt.NDArray[np.int64]]:
    try:
        if source is None:
            images, labels = _by_keras(dataset.name)
        else:
            with np.load(source, allow_pickle=False) as file:
                images, labels = file["x_test"], file["y_test"]
        pictures = np.asarray(images, np.uint8).reshape(-1, *dataset.shape)
        return pictures, np.asarray(labels, np.int64).reshape(len(pictures))
    except (OSError, ValueError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise GraderError(
            "dataset-source-unusable", name=dataset.name, path=str(source or "keras.datasets")
        ) from error


def _by_keras(name: str) -> tuple[Any, Any]:
    """Return the test images and labels that Keras downloads once and keeps."""
    import keras

    _, (images, labels) = getattr(keras.datasets, name.replace("-", "")).load_data()
    return images, labels


def _from_folders(
    dataset: Dataset, source: Path, pictures: Spawner, temporary: Path
) -> tuple[Bytes, npt.NDArray[np.int64], int]:
    """Decode the pictures of each class in locked children, a few at a time, into a file of pixels."""
    is_zip = source.suffix.casefold() == ".zip"
    found = _members(dataset, source, temporary) if is_zip else _files(dataset, source)
    n_values = int(np.prod(dataset.shape))
    at_once = max(1, min(200, MOST_BYTES // (16 * n_values)))
    path, labels, refused = temporary / IMAGES_FILE, [], 0
    with path.open("wb") as pixels:
        while batch := list(islice(found, at_once)):
            images = read_pictures(batch, pictures, dataset.form)
            pixels.write(np.round(images.normalized * 255).astype(np.uint8).tobytes())
            labels += [picture.label or 0 for picture in images.usable]
            refused += len(batch) - len(images.usable)
            for file in batch:
                if file.path.is_relative_to(temporary):
                    file.path.unlink()
    for number, name in enumerate(dataset.class_names):
        if number not in labels:
            raise GraderError("dataset-class-empty", name=name, folder=str(source))
    stored = np.memmap(path, np.uint8, "r", shape=(len(labels), *dataset.shape))
    return stored, np.array(labels, np.int64), refused


def _files(dataset: Dataset, source: Path) -> Iterator[SubmittedFile]:
    if not source.is_dir():
        raise GraderError("dataset-source-unusable", name=dataset.name, path=str(source))
    for number, name in enumerate(dataset.class_names):
        for path in sorted((source / name).rglob("*")):
            if path.suffix.casefold() in _SUFFIXES and path.is_file() and not path.is_symlink():
                yield _picture(path, number)


def _members(dataset: Dataset, source: Path, temporary: Path) -> Iterator[SubmittedFile]:
    """Unpack the pictures of each class one by one under names of ours."""
    numbers = {name: number for number, name in enumerate(dataset.class_names)}
    try:
        with zipfile.ZipFile(source) as archive:
            for at, member in enumerate(sorted(archive.infolist(), key=lambda each: each.filename)):
                path = PurePosixPath(member.filename)
                is_picture = path.suffix.casefold() in _SUFFIXES and member.file_size <= _MOST_PICTURE_BYTES
                if not is_picture or path.parent.name not in numbers:
                    continue
                copy = temporary / f"{at}.bin"
                with archive.open(member) as stream:
                    copy.write_bytes(stream.read(_MOST_PICTURE_BYTES))
                yield _picture(copy, numbers[path.parent.name])
    except (OSError, zipfile.BadZipFile) as error:
        raise GraderError("dataset-source-unusable", name=dataset.name, path=str(source)) from error


def _picture(path: Path, label: int) -> SubmittedFile:
    return SubmittedFile(
        name=path.name,
        role=Role.PICTURE,
        path=path.resolve(),
        size_bytes=path.stat().st_size,
        sha256="",
        label=label,
    )


def _written(dataset: Dataset, images: Bytes, labels: npt.NDArray[np.int64], refused: int) -> Made:
    """Write card, images and labels into the cache, in `ORDER_SEED`'s order, then put them in place at once."""
    order = _classes_in_turn(labels)
    target = cache_folder() / dataset.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as temporary:
        folder = Path(temporary) / dataset.name
        folder.mkdir()
        shape = (len(labels), *dataset.shape)
        stored = np.lib.format.open_memmap(folder / IMAGES_FILE, "w+", np.uint8, shape)
        step = max(1, MOST_BYTES // int(np.prod(dataset.shape)))
        for start in range(0, len(order), step):
            stored[start : start + step] = images[order[start : start + step]]
        stored.flush()
        ordered = labels[order].astype(np.uint8)
        np.save(folder / LABELS_FILE, ordered)
        card = replace(dataset, test_set=CACHED, test_set_sha256=hash_of_test_set(stored, ordered))
        del stored
        _write_card(card, folder)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    counts = np.bincount(labels, minlength=len(dataset.classes))
    return Made(dataset=card, folder=target, counts=tuple(map(int, counts)), n_refused=refused)


def _classes_in_turn(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    mixed = np.random.default_rng(ORDER_SEED).permutation(len(labels))
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        where = np.flatnonzero(labels[mixed] == label)
        turn[where] = np.arange(len(where))
    return mixed[np.lexsort((labels[mixed], turn))]
