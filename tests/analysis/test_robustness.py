"""What robustness numbers say of networks whose weaknesses are known exactly, and of two real digits."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from grader.analysis.robustness import (
    Weighed,
    first_failures,
    is_plausible,
    median_share,
    robust_radii,
)
from grader.analysis.rows import Number, Reader, difference_rows, rows, share_of
from grader.core.count import EMPTY, Count
from grader.core.perturbed import SCORED, PerturbedPredictions, at_place
from grader.core.picture import Images
from grader.measuring.subjects import PerturbedDigits, try_predictors
from grader.models.references import load_reference
from grader.perturbations.affine import UPSIDE_DOWN
from grader.perturbations.suite import SUITES
from tests.digits import load_test_set
from tests.fakes import Reading, Told, always_three, blind_to_rotation, blind_to_shift, reads_all


def blind_to_one_side(label: int, name: str, at: tuple[float, ...]) -> int:
    """Lose every digit that is turned by a negative angle, however small."""
    return (label + 1) % 10 if name in {"rotation", "grid"} and at[0] < 0 else label


FAKES: dict[str, Reading] = {
    "perfect": reads_all,
    "constant": always_three,
    "blind to rotation": blind_to_rotation,
    "blind to shift": blind_to_shift,
    "blind to one side": blind_to_one_side,
}


@cache
def fake_trials() -> PerturbedPredictions:
    """Ten blots so near to the center that no ink ever leaves, tried by a referee that reads everything, and the fakes."""
    blots = np.zeros((10, 28, 28, 1), np.float32)
    blots[:, 10:18, 10:18] = np.random.default_rng(5).random((10, 8, 8, 1), np.float32)
    digits = PerturbedDigits.of(blots, np.arange(10), np.arange(10), SUITES["standard"].own)
    readers = {name: Told(digits, reading) for name, reading in FAKES.items()}
    return try_predictors(digits, {"referee": Told(digits, reads_all), **readers}, "referee")


def of(name: str, predictions: PerturbedPredictions | None = None, **options: bool) -> dict[str, Number]:
    """Return what is in the table by row."""
    readers = [Reader(network=name, **options)]
    return {row.key: row.numbers[0] for row in rows(predictions or fake_trials(), readers, SCORED)}


def shares(found: dict[str, Number]) -> dict[str, float | None]:
    keys = {"rotation": "rotation", "wide": "rotation wide", "shift": "shift", "grid": "grid"}
    return {name: share_of(found[key]) for name, key in (keys | {"flips": "rotation flips"}).items()}


LECTURE = ("lecture 10,5,3", "lecture 70,0,0", "lecture 180,0,0")


def test_trials_when_no_ink_leaves_and_the_referee_reads_all_then_everything_counts() -> None:
    predictions = fake_trials()
    assert predictions.readable.all()
    assert all(counted.all() for counted in predictions.valid.values())
    assert {name: len(parameter_sets) for name, parameter_sets in predictions.parameter_sets.items()} == {
        "rotation": 37, "shift": 169, "lecture": 3, "grid": 125, "scale": 6, "shear": 4, "thickness": 4,
        "contrast": 4, "equalization": 1, "noise": 3, "blur": 3,
    }  # fmt: skip


def test_robustness_when_perfect_then_one_everywhere() -> None:
    found = of("perfect")
    assert (found["clean"], found["grid worst"]) == (Count(correct=10, total=10),) * 2
    assert shares(found) == {"rotation": 1, "wide": 1, "shift": 1, "grid": 1, "flips": 0}
    others = ("scale", "shear", "thickness", "contrast", "equalization", "noise", "blur")
    assert {share_of(found[name]) for name in others} == {1}
    assert list(found)[-len(others) :] == list(others)
    assert all(found[key] == Count(correct=10, total=10) for key in LECTURE)
    for digit in robust_radii(fake_trials(), "perfect"):
        assert (digit.angles_degrees, digit.shift_pixels, digit.is_right_everywhere) == ((-90, 90), 6, True)


def test_robustness_when_constant_then_one_digit_of_ten_and_no_flips() -> None:
    found = of("constant")
    assert (found["clean"], found["grid worst"]) == (Count(correct=1, total=10),) * 2
    assert shares(found) == pytest.approx(
        {"rotation": 0.1, "wide": 0.1, "shift": 0.1, "grid": 0.1, "flips": 0}
    )
    for digit in robust_radii(fake_trials(), "constant"):
        is_three = digit.label == 3
        assert digit.angles_degrees == ((-90, 90) if is_three else None)
        assert digit.shift_pixels == (6 if is_three else None)
        assert (digit.is_right, digit.is_right_everywhere) == (is_three, is_three)


def test_robustness_when_blind_to_rotation_then_only_small_angles() -> None:
    # Right at -10, -5, 0, 5, 10: five trapezoids of 5 degrees, 25 of 60 and of 180; of the grid's angles only 0.
    found = of("blind to rotation")
    assert found["clean"] == Count(correct=10, total=10)
    assert shares(found) == pytest.approx(
        {"rotation": 25 / 60, "wide": 25 / 180, "shift": 1, "grid": 1 / 5, "flips": 1}
    )
    assert found["grid worst"] == Count(correct=0, total=10)
    assert [round(10 * share_of(found[key])) for key in LECTURE] == [10, 0, 0]
    for digit in robust_radii(fake_trials(), "blind to rotation"):
        assert (digit.angles_degrees, digit.shift_pixels, digit.is_right_everywhere) == ((-10, 10), 6, False)
        # 5 of 13 angles, 49 of 49 shifts, 25 of 125 cells of the grid.
        assert digit.cells == Count(correct=5 + 49 + 25, total=13 + 49 + 125)


def test_robustness_when_blind_to_one_side_then_the_ends_weigh_half() -> None:
    # In steps of 5 degrees: 0 to 25 weigh 5 each and 30 at the end 2.5, of 60; 0 to 85 and 90, of 180; 3 of the grid's 5.
    found = of("blind to one side")
    assert shares(found) == pytest.approx(
        {"rotation": 32.5 / 60, "wide": 92.5 / 180, "shift": 1, "grid": 3 / 5, "flips": 1 / 2}
    )
    for digit in robust_radii(fake_trials(), "blind to one side"):
        assert (digit.angles_degrees, digit.shift_pixels, digit.is_right_everywhere) == ((0, 90), 6, False)


def test_robustness_when_blind_to_shift_then_only_small_shifts() -> None:
    # Up to 2 pixels: 25 of 49 shifts; of the grid's shifts -1.5, 0 and 1.5: 9 of 25.
    found = of("blind to shift")
    assert shares(found) == pytest.approx(
        {"rotation": 1, "wide": 1, "shift": 25 / 49, "grid": 9 / 25, "flips": 0}
    )
    assert [round(10 * share_of(found[key])) for key in LECTURE] == [0, 10, 10]
    for digit in robust_radii(fake_trials(), "blind to shift"):
        assert (digit.angles_degrees, digit.shift_pixels) == ((-90, 90), 2)


def test_first_failures_when_blind_then_the_smallest_change_that_is_lost() -> None:
    predictions = fake_trials()
    assert first_failures(predictions, "perfect") == {}
    lost = {
        name: {
            (where, tuple(predictions.parameter_sets[where][place]))
            for where, place in first_failures(predictions, name).values()
        }
        for name in FAKES
    }
    assert lost["blind to rotation"] == {("rotation", (-15.0,))}
    # (-3, *) is as large as (*, -3); the first place in order wins.
    assert lost["blind to shift"] == {("shift", (-3.0, -3.0))}
    assert set(first_failures(predictions, "constant")) <= {3}


def test_difference_when_on_the_same_digits_then_paired() -> None:
    found = {
        row.key: row.numbers
        for row in difference_rows(fake_trials(), "blind to rotation", ["perfect", "nobody"], SCORED)
    }
    assert list(found) == ["rotation", "shift", "grid"]
    less, _ = found["rotation"]
    assert (less.value, found["shift"][0].value) == pytest.approx((25 / 60 - 1, 0))
    assert (less.low, less.high) == pytest.approx((25 / 60 - 1,) * 2, abs=0.2)
    assert {numbers[1] for numbers in found.values()} == {None}


def test_robustness_when_nobody_read_then_none() -> None:
    assert set(of("nobody").values()) == {None}
    assert robust_radii(fake_trials(), "nobody") == ()
    assert first_failures(fake_trials(), "nobody") == {}


def test_robustness_when_a_cell_does_not_count_then_it_cannot_cost_anything() -> None:
    predictions = fake_trials()
    counted = {name: mask.copy() for name, mask in predictions.valid.items()}
    counted["rotation"][np.abs(predictions.parameter_sets["rotation"][:, 0]) > 12] = False
    some = dataclasses.replace(predictions, in_frame=counted)
    assert share_of(of("blind to rotation", some)["rotation"]) == 1
    everything = of("blind to rotation", some, only_valid=False)
    assert share_of(everything["rotation"]) == pytest.approx(25 / 60)


def test_robustness_when_the_referee_cannot_read_a_digit_then_it_is_left_out() -> None:
    predictions = fake_trials()
    read = predictions.unperturbed["referee"].copy()
    read[4] += 1
    unperturbed = {**predictions.unperturbed, "referee": read}
    found = of("perfect", dataclasses.replace(predictions, unperturbed=unperturbed))
    assert (found["clean"].total, found["rotation"].n) == (9, 9)


# Real digits, the real referee


def tried(images: Images, labels: list[int]) -> PerturbedPredictions:
    digits = PerturbedDigits.of(images, np.arange(len(images)), np.array(labels), SUITES["standard"].own)
    ids = ("referee", "lecture-cnn-small")
    return try_predictors(digits, {id_: load_reference(id_) for id_ in ids}, "referee")


def test_six_when_upside_down_and_read_as_nine_then_loses_nothing_and_is_shown_as_plausible() -> None:
    images, labels = load_test_set()
    sixes = images[labels == 6][:20]
    predictions = tried(sixes, [6] * len(sixes))
    upside_down = at_place(predictions.parameter_sets["lecture"], UPSIDE_DOWN)
    is_nine = predictions.perturbed["lecture-cnn-small"]["lecture"][upside_down] == 9
    assert is_nine.sum() >= 10
    assert not predictions.valid["lecture"][upside_down][
        is_nine & (predictions.perturbed["referee"]["lecture"][upside_down] == 9)
    ].any()
    assert is_plausible(predictions, "lecture-cnn-small", "referee", "lecture")[upside_down].sum() >= 10
    count = of("lecture-cnn-small", predictions)["lecture 180,0,0"]
    assert count.total <= 20 - is_nine.sum() + 5


def test_one_when_moved_out_of_the_frame_then_does_not_count() -> None:
    images = np.zeros((1, 28, 28, 1), np.float32)
    images[0, 4:24, 22:25] = 1
    predictions = tried(images, [1])
    assert predictions.readable[0], "the referee reads a 1 near the edge"
    shifts = predictions.parameter_sets["shift"]
    gone = at_place(shifts, (6.0, 0.0))
    kept = at_place(shifts, (3.0, 0.0))
    assert not predictions.valid["shift"][gone, 0]
    right = predictions.perturbed["referee"]["shift"][kept, 0] == 1
    assert predictions.valid["shift"][kept, 0] == right
    # Columns 22 to 24, moved right by 4, end at 28, outside: a third of the ink is gone whoever still reads it.
    assert not predictions.valid["shift"][at_place(shifts, (4.0, 0.0)), 0]


def test_median_share_then_the_digit_in_the_middle_of_those_that_count() -> None:
    found = Weighed(parts=np.array([1.0, 0.0, 9.0, 5.0]), totals=np.array([5.0, 0.0, 10.0, 10.0]))
    assert median_share(found) == 0.5
    assert median_share(Weighed(parts=np.array([2.0, 9.0]), totals=np.full(2, 10.0))) == pytest.approx(0.55)
    assert median_share(Weighed(parts=np.zeros(2), totals=np.zeros(2))) is None
    assert median_share(None) is None


def test_weighed_when_its_mean_is_taken_then_exact_and_over_digits_that_count() -> None:
    found = Weighed(parts=np.array([2.5, 0.0, 10.0]), totals=np.array([7.5, 0.0, 10.0]))
    # One third and one whole, the digit in the middle has no cell: two thirds.
    assert (found.mean(), found.n) == (Count(correct=2, total=3), 2)
    assert Weighed(parts=np.zeros(1), totals=np.zeros(1)).mean() == EMPTY
