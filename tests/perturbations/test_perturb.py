"""Laws that every registered perturbation keeps, and how they fit together."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.core.picture import Images
from grader.errors import GraderError
from grader.perturbations.base import PERTURBATIONS, Parameters, ParameterSets, Perturbation
from grader.perturbations.geometry import Transform
from grader.perturbations.perturb import Perturbed, perturb
from grader.perturbations.suite import SUITES
from tests.perturbations.warping import ink_lost, warp

NAMES = PERTURBATIONS.names
every_perturbation = pytest.mark.parametrize("name", NAMES)
images_strategy = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.sampled_from([28, 9]), st.just(28), st.just(1)),
    elements=st.floats(0, 1, width=32),
)
laws = settings(max_examples=15, deadline=None)


def places_of(perturbation: Perturbation) -> st.SearchStrategy[Parameters]:
    """Neutral, any in the limits, any near neutral."""
    wide = st.tuples(*(st.floats(low, high) for low, high in perturbation.limits))
    near = st.tuples(
        *(
            st.floats(max(low, value - 2), min(high, value + 2))
            for value, (low, high) in zip(perturbation.neutral, perturbation.limits, strict=True)
        )
    )
    return st.one_of(st.just(perturbation.neutral), near, wide)


def drawn(data: st.DataObject, name: str) -> tuple[Images, Parameters]:
    return data.draw(images_strategy), data.draw(places_of(PERTURBATIONS.get(name)))


def some_images(n: int = 3, margin: int = 0) -> Images:
    images = np.zeros((n, 28, 28, 1), np.float32)
    inside = slice(margin, 28 - margin)
    size = 28 - 2 * margin
    images[:, inside, inside] = np.random.default_rng(11).random((n, size, size, 1), np.float32)
    return images


def only(images: Images, name: str, at: Parameters) -> Images:
    """What one place makes of the images."""
    return perturb(images, {name: (at,)}).images[0]


@every_perturbation
@given(images=images_strategy)
@laws
def test_perturb_when_neutral_then_images_are_the_same(name: str, images: Images) -> None:
    perturbed = perturb(images, {name: (PERTURBATIONS.get(name).neutral,)})
    assert np.array_equal(perturbed.images[0], images)
    assert not perturbed.ink_lost.any()


@every_perturbation
@given(data=st.data())
@laws
def test_perturb_when_anything_is_asked_then_form_and_range_are_kept(name: str, data: st.DataObject) -> None:
    images, at = drawn(data, name)
    perturbed = perturb(images, {name: (at, at)})
    assert perturbed.images.dtype == np.float32
    assert perturbed.images.shape == (2, *images.shape)
    assert perturbed.images.flags.c_contiguous
    assert perturbed.images.min() >= 0
    assert perturbed.images.max() <= 1 + 1e-5
    assert perturbed.ink_lost.dtype == np.float64
    assert perturbed.ink_lost.shape == (2, len(images))
    assert perturbed.ink_lost.min() >= 0
    assert perturbed.ink_lost.max() <= 1


@every_perturbation
@given(data=st.data())
@laws
def test_perturb_when_images_change_places_then_results_do_bit_for_bit(
    name: str, data: st.DataObject
) -> None:
    images, at = drawn(data, name)
    order = data.draw(st.permutations(range(len(images))))
    before, after = perturb(images, {name: (at,)}), perturb(images[order], {name: (at,)})
    assert np.array_equal(before.images[:, order], after.images)
    assert np.array_equal(before.ink_lost[:, order], after.ink_lost)


@every_perturbation
@given(data=st.data())
@laws
def test_perturb_when_an_image_is_alone_then_it_becomes_the_same_bit_for_bit(
    name: str, data: st.DataObject
) -> None:
    images, at = drawn(data, name)
    together = perturb(images, {name: (at,)})
    for number in range(len(images)):
        alone = perturb(images[number : number + 1], {name: (at,)})
        assert np.array_equal(together.images[:, number], alone.images[:, 0])
        assert np.array_equal(together.ink_lost[:, number], alone.ink_lost[:, 0])


@every_perturbation
@given(data=st.data())
@laws
def test_perturb_when_done_then_the_original_is_as_it_was(name: str, data: st.DataObject) -> None:
    images, at = drawn(data, name)
    original = images.copy()
    perturbed = perturb(images, {name: (at,)})
    assert np.array_equal(images, original)
    assert not np.shares_memory(images, perturbed.images)


@every_perturbation
def test_perturb_when_there_are_no_images_or_places_then_the_result_is_empty(name: str) -> None:
    neutral = PERTURBATIONS.get(name).neutral
    nothing = perturb(some_images(0), {name: (neutral, neutral)})
    assert nothing.images.shape == (2, 0, 28, 28, 1)
    assert nothing.ink_lost.shape == (2, 0)
    nowhere = perturb(some_images(2), {name: ()})
    assert nowhere.images.shape == (0, 2, 28, 28, 1)
    assert nowhere.ink_lost.shape == (0, 2)
    assert perturb(some_images(2), {}).images.shape == (0, 2, 28, 28, 1)


@every_perturbation
@given(data=st.data())
@laws
def test_ink_lost_when_nothing_moves_or_there_is_no_ink_then_zero(name: str, data: st.DataObject) -> None:
    images, at = drawn(data, name)
    images[0] = 0
    lost = perturb(images, {name: (at,)}).ink_lost
    assert not lost[:, 0].any()
    if not PERTURBATIONS.get(name).is_affine:
        assert not lost.any()


@every_perturbation
def test_perturb_when_a_place_is_not_one_then_says_found_and_needed(name: str) -> None:
    perturbation = PERTURBATIONS.get(name)
    images = some_images(1)
    low, high = perturbation.limits[0]
    for first in (low - 1, high + 1, float("nan"), float("inf")):
        at = (first, *perturbation.neutral[1:])
        with pytest.raises(ValueError, match=rf"{name} has {perturbation.parameters[0]} .*needed: {low} to"):
            perturb(images, {name: (at,)})
    for at in ((), (*perturbation.neutral, 0.0)):
        with pytest.raises(ValueError, match=rf"needed: {len(perturbation.parameters)}"):
            perturb(images, {name: (at,)})


def test_perturb_when_name_is_unknown_then_nearest_is_suggested() -> None:
    with pytest.raises(GraderError) as caught:
        perturb(some_images(1), {"rotatoin": ((0.0,),)})
    assert caught.value.slug == "name-unknown"
    assert caught.value.values["nearest"] == "rotation"


def test_perturb_when_images_have_another_form_then_error() -> None:
    with pytest.raises(ValueError, match=r"float64 of shape \(1, 28, 28, 1\); float32 .* is needed"):
        perturb(np.zeros((1, 28, 28, 1)), {})  # type: ignore[arg-type]


@pytest.mark.parametrize("level", SUITES)
def test_perturb_when_given_a_battery_then_cells_are_in_its_order_and_slices_name_them(level: str) -> None:
    images = some_images(2)
    for parameter_sets in (SUITES[level].own, SUITES[level].test_set):
        perturbed = perturb(images, parameter_sets)
        assert list(perturbed.slices) == list(parameter_sets)
        assert perturbed.slices[next(iter(parameter_sets))].start == 0
        assert all(left.stop == right.start for left, right in pairwise(perturbed.slices.values()))
        assert (
            len(perturbed.images)
            == len(perturbed.ink_lost)
            == sum(len(ats) for ats in parameter_sets.values())
        )
        for name, ats in parameter_sets.items():
            own = perturb(images, {name: ats[-1:]})
            last = perturbed.slices[name].stop - 1
            assert np.array_equal(perturbed.images[last], own.images[0])
            assert np.array_equal(perturbed.ink_lost[last], own.ink_lost[0])


def test_perturb_when_order_of_names_changes_then_cells_follow() -> None:
    images = some_images(2)
    parameter_sets: ParameterSets = {"blur": ((1.0,),), "noise": ((0.1,),), "shift": ((1.0, 2.0), (6.0, 0.0))}
    forward = perturb(images, parameter_sets)
    backward = perturb(images, dict(reversed(parameter_sets.items())))

    def of(perturbed: Perturbed, name: str) -> Images:
        return perturbed.images[perturbed.slices[name]]

    assert all(np.array_equal(of(forward, name), of(backward, name)) for name in parameter_sets)
    assert dict(backward.slices) == {"shift": slice(0, 2), "noise": slice(2, 3), "blur": slice(3, 4)}


@pytest.mark.parametrize(
    ("name", "at", "transform"),
    [
        ("rotation", (-35.0,), Transform(angle_degrees=-35)),
        ("shift", (2.0, -5.0), Transform(dx_pixels=2, dy_pixels=-5)),
        ("lecture", (10.0, 5.0, 3.0), Transform(angle_degrees=10, dx_pixels=5, dy_pixels=3)),
        ("grid", (-15.0, 1.5, -3.0), Transform(angle_degrees=-15, dx_pixels=1.5, dy_pixels=-3)),
        ("scale", (1.3,), Transform(scale=1.3)),
        ("shear", (0.4,), Transform(shear_x=0.4)),
    ],
)
def test_perturb_when_affine_then_equals_the_transform(
    name: str, at: Parameters, transform: Transform
) -> None:
    images = some_images()
    perturbed = perturb(images, {name: (at,)})
    assert np.array_equal(perturbed.images, warp(images, (transform,)))
    assert np.array_equal(perturbed.ink_lost, ink_lost(images, (transform,)))


@given(st.integers(-6, 6), st.integers(-6, 6))
@laws
def test_shift_when_there_and_back_then_images_are_the_same(dx: int, dy: int) -> None:
    images = some_images(margin=6)
    assert np.array_equal(only(only(images, "shift", (dx, dy)), "shift", (-dx, -dy)), images)


@given(st.lists(st.integers(-3, 3), min_size=4, max_size=4))
@laws
def test_shift_when_done_twice_then_equals_the_sum(steps: list[int]) -> None:
    images = some_images(margin=6)
    dx, dy, dx_2, dy_2 = steps
    twice = only(only(images, "shift", (dx, dy)), "shift", (dx_2, dy_2))
    assert np.array_equal(twice, only(images, "shift", (dx + dx_2, dy + dy_2)))


@pytest.mark.parametrize("angle", [90.0, 180.0])
def test_rotation_when_turned_a_right_angle_and_back_then_images_are_the_same(angle: float) -> None:
    images = some_images()
    assert np.array_equal(only(only(images, "rotation", (angle,)), "rotation", (-angle,)), images)


@pytest.mark.parametrize("name", ["grid", "lecture"])
@given(st.floats(-180, 180), st.floats(-6, 6), st.floats(-6, 6))
@laws
def test_grid_when_one_part_is_neutral_then_equals_the_other(
    name: str, angle: float, dx: float, dy: float
) -> None:
    images = some_images()
    assert np.array_equal(only(images, name, (0.0, dx, dy)), only(images, "shift", (dx, dy)))
    assert np.array_equal(only(images, name, (angle, 0.0, 0.0)), only(images, "rotation", (angle,)))
