"""Laws that every registered perturbation keeps, and how they fit together."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.core.picture import Images
from grader.errors import GraderError
from grader.perturbations.base import BORDERS, PERTURBATIONS, Border, Parameters, ParameterSets, Perturbation
from grader.perturbations.geometry import Transform
from grader.perturbations.perturb import Perturbed, perturb, perturb_in_batches
from grader.perturbations.pixels import blur
from grader.perturbations.suite import SUITES
from tests.perturbations.warping import ink_lost, rotations, warp

NAMES = PERTURBATIONS.names
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


@st.composite
def images_strategy(draw: st.DrawFn) -> Images:
    shape = (draw(st.integers(1, 4)), draw(st.sampled_from([28, 9, 1])), 28, draw(st.sampled_from([1, 3])))
    return draw(hnp.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))


border_strategy = st.sampled_from(BORDERS)
every_place = st.fixed_dictionaries({name: places_of(PERTURBATIONS.get(name)) for name in NAMES})
"""Parameters of every perturbation."""


def some_images(n: int = 3, margin: int = 0, channels: int = 1) -> Images:
    images = np.zeros((n, 28, 28, channels), np.float32)
    inside = slice(margin, 28 - margin)
    size = 28 - 2 * margin
    images[:, inside, inside] = np.random.default_rng(11).random((n, size, size, channels), np.float32)
    return images


def only(images: Images, name: str, at: Parameters) -> Images:
    """What one place makes of the images."""
    return perturb(images, {name: (at,)}).images[0]


def of(perturbed: Perturbed, name: str) -> Images:
    return perturbed.images[perturbed.slices[name]]


@given(images_strategy(), border_strategy)
@laws
def test_perturb_when_neutral_then_images_are_the_same(images: Images, border: Border) -> None:
    for name in NAMES:
        perturbed = perturb(images, {name: (PERTURBATIONS.get(name).neutral,)}, border)
        assert np.array_equal(perturbed.images[0], images), name
        assert not perturbed.ink_lost.any(), name


@given(images_strategy(), every_place, border_strategy)
@laws
def test_perturb_when_anything_is_asked_then_form_and_range_are_kept_and_the_original_too(
    images: Images, places: dict[str, Parameters], border: Border
) -> None:
    original = images.copy()
    for name, at in places.items():
        perturbed = perturb(images, {name: (at, at)}, border)
        assert perturbed.images.dtype == np.float32, name
        assert perturbed.images.shape == (2, *images.shape), name
        assert perturbed.images.flags.c_contiguous, name
        assert perturbed.images.min() >= 0, name
        assert perturbed.images.max() <= 1 + 1e-5, name
        assert perturbed.ink_lost.dtype == np.float64, name
        assert perturbed.ink_lost.shape == (2, len(images)), name
        assert 0 <= perturbed.ink_lost.min() <= perturbed.ink_lost.max() <= 1, name
        assert np.array_equal(images, original), name
        assert not np.shares_memory(images, perturbed.images), name


@given(images_strategy(), every_place, border_strategy, st.data())
@laws
def test_perturb_when_images_change_places_or_are_alone_then_each_becomes_the_same_bit_for_bit(
    images: Images, places: dict[str, Parameters], border: Border, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(images))))
    for name, at in places.items():
        together = perturb(images, {name: (at,)}, border)
        for chosen in (order, *([number] for number in order)):
            some = perturb(images[chosen], {name: (at,)}, border)
            assert np.array_equal(together.images[:, chosen], some.images), name
            assert np.array_equal(together.ink_lost[:, chosen], some.ink_lost), name


@given(images_strategy(), every_place, border_strategy)
@laws
def test_perturb_when_images_are_colored_then_channels_are_changed_alike(
    images: Images, places: dict[str, Parameters], border: Border
) -> None:
    for name in places.keys() - {"noise", "equalization"}:  # these take the channels together
        together = perturb(images, {name: (places[name],)}, border).images
        for channel in range(images.shape[3]):
            alone = perturb(images[..., channel : channel + 1], {name: (places[name],)}, border).images
            assert np.array_equal(together[..., channel : channel + 1], alone), name


@given(images_strategy(), every_place)
@laws
def test_ink_lost_when_nothing_moves_or_there_is_no_ink_or_background_then_zero(
    images: Images, places: dict[str, Parameters]
) -> None:
    images[0] = 0
    for name, at in places.items():
        lost = perturb(images, {name: (at,)}).ink_lost
        assert not lost[:, 0].any(), name
        assert PERTURBATIONS.get(name).is_affine or not lost.any(), name
        assert not perturb(images, {name: (at,)}, "reflect").ink_lost.any(), name


def test_perturb_when_there_are_no_images_or_places_then_the_result_is_empty() -> None:
    for name in NAMES:
        neutral = PERTURBATIONS.get(name).neutral
        nothing = perturb(some_images(0), {name: (neutral, neutral)})
        assert nothing.images.shape == (2, 0, 28, 28, 1)
        assert nothing.ink_lost.shape == (2, 0)
        nowhere = perturb(some_images(2), {name: ()})
        assert nowhere.images.shape == (0, 2, 28, 28, 1)
        assert nowhere.ink_lost.shape == (0, 2)
    assert perturb(some_images(2, channels=3), {}).images.shape == (0, 2, 28, 28, 3)


def test_perturb_when_a_place_is_not_one_then_says_found_and_needed() -> None:
    images = some_images(1)
    for name in NAMES:
        perturbation = PERTURBATIONS.get(name)
        low, high = perturbation.limits[0]
        for first in (low - 1, high + 1, float("nan"), float("inf")):
            at = (first, *perturbation.neutral[1:])
            said = rf"{name} has {perturbation.parameters[0]} .*needed: {low} to"
            with pytest.raises(ValueError, match=said):
                perturb(images, {name: (at,)})
        for at in ((), (*perturbation.neutral, 0.0)):
            with pytest.raises(ValueError, match=rf"needed: {len(perturbation.parameters)}"):
                perturb(images, {name: (at,)})


def test_perturb_when_name_or_images_are_of_another_form_then_says_found_and_needed() -> None:
    with pytest.raises(GraderError) as caught:
        perturb(some_images(1), {"rotatoin": ((0.0,),)})
    assert caught.value.slug == "name-unknown"
    assert caught.value.values["nearest"] == "rotation"
    for shape in ((1, 28, 28), (1, 28, 28, 2), (1, 257, 28, 1), (1, 28, 257, 3), (1, 0, 28, 1)):
        with pytest.raises(ValueError, match=rf"float32 of shape \({shape[0]}, .* is needed"):
            perturb(np.zeros(shape, np.float32), {})
    with pytest.raises(ValueError, match=r"float64 of shape \(1, 28, 28, 1\); float32 .* is needed"):
        perturb(np.zeros((1, 28, 28, 1)), {})  # type: ignore[arg-type]


def test_perturb_when_given_a_suite_then_cells_are_in_its_order_and_slices_name_them() -> None:
    images = some_images(2)
    for level in SUITES:
        for parameter_sets in (SUITES[level].own, SUITES[level].test_set):
            perturbed = perturb(images, parameter_sets)
            assert list(perturbed.slices) == list(parameter_sets)
            assert perturbed.slices[next(iter(parameter_sets))].start == 0
            assert all(left.stop == right.start for left, right in pairwise(perturbed.slices.values()))
            n_cells = sum(len(ats) for ats in parameter_sets.values())
            assert len(perturbed.images) == len(perturbed.ink_lost) == n_cells
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
    assert all(np.array_equal(of(forward, name), of(backward, name)) for name in parameter_sets)
    assert dict(backward.slices) == {"shift": slice(0, 2), "noise": slice(2, 3), "blur": slice(3, 4)}


def test_batches_when_put_together_then_the_whole_and_each_is_small() -> None:
    parameter_sets: ParameterSets = {
        "rotation": tuple((float(angle),) for angle in range(40)),
        "noise": ((0.1,), (0.2,)),
        "blur": (),
        "shift": ((1.0, 2.0), (0.5, -3.0)),
    }
    for images in (some_images(5, channels=3), some_images(1), some_images(0)):
        one = 28 * 28 * 4 * images.shape[3]
        whole = perturb(images, parameter_sets)
        for most in (1, one, 3 * one, 7 * one, 60 * one, 10**9):
            made = np.full_like(whole.images, np.nan)
            lost = np.full_like(whole.ink_lost, np.nan)
            for batch in perturb_in_batches(images, parameter_sets, most_bytes=most):
                assert batch.images.nbytes <= max(most, one)
                assert np.isnan(made[batch.cells, batch.rows]).all()
                made[batch.cells, batch.rows] = batch.images
                lost[batch.cells, batch.rows] = batch.ink_lost
            assert np.array_equal(made, whole.images)
            assert np.array_equal(lost, whole.ink_lost)
    large = np.random.default_rng(3).random((40, 256, 256, 3), np.float32)
    fits: ParameterSets = {"noise": ((0.1,), (0.2,)), "flip": ((1.0,),)}
    for most, n_batches in ((15, 1), (14, 2), (9, 3), (4, 6)):
        batches = perturb_in_batches(some_images(5), fits, most_bytes=most * 28 * 28 * 4)
        assert len(list(batches)) == n_batches, most
    # A picture is 768 KiB, so that 85 of them make up to 64 MiB: twice 40 fit, three times 40 do not.
    turned: ParameterSets = {"grid": ((10.0, 5.0, 3.0),) * 3}
    two, one_more = perturb_in_batches(large, turned, "reflect")
    assert (two.cells, two.images.nbytes / 2**20) == (slice(0, 2), 60)
    assert (one_more.cells, one_more.images.nbytes / 2**20) == (slice(2, 3), 30)
    last = perturb(large[-1:], turned, "reflect").images[-1]
    assert np.array_equal(one_more.images[0, -1:], last)


def test_perturb_when_affine_then_equals_the_transform() -> None:
    images = some_images()
    for name, at, transform in (
        ("rotation", (-35.0,), Transform(angle_degrees=-35)),
        ("shift", (2.0, -5.0), Transform(dx_pixels=2, dy_pixels=-5)),
        ("lecture", (10.0, 5.0, 3.0), Transform(angle_degrees=10, dx_pixels=5, dy_pixels=3)),
        ("grid", (-15.0, 1.5, -3.0), Transform(angle_degrees=-15, dx_pixels=1.5, dy_pixels=-3)),
        ("scale", (1.3,), Transform(scale=1.3)),
        ("shear", (0.4,), Transform(shear_x=0.4)),
    ):
        perturbed = perturb(images, {name: (at,)})
        assert np.array_equal(perturbed.images, warp(images, (transform,))), name
        assert np.array_equal(perturbed.ink_lost, ink_lost(images, (transform,))), name


def test_perturb_when_given_a_border_or_channels_then_changes_and_ink_lost_know_of_it() -> None:
    images = some_images(channels=3)
    for border in BORDERS:
        perturbed = perturb(images, {"blur": ((2.0,),), "rotation": ((30.0,),)}, border)
        assert np.array_equal(perturbed.images[0], blur(images, 2.0, border))
        assert np.array_equal(perturbed.images[1:], warp(images, rotations([30.0]), border))
    inked = np.zeros((1, 28, 28, 3), np.float32)
    inked[0, 5, 0] = (0.1, 0.2, 0.3)  # 0.6 of 0.8 leave with the first column
    inked[0, 5, 9, 1] = 0.2
    assert perturb(inked, {"shift": ((-1.0, 0.0),)}).ink_lost[0, 0] == pytest.approx(0.75)


@given(st.lists(st.integers(-3, 3), min_size=4, max_size=4))
@laws
def test_shift_when_done_twice_then_equals_the_sum_and_there_and_back_is_nothing(steps: list[int]) -> None:
    images = some_images(margin=6)
    dx, dy, dx_2, dy_2 = steps
    once = only(images, "shift", (dx, dy))
    assert np.array_equal(only(once, "shift", (dx_2, dy_2)), only(images, "shift", (dx + dx_2, dy + dy_2)))
    assert np.array_equal(only(once, "shift", (-dx, -dy)), images)


def test_rotation_and_flip_when_done_and_undone_then_images_are_the_same() -> None:
    images = some_images()
    for name, there, back in (
        ("rotation", 90.0, -90.0),
        ("rotation", 180.0, -180.0),
        ("flip", 1.0, 1.0),
    ):
        once = only(images, name, (there,))
        assert not np.array_equal(once, images)
        assert np.array_equal(only(once, name, (back,)), images)


@given(st.floats(-180, 180), st.floats(-6, 6), st.floats(-6, 6))
@laws
def test_grid_when_one_part_is_neutral_then_equals_the_other(angle: float, dx: float, dy: float) -> None:
    images = some_images()
    for name in ("grid", "lecture"):
        assert np.array_equal(only(images, name, (0.0, dx, dy)), only(images, "shift", (dx, dy)))
        assert np.array_equal(only(images, name, (angle, 0.0, 0.0)), only(images, "rotation", (angle,)))
