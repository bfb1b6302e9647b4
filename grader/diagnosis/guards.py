"""Right answers to repaired pictures → which of them mean anything.

A model that says 8 to every picture on white paper is right about every 8 there, and no repair has to do with it. And
where the label itself is wrong, some of a hundred pictures is read as it by chance.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images
from grader.diagnosis.asker import Asker, Predict
from grader.diagnosis.repairs import Variant
from grader.diagnosis.sheet import full_level, read_sheet

PER_CLASS = 20
"""Known digits of each class that are shown in the grey levels of a repaired picture."""

LEAST_SHARE = 0.5
"""Least share of the known digits of a class that must be read as it, and least share of what is read as it that must be
of this class."""

LEVEL_STEPS = 5
"""Grey levels of background and ink are told apart in steps of a fifth."""

Levels = tuple[int, int, bool]
"""Background and ink in `LEVEL_STEPS`, and whether pictures are fed as they are."""


class Competence:
    """What the model makes of known digits in the grey levels of repaired pictures; each pair of levels is asked once."""

    def __init__(self, asker: Asker, images: Images, labels: npt.NDArray[np.integer]) -> None:
        rows = np.concatenate([np.flatnonzero(labels == digit)[:PER_CLASS] for digit in np.unique(labels)])
        self._asker = asker
        self._images, self._labels = images[rows, ..., 0], labels[rows]
        self._known: dict[Levels, npt.NDArray[np.int64]] = {}

    def __call__(self, variants: Sequence[Variant], labels: Sequence[int]) -> list[bool]:
        """Return for each variant whether the model reads digits of `labels` in its grey levels.

        At most two calls, of 200 predictions for each pair of levels that was not seen before.
        """
        levels = [_levels(variant) for variant in variants]
        new = sorted({each for each in levels if each is not None} - self._known.keys())
        if new:
            shown = [picture for each in new for picture in self._shown(each)]
            as_they_are = [each[2] for each in new for _ in self._labels]
            read = self._asker.answers(shown, as_they_are).argmax(axis=1).reshape(len(new), -1)
            self._known.update(zip(new, read, strict=True))
        return [
            each is not None and self._is_read(self._known[each], label)
            for each, label in zip(levels, labels, strict=True)
        ]

    def _shown(self, levels: Levels) -> npt.NDArray[np.uint8]:
        background, ink = levels[0] / LEVEL_STEPS, levels[1] / LEVEL_STEPS
        return np.round(255 * (background + (ink - background) * self._images)).astype(np.uint8)

    def _is_read(self, read: npt.NDArray[np.int64], label: int) -> bool:
        both = int(((read == label) & (self._labels == label)).sum())
        meant, said = int((self._labels == label).sum()), int((read == label).sum())
        return both > 0 and both >= LEAST_SHARE * meant and both >= LEAST_SHARE * said


def _levels(variant: Variant) -> Levels | None:
    """Return the grey levels of a picture; None when it shows nothing."""
    sheet = read_sheet(variant.pixels.astype(np.float64) / 255)
    if sheet is None:
        return None
    full = full_level(sheet.ink)
    ink = sheet.background + (-full if sheet.is_dark else full)
    return round(LEVEL_STEPS * sheet.background), round(LEVEL_STEPS * ink), variant.is_fed_as_it_is


class Agreement:
    """Whether the referee reads repaired pictures as their labels, too, whatever their polarity."""

    def __init__(self, referee_predict: Predict) -> None:
        self._predict = referee_predict

    def __call__(self, variants: Sequence[Variant], labels: Sequence[int]) -> list[bool]:
        """Return for each variant whether the referee reads it as its label; one call."""
        if not variants:
            return []
        images = np.stack([_light_ink(variant.pixels) for variant in variants])
        read = self._predict(images[..., None]).argmax(axis=1)
        return [int(each) == label for each, label in zip(read, labels, strict=True)]


def _light_ink(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return a picture with ink brighter than its background, (28, 28) in [0, 1]."""
    grey = pixels.astype(np.float32) / np.float32(255)
    sheet = read_sheet(grey.astype(np.float64))
    return 1 - grey if sheet is not None and sheet.is_dark else grey
