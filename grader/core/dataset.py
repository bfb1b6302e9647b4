"""What one data set knows of itself: its card."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from grader.core.grade import LocalizedText


@dataclass(frozen=True, kw_only=True)
class DatasetClass:
    """One class of a data set."""

    name: str
    """Name in results and in the rubric: "7", "T-shirt/top"."""
    title: LocalizedText
    """What pages call it, by language."""
    words: tuple[str, ...] = ()
    """How else it is called in file names, in small letters, without spaces; its name and titles are such words too."""


Border = Literal["background", "reflect"]
"""What moves in where a perturbation moves a picture: background (0), or the picture mirrored."""


@dataclass(frozen=True, kw_only=True)
class PictureForm:
    """What a handed-in picture is turned into."""

    shape: tuple[int, int, int]
    """Height, width and channels."""
    preparation: str
    """See `Dataset`."""
    fit: str
    """See `Dataset`."""
    is_ink: bool
    """See `Dataset`."""


SHIPPED = "shipped"
"""Test set beside the card."""
CACHED = "cached"
"""Test set in the user's cache, put there by `grader dataset prepare`."""
WITHHELD = "withheld"
"""Test set that the instructor keeps: whoever has the card alone cannot measure on it."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """The card of a data set."""

    name: str
    """Name of its folder."""
    title: LocalizedText
    """What pages call it."""
    classes: tuple[DatasetClass, ...]
    """In the order of a network's outputs; 2 to 20."""
    shape: tuple[int, int, int]
    """Height, width and channels of one image; square, at most 256; 1 channel is grey, 3 are RGB."""
    preparation: str
    """How a handed-in picture becomes an image: a key of `grader.datasets.child.PREPARATIONS`."""
    fit: str = "crop"
    """How "plain" makes a picture square: "crop" (its middle) or "pad" (with the color of its border)."""
    is_ink: bool = False
    """Whether images show something bright on a background of 0. Then networks may be trained on the opposite polarity,
    and "plain" turns a picture with a bright border over."""
    border: Border = "background"
    """What moves in where a perturbation moves the picture."""
    perturbations: tuple[str, ...] | None = None
    """Names of the perturbations that keep the label; None: all that keep any label, those of plug-ins among them."""
    scales: tuple[str, ...] = ("0-1", "0-255", "-1..1")
    """Scales of values that networks are tried with, the plainest first; see `grader.models.adapters`."""
    references: tuple[str, ...] = ()
    """Ids of its reference networks."""
    referee: str | None = None
    """The reference network that judges whether a picture can be recognized; None: it has none."""
    test_set: str
    """Where the test images are: `SHIPPED`, `CACHED` or `WITHHELD`."""
    test_set_sha256: str = ""
    """Hash of the test set, see `grader.datasets.test_set`; "" while there is none."""
    most_perturbed: int = 100_000
    """Most perturbed pictures of its own that a student's model is asked about; fewer pictures are perturbed then."""
    turned: Mapping[int, int] = field(default_factory=dict)
    """Class that a class looks like upside down; only where that is one at all."""
    mirrored: Mapping[int, int] = field(default_factory=dict)
    """Class that a class looks like when left and right are changed; only where that is one at all."""
    source: LocalizedText = field(default_factory=dict)
    """Where it comes from, whom it belongs to, and its licence."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class."""
        return tuple(each.name for each in self.classes)

    @property
    def side(self) -> int:
        """Height and width of one image in pixels."""
        return self.shape[0]

    @property
    def form(self) -> PictureForm:
        """What the child that decodes pictures has to know."""
        return PictureForm(shape=self.shape, preparation=self.preparation, fit=self.fit, is_ink=self.is_ink)

    @property
    def polarities(self) -> tuple[str, ...]:
        """Polarities that networks are tried with, the plainest first; see `grader.models.adapters`."""
        return ("white-on-black", "black-on-white") if self.is_ink else ("as-is",)
