"""Why one picture was misread, as far as trying it out can tell."""

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
    """Misread as handed in, and read once normalized or turned upright: it is how the picture was handed in."""
    MODEL = "model"
    """The referee reads the normalized picture, the student's model does not."""
    CONTESTED = "contested"
    """The referee does not read the normalized picture as its label: the digit itself is in doubt, and costs nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NearestDigits:
    """The known digits of one class that look most like a picture."""

    digit: int
    """Their class."""
    rows: tuple[int, ...]
    """Their rows among the known digits, nearest first."""
    distances: tuple[float, ...]
    """How far they are; see `grader.measuring.explain`."""
    pictures: npt.NDArray[np.uint8]
    """(n, 28, 28): ink 255 on background 0."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Diagnosis:
    """One labelled picture that the student's model misread, as handed in or normalized."""

    index: int
    """Row in the arrays of the `ImageSet`."""
    label: int
    """The true class."""
    verdict: Cause
    """Where the miss comes from."""
    reads_as_submitted: bool
    """Whether the model reads the picture as handed in."""
    reads_normalized: bool
    """Whether the model reads the normalized picture."""
    competitor: int
    """The class that stands against the label: the most probable other one, on the normalized picture when that is
    misread, else on the picture as handed in."""
    margin: float
    """Probability of the label less that of the competitor, there; in [-1, 1], not above 0."""
    repairs: tuple[str, ...] = ()
    """The fewest repairs that make the model read the label, verified; () when none is known. Names from `REPAIRS`, or
    `CLEANING` and then names from `CHANGES`."""
    amounts: Mapping[str, float] = field(default_factory=dict)
    """How much was changed by the repairs: `angle_degrees` (counter-clockwise), `is_mirrored`, `dx_pixels` (right),
    `dy_pixels` (down); only those that apply."""
    prediction_before: int
    """What the model says of the picture as handed in or, when it reads that, of the normalized one."""
    confidence_before: float
    """Its probability, in [0, 1]."""
    prediction_after: int | None = None
    """What the model says of the repaired picture: the label; None without repairs."""
    confidence_after: float | None = None
    """Its probability, in [0, 1]; None without repairs."""
    variants_tried: int = 0
    """How many repaired pictures the model was asked; 0 when repairs were not looked for."""
    variants_right: int = 0
    """How many of them it read as the label, verified or not."""
    repaired: npt.NDArray[np.uint8] | None = None
    """(28, 28): the repaired picture, exactly as it was asked; None without repairs."""
    is_fed_as_it_is: bool = True
    """Whether the repaired picture, divided by 255, went to the model unchanged, as the picture handed in did; else it
    was an image of ink 255 on background 0 that went through the model's own input convention."""
    occlusion: npt.NDArray[np.float32] | None = None
    """(22, 22): change of the probability of the label less that of the competitor when the 7 x 7 pixels whose upper left
    corner is at [row, column] of the normalized picture are background; None when not asked."""
    nearest: tuple[NearestDigits, ...] = ()
    """Of the competitor and of the label; () when not asked."""


def repair_counts(diagnoses: Iterable[Diagnosis]) -> tuple[tuple[str, int], ...]:
    """Return how many pictures needed each repair, the most frequent first, then in the order in which they are named.

    `CLEANING` before `CHANGES` is left out: there it is the changes that were needed.
    """
    counted = Counter(
        name for found in diagnoses for name in found.repairs if name != CLEANING or len(found.repairs) == 1
    )
    order = (*REPAIRS, CLEANING, *CHANGES)
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], order.index(pair[0]))))
