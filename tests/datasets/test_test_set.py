from pathlib import Path

import numpy as np
import pytest
import tomli_w

from grader.core.dataset import SHIPPED
from grader.datasets import card
from grader.datasets.card import card_table, find_dataset, list_datasets
from grader.datasets.test_set import TEST_SET_FILE, load_test_set
from grader.errors import GraderError
from grader.resources import resource_folder


def test_test_set_when_loaded_then_hundred_images_a_class_in_the_grader_convention() -> None:
    for dataset in list_datasets():
        if dataset.test_set != SHIPPED:
            continue
        images, labels = load_test_set(dataset)
        assert images.shape == (1000, *dataset.shape)
        assert images.dtype == np.float32
        assert images.min() == 0
        assert images.max() == 1
        assert np.bincount(labels).tolist() == [100] * 10
        assert np.median(images[:, 0, 0]) == 0, "the corner is background"


def test_test_set_when_read_then_indices_are_ascending_places_in_the_test_set() -> None:
    for name in ("mnist", "fashion-mnist"):
        with np.load(resource_folder("datasets") / name / TEST_SET_FILE) as file:
            indices = file["indices"].astype(int)
            assert len(np.unique(file["images"], axis=0)) == 1000
        assert (np.diff(indices) > 0).all()
        assert indices[0] >= 0
        assert indices[-1] < 10_000


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "wrong shape", "wrong key", "other images"])
def test_test_set_when_file_is_damaged_then_refused(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "digits").mkdir()
    path = tmp_path / "digits" / TEST_SET_FILE
    path.with_name("card.toml").write_text(tomli_w.dumps(card_table(find_dataset("mnist"))))
    if damage in ("empty", "text"):
        path.write_bytes(b"" if damage == "empty" else b"not an archive")
    elif damage == "wrong shape":
        np.savez(path, images=np.zeros((3, 28, 28), np.uint8), labels=np.zeros(3, np.uint8))
    elif damage == "wrong key":
        np.savez(path, pictures=np.zeros((1000, 28, 28), np.uint8))
    elif damage == "other images":
        np.savez(path, images=np.zeros((10, 28, 28), np.uint8), labels=np.arange(10, dtype=np.uint8))
    monkeypatch.setattr(card, "resource_folder", lambda name: tmp_path)
    with pytest.raises(GraderError) as caught:
        load_test_set(find_dataset("digits"))
    assert caught.value.slug == ("test-set-missing" if damage == "missing" else "test-set-unreadable")
