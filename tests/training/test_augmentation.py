import numpy as np
import pytest
from scipy import ndimage

from grader.training.augmentation import augment, blur, gaps, sample, thicken, thin
from tests.digits import load_test_set


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    images, _ = load_test_set()
    return images[:200, ..., 0]


def parameter_sets(dx: float, dy: float, n: int) -> np.ndarray:
    y, x = np.mgrid[:28, :28].astype(np.float32)
    return np.broadcast_to(np.stack([(x + dx).ravel(), (y + dy).ravel()]), (n, 2, 784))


def test_sample_when_places_are_the_pixels_then_identity(digits: np.ndarray) -> None:
    assert np.array_equal(sample(digits, parameter_sets(0, 0, len(digits))), digits)


def test_sample_when_moved_by_whole_pixels_then_exact_and_outside_is_background(digits: np.ndarray) -> None:
    moved = sample(digits, parameter_sets(5, -3, len(digits)))
    assert np.array_equal(moved[:, 3:, :-5], digits[:, :-3, 5:])
    assert not moved[:, :3].any()
    assert not moved[:, :, -5:].any()


def test_sample_when_between_pixels_then_as_scipy_s_bilinear(digits: np.ndarray) -> None:
    random = np.random.default_rng(1)
    at = random.uniform(-6, 34, (len(digits), 2, 784)).astype(np.float32)
    read = sample(digits, at)
    for i in range(0, 200, 40):
        expected = ndimage.map_coordinates(
            np.pad(digits[i], 10), [at[i, 1] + 10, at[i, 0] + 10], order=1, mode="constant"
        )
        np.testing.assert_allclose(read[i].ravel(), expected, atol=2e-5)
    assert read.dtype == np.float32


def test_thicken_when_one_pixel_then_two_by_two() -> None:
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 10, 12] = 0.7
    expected = np.zeros_like(image)
    expected[0, 10:12, 12:14] = np.float32(0.7)
    assert np.array_equal(thicken(image), expected)


def test_thin_when_line_is_three_wide_then_two_wide() -> None:
    image = np.zeros((1, 28, 28), np.float32)
    image[0, :, 10:13] = 1
    narrow = thin(image, np.ones((1, 1, 1), np.float32))
    assert narrow[0, 14].tolist() == [0] * 11 + [1, 1] + [0] * 15


def test_thin_when_image_is_blank_then_stays_blank() -> None:
    blank = np.zeros((2, 28, 28), np.float32)
    assert not thin(blank, np.ones((2, 1, 1), np.float32)).any()


def test_blur_when_one_pixel_then_weights_one_two_one() -> None:
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 5, 5] = 16
    assert blur(image)[0, 4:7, 4:7].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert blur(image).sum() == 16


def test_gaps_when_drawn_then_a_narrow_line_is_taken_out() -> None:
    masks = gaps(100, np.random.default_rng(2))
    assert masks.shape == (100, 28, 28)
    taken = (masks < 0.5).mean(axis=(1, 2))
    assert (taken > 0).all()
    assert (taken < 0.15).all()


def test_augment_when_seed_is_the_same_then_identical_and_input_untouched(digits: np.ndarray) -> None:
    before = digits.copy()
    first = augment(digits, np.random.default_rng(9), wide_share=0.5)
    assert np.array_equal(first, augment(digits, np.random.default_rng(9), wide_share=0.5))
    assert np.array_equal(digits, before)
    assert first.dtype == np.float32
    assert first.shape == digits.shape
    assert first.min() >= 0
    assert first.max() <= 1


def test_augment_when_run_then_digits_change_and_keep_ink(digits: np.ndarray) -> None:
    changed = augment(digits, np.random.default_rng(10), wide_share=0.5)
    assert (np.abs(changed - digits).max(axis=(1, 2)) > 0.1).all()
    assert (changed.sum(axis=(1, 2)) > 0.1 * digits.sum(axis=(1, 2))).mean() > 0.99


def test_augment_when_there_are_no_images_then_none() -> None:
    assert augment(np.zeros((0, 28, 28), np.float32), np.random.default_rng(0), wide_share=0.5).shape == (
        0,
        28,
        28,
    )
