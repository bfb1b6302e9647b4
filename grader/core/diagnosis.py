"""Why one picture was misread, found by changing it and asking the model again."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

REPAIRS = ("polarity", "contrast", "upright", "stroke", "size", "center", "convention")
"""Single repairs of a picture as handed in, in the order in which they are named."""

CLEANING = "cleaning"
"""Everything the normalizer does: all of `REPAIRS` but `upright`, at full resolution, and more."""

CHANGES = ("upright", "thinner", "thicker", "smaller", "larger", "shift")
"""Changes of the normalized picture, in the order in which they are named; they come after `CLEANING`."""


class Cause(StrEnum):
    """Where a miss comes from."""

    PICTURE = "picture"
    """Misread as handed in, but read once normalized or turned upright: the way it was handed in is the cause."""
    MODEL = "model"
    """The referee reads the normalized picture, the student's model does not."""
    CONTESTED = "contested"
    """The referee does not read the normalized picture as its label: the digit itself is in doubt, and costs nothing."""


@dataclass(frozen=True, kw_only=True)
class NearestImages:
    """The test images of one class that look most like a picture."""

    label: int
    """Their class."""
    rows: tuple[int, ...]
    """Their rows among the test images, nearest first."""
    distances: tuple[float, ...]
    """Their distances from the picture; see `grader.measuring.explain`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Miss:
    """One labelled picture that the student's model misread, as handed in or normalized."""

    index: int
    """Row in the arrays of the `ImageSet`."""
    label: int
    """The true class."""
    submitted: npt.NDArray[np.float32]
    """(classes,): probabilities that the model gives the picture as handed in."""
    normalized: npt.NDArray[np.float32]
    """(classes,): probabilities that it gives the normalized picture."""
    is_read_by_referee: bool
    """Whether the referee reads the label of the normalized picture."""

    @property
    def reads_as_submitted(self) -> bool:
        """Whether the model reads the picture as handed in."""
        return int(self.submitted.argmax()) == self.label

    @property
    def reads_normalized(self) -> bool:
        """Whether the model reads the normalized picture."""
        return int(self.normalized.argmax()) == self.label

    @property
    def _where_misread(self) -> npt.NDArray[np.float32]:
        """Probabilities for the normalized picture when that is misread, else for the picture as handed in."""
        return self.submitted if self.reads_normalized else self.normalized

    @property
    def _before(self) -> npt.NDArray[np.float32]:
        """Probabilities that the repairs start from."""
        return self.normalized if self.reads_as_submitted else self.submitted

    @property
    def competitor(self) -> int:
        """The most probable class other than the label, on the normalized picture if misread, else as handed in."""
        others = self._where_misread.copy()
        others[self.label] = -1
        return int(others.argmax())

    @property
    def margin(self) -> float:
        """Probability of the label minus that of the competitor on that picture; in [-1, 1], not above 0."""
        return float(self._where_misread[self.label] - self._where_misread[self.competitor])

    @property
    def prediction_before(self) -> int:
        """What the model says of the picture as handed in or, when it reads that, of the normalized one."""
        return int(self._before.argmax())

    @property
    def confidence_before(self) -> float:
        """Its probability, in [0, 1]."""
        return float(self._before.max())


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """What the student's model answered about changed copies of a misread picture."""

    repairs: tuple[str, ...] = ()
    """The fewest repairs that make the model read the label, verified; () when none is known. Names from `REPAIRS`, or
    `CLEANING` and then names from `CHANGES`."""
    amounts: Mapping[str, float] = field(default_factory=dict)
    """How much was changed by the repairs: `angle_degrees` (counter-clockwise), `is_mirrored`, `dx_pixels` (right),
    `dy_pixels` (down); only those that apply."""
    confidence_after: float | None = None
    """Probability of the label on the repaired picture, in [0, 1]; None without repairs."""
    variants_tried: int = 0
    """How many repaired pictures the model was asked; 0 when repairs were not looked for."""
    variants_right: int = 0
    """How many of them it read as the label, verified or not."""
    repaired: npt.NDArray[np.uint8] | None = None
    """(28, 28): the repaired picture, exactly as it was asked; None without repairs."""
    is_fed_as_it_is: bool = True
    """Whether the repaired picture, divided by 255, went to the model unchanged, as the picture handed in did; else it
    was an image of ink 255 on background 0 that went through the model's own input convention."""
    occlusion: npt.NDArray[np.float16] | None = None
    """(22, 22): change of the probability of the label minus that of the competitor when the 7 x 7 pixels whose upper
    left corner is at [row, column] of the normalized picture are background; None when not asked."""
    nearest: tuple[NearestImages, ...] = ()
    """Of the competitor and of the label; () when not asked."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Diagnosis(Miss, Explanation):
    """One misread picture, and what the model answered about changed copies of it."""

    @classmethod
    def of(cls, miss: Miss, explanation: Explanation) -> "Diagnosis":
        """Put the two together."""
        return cls(**vars(miss), **vars(explanation))

    @property
    def cause(self) -> Cause:
        """Where the miss comes from.

        Normalizing does not turn pictures. So the cause is `PICTURE`, too, where a picture only had to be turned.
        """
        is_turned = "upright" in self.repairs and not set(self.repairs) & (set(CHANGES) - {"upright"})
        if is_turned or (self.reads_normalized and (self.is_read_by_referee or self.repairs)):
            return Cause.PICTURE
        return Cause.MODEL if self.is_read_by_referee else Cause.CONTESTED


def repair_counts(diagnoses: Iterable[Diagnosis]) -> tuple[tuple[str, int], ...]:
    """Return how many pictures needed each repair, the most frequent first, then in the order in which they are named.

    `CLEANING` before `CHANGES` is left out: the changes were needed there.
    """
    counted = Counter(
        name for found in diagnoses for name in found.repairs if name != CLEANING or len(found.repairs) == 1
    )
    order = (*REPAIRS, CLEANING, *CHANGES)
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], order.index(pair[0]))))
