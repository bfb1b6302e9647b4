import numpy as np

from grader.perturbations.pixels import contrast


def test_contrast_when_lower_then_ink_is_multiplied_and_background_stays() -> None:
    images = np.array([0, 0.25, 1], np.float32).reshape(1, 1, 3, 1)
    assert contrast(images, 0.5).ravel().tolist() == [0, 0.125, 0.5]


def test_contrast_when_higher_then_ink_stops_at_1() -> None:
    images = np.array([0, 0.25, 0.75], np.float32).reshape(1, 1, 3, 1)
    assert contrast(images, 2.0).ravel().tolist() == [0, 0.5, 1]
