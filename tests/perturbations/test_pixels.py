"""What each change of pixels does, worked out by hand or by SciPy and OpenCV."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from grader.core.picture import Images
from grader.perturbations.base import Border
from grader.perturbations.pixels import blur, contrast, equalization, flip, noise, thickness
from tests.digits import load_test_set

SCIPY_MODES: dict[Border, str] = {"background": "constant", "reflect": "mirror"}
DISC = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])


def random_images(*shape: int) -> Images:
    return np.random.default_rng(2).random(shape, np.float32)


def row(*values: float) -> Images:
    return np.array(values, np.float32).reshape(1, 1, -1, 1)


def test_blur_when_compared_with_scipy_then_agrees_to_1e_5() -> None:
    for images in (random_images(3, 28, 28, 1), random_images(2, 11, 28, 3)):
        for border, mode in SCIPY_MODES.items():
            for sigma in (0.1, 0.5, 1.0, 1.5, 9.0):
                theirs = ndimage.gaussian_filter(images, (0, sigma, sigma, 0), mode=mode)
                assert np.abs(blur(images, sigma, border) - theirs).max() < 1e-5, (border, sigma)


def test_blur_when_stronger_then_fainter_and_ink_far_from_the_border_is_kept() -> None:
    images = np.zeros((1, 28, 28, 1), np.float32)
    images[0, 13, 14] = 1
    blurred = blur(images, 1.5)[0, :, :, 0]
    assert blurred.sum() == pytest.approx(1, abs=1e-6)
    # The weight of a pixel at distance 1 is exp(-1 / (2 * 1.5 ** 2)) times the one at distance 0.
    assert blurred[13, 15] / blurred[13, 14] == pytest.approx(np.exp(-1 / 4.5), abs=1e-6)
    digits = load_test_set()[0][::50]
    strongest = [blur(digits, sigma).max(axis=(1, 2, 3)) for sigma in (0.0, 0.5, 1.0, 1.5, 3.0)]
    assert (np.diff(strongest, axis=0) < 0).all()


def test_contrast_and_flip_when_worked_out_by_hand_then_the_same() -> None:
    assert contrast(row(0, 0.25, 1), 0.5).ravel().tolist() == [0, 0.125, 0.5]
    assert contrast(row(0, 0.25, 0.75), 2.0).ravel().tolist() == [0, 0.5, 1]
    assert flip(row(0, 0.25, 1), 1.0).ravel().tolist() == [1, 0.25, 0]
    color = random_images(2, 3, 4, 3)
    assert np.array_equal(flip(color, 1.0)[1, 2, 0], color[1, 2, 3])


def test_equalization_when_worked_out_by_hand_then_the_same() -> None:
    # Four of eight pixels are background; of the other four one, two and one have each level.
    images = row(0, 0, 0, 0, 0.1, 0.2, 0.2, 0.3)
    assert equalization(images, 1.0).ravel().tolist() == [0, 0, 0, 0, 0.25, 0.75, 0.75, 1]
    halfway = [0, 0, 0, 0, 0.175, 0.475, 0.475, 0.65]
    assert equalization(images, 0.5).ravel() == pytest.approx(halfway, abs=1e-6)
    # The same eight numbers as channels of fewer pixels are spread together.
    color = np.array([0, 0, 0, 0, 0, 0.1, 0.2, 0.2, 0.3], np.float32).reshape(1, 1, 3, 3)
    assert equalization(color, 1.0).ravel().tolist() == [0, 0, 0, 0, 0, 0.25, 0.75, 0.75, 1]
    for level in (0.0, 0.4, 1.0):
        plain = np.full((2, 3, 3, 1), level, np.float32)
        assert np.array_equal(equalization(plain, 1.0), plain)


def test_equalization_when_compared_with_opencv_then_agrees_but_for_its_rounding() -> None:
    cv2 = pytest.importorskip("cv2")
    digits = load_test_set()[0][::20]
    random = np.random.default_rng(4).integers(30, 200, (5, 28, 28, 1)).astype(np.float32) / np.float32(255)
    for images in (digits, random):
        bytes_ = np.rint(images[..., 0] * 255).astype(np.uint8)
        theirs = np.stack([cv2.equalizeHist(image) for image in bytes_]) / 255
        assert np.abs(equalization(images, 1.0)[..., 0] - theirs).max() <= 0.5 / 255 + 1e-6


def test_noise_when_added_then_one_field_of_the_deviation_asked_for() -> None:
    grey = np.full((3, 28, 28, 1), 0.5, np.float32)
    noisy = noise(grey, 0.1)
    added = noisy[0] - 0.5
    # 784 values: the mean is within 4 standard errors of 0, the deviation within 4 of 0.1.
    assert abs(added.mean()) < 4 * 0.1 / 28
    assert added.std() == pytest.approx(0.1, abs=4 * 0.1 / np.sqrt(2 * 784))
    assert np.array_equal(noisy[0], noisy[1])
    assert np.array_equal(noisy[0], noisy[2])
    assert np.allclose(2 * (noise(grey, 0.05) - 0.5), noisy - 0.5, atol=1e-6)
    first = np.random.RandomState(2019).standard_normal()
    assert noisy[0, 0, 0, 0] == pytest.approx(0.5 + 0.1 * first, abs=1e-6)
    strong = noise(grey, 2.0)
    assert strong.min() == 0
    assert strong.max() == 1
    channels = noise(np.full((1, 9, 9, 3), 0.5, np.float32), 0.1)
    assert not np.array_equal(channels[..., 0], channels[..., 1])


def test_thickness_when_a_dot_or_a_stroke_then_as_worked_out_by_hand() -> None:
    dot = np.zeros((1, 5, 5, 1), np.float32)
    dot[0, 2, 2] = 0.8
    assert np.array_equal(thickness(dot, 1.0)[0, 1:4, 1:4, 0], np.float32(0.8) * DISC)
    assert thickness(dot, 0.5)[0, 2, :, 0] == pytest.approx([0, 0.4, 0.8, 0.4, 0], abs=1e-6)
    assert thickness(dot, -0.5)[0, 2, :, 0] == pytest.approx([0, 0, 0.4, 0, 0], abs=1e-6)
    assert thickness(dot, 1.25)[0, 2, :, 0] == pytest.approx([0.2, 0.8, 0.8, 0.8, 0.2], abs=1e-6)
    stroke = np.zeros((1, 7, 7, 1), np.float32)
    stroke[0, :, 2:5] = 1
    thinned = thickness(stroke, -1.0)[0, :, :, 0]
    assert thinned[3].tolist() == [0, 0, 0, 1, 0, 0, 0]
    assert not thinned[[0, 6]].any()


def test_thickness_when_compared_with_scipy_then_the_same() -> None:
    footprint = DISC[np.newaxis, :, :, np.newaxis]
    for border, mode in SCIPY_MODES.items():
        images = random_images(3, 12, 28, 1)
        wide, thin = images, images
        for times in (1, 2, 3):
            wide = ndimage.grey_dilation(wide, footprint=footprint, mode=mode)
            thin = ndimage.grey_erosion(thin, footprint=footprint, mode=mode)
            assert np.array_equal(thickness(images, times, border), wide), (border, times)
            assert np.array_equal(thickness(images, -times, border), thin), (border, times)


@given(
    hnp.arrays(np.float32, (2, 9, 9, 1), elements=st.floats(0, 1, width=32)),
    st.floats(-3, 3),
    st.floats(0, 1),
)
@settings(max_examples=50, deadline=None)
def test_thickness_when_larger_then_no_pixel_is_fainter(images: Images, pixels: float, more: float) -> None:
    assert (thickness(images, pixels + more) >= thickness(images, pixels) - 1e-6).all()


def test_thickness_when_larger_then_digits_have_more_ink() -> None:
    digits = load_test_set()[0][::50]
    ink = [thickness(digits, pixels).sum(axis=(1, 2, 3)) for pixels in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    assert (np.diff(ink, axis=0) > 0).all()
