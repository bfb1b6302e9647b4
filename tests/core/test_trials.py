"""Trials of two sets of digits, put together."""

import numpy as np

from grader.core.perturbed import PerturbedPredictions, at_place, joined

PLACES = {"rotation": np.array([[-10.0], [0.0], [10.0]])}


def part(rows: list[int], labels: list[int], read: list[list[int]]) -> PerturbedPredictions:
    """Read by one network, nobody judges, and the first digit turned left is not in the frame."""
    counted = np.ones((3, len(rows)), np.bool_)
    counted[0, 0] = False
    return PerturbedPredictions(
        rows=np.array(rows),
        labels=np.array(labels, np.int8),
        parameter_sets=PLACES,
        in_frame={"rotation": counted},
        referee=None,
        unperturbed={"student": np.array(read[1], np.int8)},
        perturbed={"student": {"rotation": np.array(read, np.int8)}},
    )


FIRST = part([4, 7], [1, 2], [[1, 1], [1, 2], [9, 2]])
SECOND = part([9], [3], [[8], [3], [3]])


def test_joined_when_two_sets_then_columns_follow_each_other() -> None:
    both = joined([FIRST, SECOND])
    assert both.rows.tolist() == [4, 7, 9]
    assert both.labels.tolist() == [1, 2, 3]
    assert both.unperturbed["student"].tolist() == [1, 2, 3]
    assert both.perturbed["student"]["rotation"].tolist() == [[1, 1, 8], [1, 2, 3], [9, 2, 3]]
    assert both.valid["rotation"].tolist() == [[False, True, False], [True] * 3, [True] * 3]


def test_at_place_then_the_row_of_these_parameters() -> None:
    assert at_place(PLACES["rotation"], (10.0,)) == 2
    assert at_place(PLACES["rotation"], (7.0,)) is None
