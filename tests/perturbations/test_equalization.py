import numpy as np
import pytest

from grader.perturbations.pixels import equalization
from tests.digits import load_test_set


def test_equalization_when_worked_out_by_hand_then_the_same() -> None:
    # Four of eight pixels are background; of the other four one, two and one have each level.
    images = np.array([0, 0, 0, 0, 0.1, 0.2, 0.2, 0.3], np.float32).reshape(1, 2, 4, 1)
    assert equalization(images, 1.0).ravel().tolist() == [0, 0, 0, 0, 0.25, 0.75, 0.75, 1]
    halfway = [0, 0, 0, 0, 0.175, 0.475, 0.475, 0.65]
    assert equalization(images, 0.5).ravel() == pytest.approx(halfway, abs=1e-6)


def test_equalization_when_compared_with_opencv_then_agrees_but_for_its_rounding() -> None:
    cv2 = pytest.importorskip("cv2")
    digits = load_test_set()[0][::20]
    random = np.random.default_rng(4).integers(30, 200, (5, 28, 28, 1)).astype(np.float32) / np.float32(255)
    for images in (digits, random):
        bytes_ = np.rint(images[..., 0] * 255).astype(np.uint8)
        theirs = np.stack([cv2.equalizeHist(image) for image in bytes_]) / 255
        assert np.abs(equalization(images, 1.0)[..., 0] - theirs).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_equalization_when_there_is_one_level_then_nothing_changes(level: float) -> None:
    images = np.full((2, 3, 3, 1), level, np.float32)
    assert np.array_equal(equalization(images, 1.0), images)
