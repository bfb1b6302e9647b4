"""Which convention a network was trained with, asked of networks that are a few lines of NumPy."""

import numpy as np
import numpy.typing as npt
import pytest

from grader.models.conventions import CONVENTIONS, NotFinite, infer_convention


class Brightest:
    """Ten images of one bright row each; answers are right below a limit and no numbers above it."""

    image_shape = (10, 1, 1)

    def __init__(self, limit: float) -> None:
        self._limit = limit

    def scores(self, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if inputs.max() > self._limit:
            raise NotFinite
        return 10 * inputs.reshape(-1, 10)


IMAGES = np.eye(10, dtype=np.float32).reshape(10, 10, 1, 1)


def test_infer_when_answers_are_no_numbers_under_other_conventions_then_the_own_one_is_found() -> None:
    found = infer_convention(Brightest(limit=1), IMAGES, np.arange(10))
    assert found.chosen.polarity == "white-on-black"
    assert found.accuracies["white-on-black/0-1"] == 1
    assert found.accuracies["white-on-black/0-255"] == 0
    assert found.losses["white-on-black/0-255"] == pytest.approx(7 * np.log(10))
    assert set(found.losses) == {convention.id for convention in CONVENTIONS}


def test_infer_when_answers_are_never_numbers_then_says_so() -> None:
    with pytest.raises(NotFinite):
        infer_convention(Brightest(limit=-1), IMAGES, np.arange(10))
