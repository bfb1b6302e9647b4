"""Pictures as arrays, and the protocol of whatever reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from grader.core.finding import Finding
from grader.core.submission import LabelSource, Role

Images = npt.NDArray[np.float32]
"""float32, shape (n, height, width, channels), values in [0, 1]; for ink on paper ink = 1, background = 0."""

Probabilities = npt.NDArray[np.float32]
"""float32, shape (n, classes); rows sum to 1."""

PREVIEW_SIDE = 96
"""Side in pixels of the square preview of a picture as it was handed in."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture of a submission: what is known about it besides its pixels."""

    file: str
    """Path inside the submission."""
    group: Role
    """`Role.PICTURE` or `Role.AMBIGUOUS`."""
    label: int | None
    """The true class, as the student names it; None when unknown."""
    label_source: LabelSource | None
    """Where the label came from."""
    index: int | None
    """Row in the arrays of the `ImageSet`; None when the picture could not be used."""
    width_pixels: int | None = None
    """Width as handed in, after the EXIF orientation; None when it could not be read."""
    height_pixels: int | None = None
    """Height as handed in, after the EXIF orientation; None when it could not be read."""
    quality: Mapping[str, float] = field(default_factory=dict)
    """Measures of the picture by name; see `grader.datasets.mnist.quality`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageSet:
    """The pictures of one submission as arrays; row i of each array is the picture with `index` i."""

    pictures: tuple[Picture, ...]
    """Every picture handed in, readable or not, in order of file names."""
    normalized: Images
    """(n, height, width, channels): as the data set prepares pictures; for digits MNIST's convention, ink 1 on
    background 0."""
    as_submitted: Images
    """The same shape: plain resize, values / 255, polarity as in the file."""
    previews: npt.NDArray[np.uint8]
    """(n, 96, 96, 3): the picture as handed in, scaled to fit, upright."""
    findings: tuple[Finding, ...] = ()
    """What was noticed about single pictures."""

    @property
    def usable(self) -> tuple[Picture, ...]:
        """The pictures that have a row in the arrays."""
        return tuple(picture for picture in self.pictures if picture.index is not None)


class Predictor(Protocol):
    """Anything that reads images."""

    @property
    def id(self) -> str:
        """Either "student" or the id of a reference model."""
        ...

    def predict(self, images: Images) -> Probabilities:
        """Return class probabilities.

        Args:
            images: as the data set has them. Adapters turn them into what the network expects.

        Returns:
            float32, (n, classes), rows sum to 1.
        """
        ...
