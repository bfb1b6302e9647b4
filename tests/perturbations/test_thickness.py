import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from grader.core.picture import Images
from grader.perturbations.pixels import thickness
from tests.digits import load_test_set

DISC = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])


def dot() -> Images:
    images = np.zeros((1, 5, 5, 1), np.float32)
    images[0, 2, 2] = 0.8
    return images


def test_thickness_when_a_dot_grows_then_its_neighbours_join() -> None:
    assert np.array_equal(thickness(dot(), 1.0)[0, 1:4, 1:4, 0], np.float32(0.8) * DISC)


def test_thickness_when_half_a_pixel_then_halfway() -> None:
    assert thickness(dot(), 0.5)[0, 2, :, 0] == pytest.approx([0, 0.4, 0.8, 0.4, 0], abs=1e-6)
    assert thickness(dot(), -0.5)[0, 2, :, 0] == pytest.approx([0, 0, 0.4, 0, 0], abs=1e-6)


def test_thickness_when_several_pixels_then_a_part_of_the_next_one_blends() -> None:
    assert thickness(dot(), 1.25)[0, 2, :, 0] == pytest.approx([0.2, 0.8, 0.8, 0.8, 0.2], abs=1e-6)


def test_thickness_when_a_stroke_of_three_pixels_is_thinned_then_one_is_left() -> None:
    images = np.zeros((1, 7, 7, 1), np.float32)
    images[0, :, 2:5] = 1
    thinned = thickness(images, -1.0)[0, :, :, 0]
    assert thinned[3].tolist() == [0, 0, 0, 1, 0, 0, 0]
    assert not thinned[[0, 6]].any()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_thickness_when_compared_with_scipy_then_the_same(times: int) -> None:
    images = np.random.default_rng(6).random((3, 12, 28, 1), np.float32)
    footprint = DISC[np.newaxis, :, :, np.newaxis]
    wide, thin = images, images
    for _ in range(times):
        wide = ndimage.grey_dilation(wide, footprint=footprint, mode="constant")
        thin = ndimage.grey_erosion(thin, footprint=footprint, mode="constant")
    assert np.array_equal(thickness(images, times), wide)
    assert np.array_equal(thickness(images, -times), thin)


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
