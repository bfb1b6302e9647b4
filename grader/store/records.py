"""What is kept of a run, by content: one record for each thing that is measured alone, and submissions that name them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.core.evidence import FileEvidence, MeasurementSettings, ModelEvidence
from grader.core.finding import Finding
from grader.core.perturbed import Classes
from grader.core.submission import LabelSource, Role

ParameterSets = Mapping[str, tuple[tuple[float, ...], ...]]
"""Sets of parameters by name of the perturbation; see `grader.perturbations.suite`."""


OWN, TEST_SET, MISSES = "own", "test_set", "misses"
"""What a model is asked after its first answers: perturbed pictures, perturbed test images, and why it misread pictures."""


def digest(*parts: Any) -> str:
    """Return the key of what depends on `parts`, values that JSON can hold: a hash, hexadecimal."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredPicture:
    """A picture file as pixels, whoever handed it in."""

    width_pixels: int | None
    """See `grader.core.picture.Picture`."""
    height_pixels: int | None
    """Likewise."""
    quality: Mapping[str, float]
    """Likewise."""
    findings: tuple[Finding, ...]
    """What was noticed, without the name of the file."""
    normalized: npt.NDArray[np.float32] | None = None
    """(height, width, channels); None when the picture cannot be used."""
    as_submitted: npt.NDArray[np.float32] | None = None
    """The same shape."""
    preview: npt.NDArray[np.uint8] | None = None
    """(96, 96, 3): the picture as handed in, scaled to fit."""


@dataclass(frozen=True, kw_only=True)
class StoredModel:
    """A model file as far as it does not depend on pictures, whoever handed it in."""

    evidence: ModelEvidence
    """What is known of it, without the name of the file."""
    findings: tuple[Finding, ...]
    """What was noticed, without the name of the file; one that refuses it where it could not be used."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredTestImages:
    """The test images that are perturbed."""

    rows: npt.NDArray[np.int64]
    """(n,): their rows among the test images."""
    labels: Classes
    """(n,)"""
    in_frame: npt.NDArray[np.bool_]
    """(cells, n): whether the ink stayed in the frame."""


@dataclass(frozen=True, kw_only=True)
class PictureEntry:
    """One picture of a submission."""

    file: str
    """Path inside the submission."""
    group: Role
    """`Role.PICTURE` or `Role.AMBIGUOUS`."""
    label: int | None
    """The true class, as the student names it; None when unknown."""
    label_source: LabelSource | None
    """Where the label came from."""
    key: str
    """Key of its `StoredPicture`."""


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """What every submission of a run was measured with, as keys."""

    networks: Mapping[str, str]
    """By id of the reference: key of what its answers depend on."""
    own_suite: str
    """Key of the `ParameterSets` for the student's own pictures."""
    test_suite: str
    """Key of the `ParameterSets` for the test images."""
    perturbed_test_set: str
    """Key of the `StoredTestImages`."""
    test_set: str
    """Key of the labels (n,) of all test images that are asked."""


@dataclass(frozen=True, kw_only=True)
class StoredSubmission:
    """One submission: whose it is, what was handed in, and the keys of its records."""

    id: str
    """Name of the folder or zip."""
    name: str
    """Name to show."""
    key: str
    """Hash of everything that the evidence depends on."""
    settings: MeasurementSettings
    """What was asked."""
    run: StoredRun
    """What it was measured with."""
    files: tuple[FileEvidence, ...]
    """What was handed in."""
    pictures: tuple[PictureEntry, ...] = ()
    """In order of the files."""
    model_file: str | None = None
    """The model that answered, or the first one that was refused; None when none was handed in."""
    model: str = ""
    """Key of its `StoredModel`; "" when none was handed in."""
    answered: tuple[str, ...] = ()
    """What the model answered to the end: some of `OWN`, `TEST_SET` and `MISSES`."""
    findings: tuple[Finding, ...]
    """Everything noticed."""
    provenance: Mapping[str, str]
    """Versions and hashes of what took part."""
    failure: str | None = None
    """Slug of what went wrong on our side."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock time by stage."""


def reading_key(network: str, picture: str) -> str:
    """Return the key of float32 (2, classes): probabilities for the normalized picture, and for it as handed in."""
    return digest("reading", network, picture)


def perturbed_key(network: str, images: str, suite: str) -> str:
    """Return the key of int8 (1 + cells, ...): classes of a picture or of the test images, unperturbed, then perturbed."""
    return digest("perturbed", network, images, suite)


def in_frame_key(picture: str, suite: str) -> str:
    """Return the key of bool (cells,): whether the ink of a picture stayed in the frame."""
    return digest("in frame", picture, suite)


def answers_key(network: str, test_set: str) -> str:
    """Return the key of int8 (n,): predicted class of every test image that was asked."""
    return digest("answers", network, test_set)


def explanation_key(model: str, referee: str, picture: str, label: int, *, is_complete: bool) -> str:
    """Return the key of an `Explanation`; it is complete when it has a map of occlusion and the nearest test images."""
    return digest("explanation", model, referee, picture, label, is_complete)


def test_image_key(test_set: str, row: int) -> str:
    """Return the key of uint8 (height, width, channels): one test image."""
    return digest("test image", test_set, row)
