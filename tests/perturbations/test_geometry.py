"""Laws of rotation and shift, and agreement with OpenCV."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.core.picture import Images
from grader.perturbations.geometry import Transform, ink_lost, rotations, shifts, warp

images_strategy = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 3), st.just(28), st.just(28), st.just(1)),
    elements=st.floats(0, 1, width=32),
)


def random_images(n: int = 3, margin: int = 0) -> Images:
    images = np.zeros((n, 28, 28, 1), np.float32)
    inside = slice(margin, 28 - margin)
    size = 28 - 2 * margin
    images[:, inside, inside] = np.random.default_rng(7).random((n, size, size, 1), np.float32)
    return images


@given(images_strategy)
@settings(max_examples=20, deadline=None)
def test_warp_when_nothing_is_asked_then_images_are_the_same(images: Images) -> None:
    assert np.array_equal(warp(images, (Transform(),))[0], images)


@pytest.mark.parametrize("turns", [1, 2, 3, -1])
def test_warp_when_turned_by_right_angles_then_equals_rot90(turns: int) -> None:
    images = random_images()
    turned = warp(images, rotations([90 * turns]))[0]
    assert np.allclose(turned, np.rot90(images, turns, axes=(1, 2)), atol=1e-6)


@given(st.integers(-6, 6), st.integers(-6, 6))
@settings(max_examples=40, deadline=None)
def test_warp_when_shifted_by_whole_pixels_then_pixels_move_exactly(dx: int, dy: int) -> None:
    images = random_images(margin=6)
    assert np.array_equal(warp(images, shifts([(dx, dy)]))[0], np.roll(images, (dy, dx), axis=(1, 2)))


def test_warp_when_rotated_positively_then_turns_counter_clockwise_on_screen() -> None:
    images = np.zeros((1, 28, 28, 1), np.float32)
    images[0, 13:15, 24:26] = 1
    turned = warp(images, rotations([45.0]))[0, 0, :, :, 0]
    rows, columns = np.nonzero(turned > 0.3)
    assert rows.mean() < 10
    assert columns.mean() > 17


def test_warp_when_several_are_asked_then_each_starts_from_the_original() -> None:
    images = random_images()
    together = warp(images, rotations([30.0, -30.0, 0.0]))
    alone = [warp(images, rotations([angle]))[0] for angle in (30.0, -30.0, 0.0)]
    assert np.array_equal(together, np.stack(alone))


@given(images_strategy, st.floats(-180, 180), st.floats(-6, 6), st.floats(-6, 6))
@settings(max_examples=30, deadline=None)
def test_warp_when_anything_is_asked_then_values_stay_in_range(
    images: Images, angle: float, dx: float, dy: float
) -> None:
    warped = warp(images, (Transform(angle_degrees=angle, dx_pixels=dx, dy_pixels=dy),))
    assert warped.dtype == np.float32
    assert warped.min() >= 0
    assert warped.max() <= 1 + 1e-5


def test_warp_when_compared_with_opencv_then_agrees_to_1e_5() -> None:
    cv2 = pytest.importorskip("cv2")
    random = np.random.default_rng(3)
    images = random_images(margin=4)
    for _ in range(200):
        angle, dx, dy = random.uniform(-90, 90), random.uniform(-6, 6), random.uniform(-6, 6)
        matrix = cv2.getRotationMatrix2D((13.5, 13.5), angle, 1.0)
        matrix[:, 2] += dx, dy
        theirs = np.stack(
            [cv2.warpAffine(image[..., 0], matrix, (28, 28), flags=cv2.INTER_LINEAR) for image in images]
        )
        ours = warp(images, (Transform(angle_degrees=angle, dx_pixels=dx, dy_pixels=dy),))[0, ..., 0]
        assert np.abs(ours - theirs).max() < 1e-5


def test_ink_lost_when_half_the_ink_leaves_then_says_half() -> None:
    images = np.zeros((2, 28, 28, 1), np.float32)
    images[0, 10, [0, 1]] = 1
    moved = warp(images, shifts([(-1, 0), (0, 0)]))
    assert ink_lost(images, moved).tolist() == [[0.5, 0.0], [0.0, 0.0]]
