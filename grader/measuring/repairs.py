"""One misread picture → every repaired form of it that the student's model is asked about."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from grader.core.diagnosis import CHANGES, CLEANING, REPAIRS
from grader.datasets.mnist.strokes import SIDE, THICK, THIN
from grader.measuring import ink as geometry
from grader.measuring.ink import (
    Ink,
    Sheet,
    Turn,
    box_of,
    digit_mask,
    full_level,
    read_sheet,
    stretched,
)
from grader.models.adapters import PLAIN, WHITE_ON_BLACK, Convention

_GOOD_SIZE = (19, 22)
"""Longest side in pixels of a digit that needs no other size. MNIST: 20."""

_SQUARE = 1.05
"""Ratio of a picture's sides up to which making it square hardly squeezes the digit."""

_FULL_SPAN, _CLEAR = 0.9, 0.05
"""Least ink, and most distance of the background from black or white, of a picture that needs no stretching."""

_STROKE_STEP = 1 / 3
"""Pixels by which both edges of a stroke move where strokes are made thinner or thicker."""

_SMALLER, _LARGER = 18, 22
"""Longest side in pixels, a tenth less and more than MNIST's 20."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Variant:
    """One form of a picture."""

    names: tuple[str, ...]
    """The repairs that were made, in order."""
    pixels: npt.NDArray[np.uint8]
    """(28, 28)."""
    is_fed_as_it_is: bool
    """True: grey values that go to the model unchanged. False: ink 255 on 0, which goes through its convention."""
    amounts: Mapping[str, float] = field(default_factory=dict)
    """How much was changed."""

    @property
    def effort(self) -> tuple[int, int]:
        """What makes one set of repairs smaller than another; the normalizer stands for all of them."""
        return (CLEANING in self.names, len(self.names))


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """One misread picture, with everything that repairing it needs."""

    as_submitted: npt.NDArray[np.float32]
    """(28, 28): grey, polarity as in the file."""
    original: npt.NDArray[np.float64]
    """(h, w): the picture as handed in, grey, with its own aspect."""
    normalized: npt.NDArray[np.float32]
    """(28, 28): ink 1 on background 0."""
    turn: Turn
    """What turns it upright."""
    is_misread_as_submitted: bool
    """Whether repairs of the picture as handed in are to be tried."""
    is_misread_normalized: bool
    """Whether changes of the normalized picture are to be tried, too."""


def variants(subject: Subject, convention: Convention) -> tuple[Variant, ...]:
    """Return every form that is tried, no two that look alike to the model, those with fewer repairs first.

    Of the picture as handed in there are at most 2 ** 7, all sets of repairs, the normalized picture in place of the empty
    one; of a normalized picture that is misread at most 33 more.

    Args:
        subject: the picture.
        convention: what the student's model was trained with. In `PLAIN` there is nothing to repair about it.
    """
    tried: dict[tuple[bytes, bool], Variant] = {}
    baseline = _bytes(subject.as_submitted)
    tried[baseline.tobytes(), True] = Variant(names=(), pixels=baseline, is_fed_as_it_is=True)
    every = (
        *(_of_submitted(subject, convention) if subject.is_misread_as_submitted else ()),
        Variant(names=(CLEANING,), pixels=_bytes(subject.normalized), is_fed_as_it_is=convention == PLAIN),
        *(_of_normalized(subject, convention) if subject.is_misread_normalized else ()),
    )
    for variant in sorted(every, key=lambda each: each.effort):
        tried.setdefault((variant.pixels.tobytes(), variant.is_fed_as_it_is), variant)
    return tuple(variant for variant in tried.values() if variant.names)


def _of_submitted(subject: Subject, convention: Convention) -> Iterator[Variant]:
    small, large = read_sheet(subject.as_submitted.astype(np.float64)), read_sheet(subject.original)
    if small is None or large is None or small.is_dark != large.is_dark:
        return
    offered = [name for name in REPAIRS if _is_offered(name, subject, small, convention)]
    for names in _subsets(offered):
        grey = _repaired(small, large, set(names), subject.turn)
        if grey is None:
            continue
        is_fed_as_it_is = "convention" not in names
        if not is_fed_as_it_is and convention.polarity != WHITE_ON_BLACK:
            grey = 1 - grey  # the convention turns it over again: the model sees the polarity of the file
        yield Variant(
            names=names,
            pixels=_bytes(grey),
            is_fed_as_it_is=is_fed_as_it_is,
            amounts=_turn_amounts(subject.turn) if "upright" in names else {},
        )


def _subsets(names: list[str]) -> Iterable[tuple[str, ...]]:
    return itertools.chain.from_iterable(
        itertools.combinations(names, count) for count in range(1, len(names) + 1)
    )


def _is_offered(name: str, subject: Subject, small: Sheet, convention: Convention) -> bool:
    """Whether a repair could be what is needed: one that mends nothing can only be right by luck."""
    if name == "polarity":
        return small.is_dark == (convention.polarity == WHITE_ON_BLACK)
    if name == "convention":
        return convention != PLAIN
    if name == "upright":
        return not subject.turn.is_nothing
    if name == "contrast":
        level = small.background if small.is_dark else 1 - small.background
        return level < 1 - _CLEAR or full_level(small.ink) < _FULL_SPAN or small.noise > _CLEAR / 2
    if name == "stroke":
        width = geometry.stroke_width(small.ink, small.noise)
        return width is not None and not THIN <= width <= THICK
    if name == "size":
        box = box_of(digit_mask(small.ink, small.noise))
        height, width_ = subject.original.shape
        is_square = max(height, width_) <= _SQUARE * min(height, width_)
        longest = max(box[1] - box[0], box[3] - box[2]) if box else 0
        return not (is_square and _GOOD_SIZE[0] <= longest <= _GOOD_SIZE[1])
    return True


def _repaired(small: Sheet, large: Sheet, names: set[str], turn: Turn) -> npt.NDArray[np.float64] | None:
    """Return the picture with some repairs made, grey (28, 28); None when they leave no ink.

    Only a new size needs more pixels than the network's; without it the picture stays the plain resize that was handed
    in, squeezed as it is.
    """
    sheet = large if "size" in names else small
    ink = sheet.ink
    if "upright" in names:
        ink = geometry.turn(ink, turn, keeps_sides="size" not in names)
    if "stroke" in names:
        ink = geometry.with_stroke(ink, sheet.noise)
    if "size" in names:
        ink = geometry.in_frame(ink, sheet.noise)
    if "center" in names:
        ink = geometry.centered(ink, sheet.noise)
    if not ink.any():
        return None
    if "contrast" in names:
        full = stretched(ink, sheet.noise)
        grey = 1 - full if sheet.is_dark else full
    else:
        grey = sheet.background - ink if sheet.is_dark else sheet.background + ink
    return 1 - grey if "polarity" in names else grey


def _of_normalized(subject: Subject, convention: Convention) -> Iterator[Variant]:
    """Yield small changes of the normalized picture: turned, other strokes, other size, in all combinations; or moved."""
    normalized = subject.normalized.astype(np.float64)
    if not normalized.any():
        return

    def variant(ink: Ink, names: Iterable[str], amounts: Mapping[str, float]) -> Variant:
        return Variant(
            names=(CLEANING, *sorted(names, key=CHANGES.index)),
            pixels=_bytes(ink),
            is_fed_as_it_is=convention == PLAIN,
            amounts=amounts,
        )

    turns: list[tuple[str, ...]] = [()] if subject.turn.is_nothing else [(), ("upright",)]
    for names in itertools.product(turns, ((), ("thinner",), ("thicker",)), ((), ("smaller",), ("larger",))):
        flat = tuple(itertools.chain.from_iterable(names))
        if flat:
            yield variant(
                _changed(normalized, set(flat), subject.turn),
                flat,
                _turn_amounts(subject.turn) if "upright" in flat else {},
            )
    for dx, dy in _STEPS:
        yield variant(
            geometry.moved(normalized, dx=dx, dy=dy), ("shift",), {"dx_pixels": dx, "dy_pixels": dy}
        )


_STEPS = tuple(
    (dx * pixels, dy * pixels)
    for pixels in (1, 2)
    for dy in (-1, 0, 1)
    for dx in (-1, 0, 1)
    if (dx, dy) != (0, 0)
)
"""Shifts (right, down) by one and by two pixels, in eight directions."""


def _changed(ink: Ink, names: set[str], turn: Turn) -> Ink:
    if "upright" in names:
        ink = geometry.turn(ink, turn, keeps_sides=True)
    if "thinner" in names:
        ink = geometry.widen(ink, -_STROKE_STEP)
    if "thicker" in names:
        ink = geometry.widen(ink, _STROKE_STEP)
    if names & {"smaller", "larger"}:
        ink = geometry.in_frame(ink, 0.0, longest=_SMALLER if "smaller" in names else _LARGER)
    return geometry.centered(ink, 0.0)


def _turn_amounts(turn: Turn) -> dict[str, float]:
    amounts = {"angle_degrees": turn.angle_degrees} if turn.angle_degrees else {}
    return amounts | ({"is_mirrored": 1.0} if turn.is_mirrored else {})


def _bytes(grey: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Return grey values in [0, 1] as bytes: what is shown of a repaired picture is exactly what was asked."""
    levels = np.round(255 * np.clip(grey, 0, 1)).astype(np.uint8)
    return np.asarray(levels.reshape(SIDE, SIDE))
