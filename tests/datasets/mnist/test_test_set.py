from pathlib import Path

import numpy as np
import pytest

from grader.datasets.mnist import test_set as test_set
from grader.errors import GraderError
from grader.resources import resource_folder


def test_test_set_when_loaded_then_hundred_images_a_class_in_the_grader_convention() -> None:
    images, labels = test_set.load_test_set()
    assert images.shape == (1000, 28, 28, 1)
    assert images.dtype == np.float32
    assert images.min() == 0
    assert images.max() == 1
    assert np.bincount(labels).tolist() == [100] * 10
    assert images[:, 0, 0].max() == 0, "the corner is background"


def test_test_set_when_read_then_indices_are_ascending_places_in_the_test_set() -> None:
    with np.load(resource_folder("reference_models") / test_set.TEST_SET_FILE) as file:
        indices = file["indices"].astype(int)
        assert len(np.unique(file["images"], axis=0)) == 1000
    assert (np.diff(indices) > 0).all()
    assert indices[0] >= 0
    assert indices[-1] < 10_000


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "wrong shape", "wrong key"])
def test_test_set_when_file_is_damaged_then_refused(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / test_set.TEST_SET_FILE
    if damage in ("empty", "text"):
        path.write_bytes(b"" if damage == "empty" else b"not an archive")
    elif damage == "wrong shape":
        np.savez(path, images=np.zeros((3, 28, 28), np.uint8), labels=np.zeros(3, np.uint8))
    elif damage == "wrong key":
        np.savez(path, pictures=np.zeros((1000, 28, 28), np.uint8))
    monkeypatch.setattr(test_set, "resource_folder", lambda name: tmp_path)
    with pytest.raises(GraderError) as caught:
        test_set.load_test_set()
    assert caught.value.slug == "test-set-unreadable"
