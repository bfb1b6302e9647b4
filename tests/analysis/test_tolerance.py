"""How far a picture can be turned or moved."""

import numpy as np

from grader.analysis.robustness import angle_range, shift_radius


def test_angle_range_when_a_gap_then_only_the_part_around_zero() -> None:
    is_right = np.array([True, False, True, True, True, False, True])
    angles = np.array([-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0])
    assert angle_range(is_right, angles) == (-10.0, 10.0)
    order = np.array([3, 0, 6, 1, 5, 2, 4])
    assert angle_range(is_right[order], angles[order]) == (-10.0, 10.0)


def test_angle_range_when_not_read_upright_then_none() -> None:
    assert angle_range(np.array([True, False, True]), np.array([-5.0, 0.0, 5.0])) is None


def test_shift_radius_when_one_far_corner_fails_then_one_less() -> None:
    shifts = [(dx, dy) for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1, 2)]
    parameter_sets = np.array(shifts, np.float64)
    is_right = np.ones(25, np.bool_)
    assert shift_radius(is_right, parameter_sets) == 2
    is_right[shifts.index((2, -1))] = False
    assert shift_radius(is_right, parameter_sets) == 1
    assert shift_radius(is_right, 4 * parameter_sets) == 4
    is_right[shifts.index((0, 0))] = False
    assert shift_radius(is_right, parameter_sets) is None


def test_shift_radius_when_nothing_was_tried_then_none() -> None:
    assert shift_radius(np.zeros(0, np.bool_), np.zeros((0, 2))) is None
