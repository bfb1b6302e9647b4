import numpy as np
import pytest
from scipy import ndimage

from grader.perturbations.perturb import perturb
from tests.digits import load_test_set


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0, 1.5, 9.0])
@pytest.mark.parametrize("height", [28, 11])
def test_blur_when_compared_with_scipy_then_agrees_to_1e_5(sigma: float, height: int) -> None:
    images = np.random.default_rng(2).random((3, height, 28, 1), np.float32)
    theirs = ndimage.gaussian_filter(images, (0, sigma, sigma, 0), mode="constant")
    assert np.abs(perturb(images, {"blur": ((sigma,),)}).images[0] - theirs).max() < 1e-5


def test_blur_when_stronger_then_maximum_is_lower() -> None:
    digits = load_test_set()[0][::50]
    blurred = perturb(digits, {"blur": ((0.0,), (0.5,), (1.0,), (1.5,), (3.0,))}).images
    assert (np.diff(blurred.max(axis=(2, 3, 4)), axis=0) < 0).all()


def test_blur_when_far_from_the_border_then_ink_is_kept() -> None:
    images = np.zeros((1, 28, 28, 1), np.float32)
    images[0, 13, 14] = 1
    blurred = perturb(images, {"blur": ((1.5,),)}).images[0, 0, :, :, 0]
    assert blurred.sum() == pytest.approx(1, abs=1e-6)
    # The weight of a pixel at distance 1 is exp(-1 / (2 * 1.5 ** 2)) times the one at distance 0.
    assert blurred[13, 15] / blurred[13, 14] == pytest.approx(np.exp(-1 / 4.5), abs=1e-6)
