"""What every part starts from: one set of digits that networks went through, and the words to tell it in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from grader.core.perturbed import PerturbedPredictions, Zone
from grader.report.numbers import angle_text, shift_text
from grader.texts.catalog import Texts


@dataclass(frozen=True, kw_only=True, eq=False)
class Tried:
    """One set of digits, the network it is about, and those beside it."""

    key: Literal["own", "test_set"]
    """Which digits: pictures that were handed in, or the shipped test digits."""
    predictions: PerturbedPredictions
    """What was read."""
    subject: str
    """Name of the network in the trials."""
    subject_name: str
    """Its name on the page."""
    referee: str
    """Who judges what can be read."""
    references: tuple[str, ...]
    """Further networks."""
    zone: Zone
    """What is scored."""
    class_names: tuple[str, ...]
    """Name of each class."""
    words: Texts
    """The language."""
    is_alone: bool = field(default=True)
    """Whether this set of digits is the only one on the page that has drawings, so that ids need no prefix."""

    @property
    def prefix(self) -> str:
        """What the ids of this set begin with."""
        return "" if self.is_alone else f"{self.key}-"

    @property
    def digits(self) -> str:
        """The digits in words."""
        return self.words(f"robustness.set.{self.key}")

    @property
    def is_measured(self) -> bool:
        """Whether the network read anything."""
        return self.subject in self.predictions.perturbed and self.predictions.labels.size > 0

    @property
    def judge(self) -> str | None:
        """The referee as another column; None where the page is about the referee itself, or it read nothing."""
        return (
            self.referee
            if self.referee in self.predictions.perturbed and self.referee != self.subject
            else None
        )

    @property
    def others(self) -> tuple[str, ...]:
        """The further networks that read something."""
        named = (name for name in self.references if name not in (self.subject, self.referee))
        return tuple(name for name in named if name in self.predictions.perturbed)

    def class_name(self, index: int) -> str:
        """Return the name of a class."""
        return self.class_names[index] if 0 <= index < len(self.class_names) else "?"

    def change_text(self, name: str, at: Sequence[float]) -> str:
        """Return what was done to a picture, in words: "turned by +15°, moved by (−3, +2)".

        Args:
            name: of the perturbation: "rotation", "shift", "grid" or "lecture".
            at: its place.
        """
        angle = 0.0 if name == "shift" else at[0]
        dx, dy = (0.0, 0.0) if name == "rotation" else (at[-2], at[-1])
        parts = []
        if angle:
            parts.append(self.words("robustness.turned", angle=angle_text(angle)))
        if dx or dy:
            parts.append(self.words("robustness.moved", shift=shift_text(dx, dy)))
        return ", ".join(parts) or self.words("robustness.unchanged")
