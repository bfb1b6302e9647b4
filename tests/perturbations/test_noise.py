import numpy as np
import pytest

from grader.core.picture import Images
from grader.perturbations.pixels import noise


def grey(n: int = 1) -> Images:
    return np.full((n, 28, 28, 1), 0.5, np.float32)


def test_noise_when_added_then_mean_and_deviation_are_those_asked_for() -> None:
    added = noise(grey(), 0.1) - 0.5
    # 784 values: the mean is within 4 standard errors of 0, the deviation within 4 of 0.1.
    assert abs(added.mean()) < 4 * 0.1 / 28
    assert added.std() == pytest.approx(0.1, abs=4 * 0.1 / np.sqrt(2 * 784))


def test_noise_when_there_are_several_images_then_all_get_the_same() -> None:
    noisy = noise(grey(3), 0.1)
    assert np.array_equal(noisy[0], noisy[1])
    assert np.array_equal(noisy[0], noisy[2])


def test_noise_when_stronger_then_it_is_the_same_noise() -> None:
    assert np.allclose(2 * (noise(grey(), 0.05) - 0.5), noise(grey(), 0.1) - 0.5, atol=1e-6)


def test_noise_when_it_leaves_the_range_then_it_is_clipped() -> None:
    noisy = noise(grey(), 2.0)
    assert noisy.min() == 0
    assert noisy.max() == 1


def test_noise_when_its_first_value_is_asked_then_numpy_s_frozen_generator_says_it() -> None:
    first = np.random.RandomState(2019).standard_normal()
    assert noise(grey(), 0.1)[0, 0, 0, 0] == pytest.approx(0.5 + 0.1 * first, abs=1e-6)
