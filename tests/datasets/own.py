"""Data sets of one's own for tests."""

from pathlib import Path

import numpy as np
import tomli_w

from grader.core.dataset import CACHED, Dataset, DatasetClass
from grader.datasets.card import card_table
from grader.datasets.test_set import IMAGES_FILE, LABELS_FILE, hash_of_test_set


def make_card(shape: tuple[int, int, int], name: str = "cats-and-dogs", sha256: str = "") -> Dataset:
    """The card of natural pictures of two classes."""
    return Dataset(
        name=name,
        title={"ko": name, "en": name},
        classes=tuple(DatasetClass(name=each, title={"ko": each, "en": each}) for each in ("cat", "dog")),
        shape=shape,
        preparation="plain",
        border="reflect",
        perturbations=("rotation", "shift", "flip"),
        test_set=CACHED,
        test_set_sha256=sha256,
    )


def make_dataset(root: Path, name: str = "cats-and-dogs", *, side: int = 128, n: int = 4) -> Dataset:
    """Write a data set of two classes with `n` even pictures, dark ones of class 0 and bright ones of class 1."""
    labels = np.arange(n, dtype=np.uint8) % 2
    images = np.full((n, side, side, 3), 60, np.uint8) + (135 * labels)[:, None, None, None]
    dataset = make_card((side, side, 3), name, hash_of_test_set(images, labels))
    folder = root / name
    folder.mkdir(parents=True)
    np.save(folder / IMAGES_FILE, images)
    np.save(folder / LABELS_FILE, labels)
    (folder / "card.toml").write_text(tomli_w.dumps(card_table(dataset)), encoding="utf-8")
    return dataset
