"""Laws of rotation and shift, and agreement with OpenCV."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.core.picture import Images
from grader.perturbations.base import Border
from grader.perturbations.geometry import Transform, reflected
from tests.perturbations.warping import ink_lost, rotations, shifts, warp

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


def test_warp_when_turned_by_right_angles_then_equals_rot90() -> None:
    images = random_images()
    for turns in (1, 2, 3, -1):
        turned = warp(images, rotations([90 * turns]))[0]
        assert np.allclose(turned, np.rot90(images, turns, axes=(1, 2)), atol=1e-6), turns


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
    borders: dict[Border, int] = {"background": cv2.BORDER_CONSTANT, "reflect": cv2.BORDER_REFLECT_101}
    gray, color = random_images(margin=4), random.random((2, 28, 28, 3), np.float32)
    for number in range(1000):
        angle, dx, dy = random.uniform(-180, 180), random.uniform(-6, 6), random.uniform(-6, 6)
        factor, shear = random.uniform(0.5, 2), random.uniform(-1, 1)
        transform = Transform(angle_degrees=angle, dx_pixels=dx, dy_pixels=dy, scale=factor, shear_x=shear)
        turn = np.vstack([cv2.getRotationMatrix2D((13.5, 13.5), angle, factor), [0, 0, 1]])
        slant = np.array([[1, shear, -shear * 13.5], [0, 1, 0], [0, 0, 1]])
        move = np.array([[1, 0, dx], [0, 1, dy]])
        matrix = move @ turn @ slant
        for images in (gray, color)[: 1 if number % 4 else 2]:
            for border, mode in borders.items():
                theirs = [
                    cv2.warpAffine(image, matrix, (28, 28), flags=cv2.INTER_LINEAR, borderMode=mode)
                    for image in images
                ]
                ours = warp(images, (transform,), border)[0]
                assert np.abs(ours - np.reshape(theirs, images.shape)).max() < 1e-5, (number, border)


def test_reflected_when_outside_the_frame_then_mirrored_at_its_first_and_last_pixel() -> None:
    at = np.arange(-6, 9)
    assert "".join("abcd"[i] for i in reflected(at, 4)) == "abcdcbabcdcbabc"[0:15]
    assert reflected(at, 1).tolist() == [0] * 15
    row = np.array([[0.1, 0.2, 0.3, 0.4]], np.float32).reshape(1, 1, 4, 1)
    moved = warp(row, shifts([(2, 0)]), "reflect").ravel()
    assert moved == pytest.approx([0.3, 0.2, 0.1, 0.2])


def test_warp_when_frame_is_not_square_then_its_own_centre_stays() -> None:
    images = np.zeros((1, 5, 9, 1), np.float32)
    images[0, 2, 4] = 1
    turned = warp(images, (Transform(angle_degrees=33, scale=2, shear_x=0.3),))[0]
    assert turned[0, 2, 4, 0] == 1


def test_warp_when_sheared_then_the_top_moves_left() -> None:
    images = np.zeros((1, 5, 5, 1), np.float32)
    images[0, :, 2] = 1
    sheared = warp(images, (Transform(shear_x=1.0),))[0, 0, :, :, 0]
    assert np.array_equal(sheared, np.eye(5))


def test_warp_when_enlarged_twice_then_every_other_pixel_is_one_of_the_original() -> None:
    images = random_images()[:, :27, :27]
    enlarged = warp(images, (Transform(scale=2.0),))[0]
    assert np.array_equal(enlarged[:, 1::2, 1::2], images[:, 7:20, 7:20])


def test_warp_when_there_are_no_images_then_the_result_is_empty() -> None:
    assert warp(random_images(0), rotations([1.0, 2.0])).shape == (2, 0, 28, 28, 1)


def test_transform_when_scale_makes_no_sense_then_error() -> None:
    for factor in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="above 0 is needed"):
            Transform(scale=factor)


def lost_of(transform: Transform, *pixels: tuple[int, int]) -> float:
    """The share lost of ink at `pixels`, (row, column)."""
    images = np.zeros((1, 28, 28, 1), np.float32)
    for row, column in pixels:
        images[0, row, column] = 1
    return float(ink_lost(images, (transform,))[0, 0])


def test_ink_lost_when_half_the_ink_leaves_then_says_half() -> None:
    images = np.zeros((2, 28, 28, 1), np.float32)
    images[0, 10, [0, 1]] = 1
    assert ink_lost(images, shifts([(-1, 0), (0, 0)])).tolist() == [[0.5, 0.0], [0.0, 0.0]]


def test_ink_lost_when_worked_out_by_hand_then_the_same() -> None:
    for transform, pixel, lost in (
        (Transform(dx_pixels=1), (13, 26), 0),
        (Transform(dx_pixels=0.5), (13, 27), 0.5),
        (Transform(dx_pixels=1), (13, 27), 1),
        (Transform(dy_pixels=-0.25), (0, 13), 0.25),
        (Transform(dx_pixels=0.5, dy_pixels=0.5), (27, 27), 0.75),
        (Transform(scale=2), (13, 20), 0),  # to 13.5 + 2 * 6.5 = 26.5
        (Transform(scale=2), (13, 21), 1),  # to 28.5
        (Transform(scale=14 / 13.5), (13, 27), 0.5),  # to 27.5
        (Transform(scale=0.5), (0, 0), 0),
        (Transform(shear_x=1), (27, 13), 0),  # to 13 + 13.5 = 26.5
        (Transform(shear_x=1), (27, 14), 0.5),  # to 27.5
        (Transform(shear_x=1), (0, 13), 0.5),  # to -0.5
        (Transform(angle_degrees=90), (0, 0), 0),
        (Transform(angle_degrees=45), (0, 0), 1),
    ):
        assert lost_of(transform, pixel) == pytest.approx(lost, abs=1e-8)
        assert lost_of(transform, pixel, (13, 13)) == pytest.approx(lost / 2, abs=1e-8)


def test_ink_lost_when_every_pixel_is_dropped_on_its_neighbours_then_the_same() -> None:
    random = np.random.default_rng(5)
    images = random.random((2, 6, 7, 1), np.float32)
    for _ in range(50):
        angle, factor, shear = random.uniform(-180, 180), random.uniform(0.5, 2), random.uniform(-1, 1)
        dx, dy = random.uniform(-3, 3, 2)
        transform = Transform(angle_degrees=angle, dx_pixels=dx, dy_pixels=dy, scale=factor, shear_x=shear)
        a = np.deg2rad(angle)
        matrix = factor * np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) @ [[1, shear], [0, 1]]
        kept = np.zeros(2)
        for row in range(6):
            for column in range(7):
                x, y = matrix @ (column - 3, row - 2.5) + (3 + dx, 2.5 + dy)
                for at_x in (int(np.floor(x)), int(np.floor(x)) + 1):
                    for at_y in (int(np.floor(y)), int(np.floor(y)) + 1):
                        if 0 <= at_x < 7 and 0 <= at_y < 6:
                            kept += images[:, row, column, 0] * (1 - abs(x - at_x)) * (1 - abs(y - at_y))
        lost = 1 - kept / images.sum(axis=(1, 2, 3), dtype=np.float64)
        assert np.allclose(ink_lost(images, (transform,))[0], lost, atol=1e-8)
