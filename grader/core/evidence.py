"""Everything that grading and reporting need; after this no model runs and no picture is opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from grader.core.dataset import Border
from grader.core.diagnosis import Diagnosis
from grader.core.finding import Finding
from grader.core.perturbed import NO_PREDICTIONS, Classes, PerturbedPredictions
from grader.core.picture import ImageSet
from grader.core.submission import Role

EVIDENCE_SCHEMA = 4
"""Version of the stored form; see docs/results-format.md."""

STUDENT = "student"
"""Subject of the student's own model; other subjects are ids of reference models."""


@dataclass(frozen=True, kw_only=True)
class FileEvidence:
    """One file that was handed in."""

    name: str
    """Path inside the submission."""
    role: Role
    """What it was used for."""
    size_bytes: int
    """Length."""
    sha256: str
    """Hash of the content."""


@dataclass(frozen=True, kw_only=True)
class LayerEvidence:
    """One layer of the student's network."""

    kind: str
    """Keras class name, from a fixed list; "other" for anything else."""
    parameters: int
    """Number of weights."""
    activation: str
    """Name of the activation, from a fixed list; "" where the layer has none."""
    output_shape: tuple[int, ...] = ()
    """Shape of what it gives for one image, without the batch axis; -1 where the network leaves it open; () when
    unknown."""


@dataclass(frozen=True, kw_only=True)
class LayerDifference:
    """One place where the student's network and the lecture's differ."""

    own: LayerEvidence | None
    """The student's layer; None: the lecture network has one more here."""
    lecture: LayerEvidence | None
    """The lecture's layer; None: the student's network has one more here."""


@dataclass(frozen=True, kw_only=True)
class ModelEvidence:
    """What is known of the student's model; every field comes from a fixed list or is a number."""

    file: str
    """Path inside the submission."""
    format: str
    """"keras" (Keras 3 zip), "hdf5", "saved-model", "tflite", "onnx" or "unknown"."""
    sha256: str
    """Hash of the file."""
    loaded: bool
    """Whether it could be loaded and answered with one score per class."""
    input_shape: tuple[int, ...] = ()
    """Shape of one image, without the batch axis."""
    parameters: int | None = None
    """Number of weights; None when it did not load."""
    layers: tuple[LayerEvidence, ...] = ()
    """In order; nested models are opened."""
    keras_version: str | None = None
    """Version of Keras that wrote the file, "2.2.4"; None when the file does not tell."""
    leftovers: tuple[str, ...] = ()
    """What training left in the file: "optimizer" (its state), "compile" (loss and metrics)."""
    repairs: tuple[str, ...] = ()
    """What had to be mended before the file could be loaded, from a fixed list; see `grader.models.facts.Repair`."""
    resembles: str | None = None
    """Id of the lecture network with the same layers, or the nearest one; None when none is near."""
    resembles_exactly: bool = False
    """Whether layers, activations and numbers of weights are the same as that network's."""
    differences: tuple[LayerDifference, ...] = ()
    """Where it is not the same as the network it resembles; () when it is the same, or resembles none."""
    outputs: str | None = None
    """"probabilities", "sigmoids" (each in [0, 1], not summing to 1) or "logits"; of a binary network with one output
    "sigmoid" or "logit"."""
    label_order: tuple[int, ...] = ()
    """Output that stands for each class, in order of the classes; () when output i stands for class i."""
    convention_stated: str | None = None
    """What `submission.toml` says the network expects, as far as it says; None when it says nothing."""
    convention: str | None = None
    """Id of the input convention it was trained with; see `grader.models.adapters`."""
    convention_is_certain: bool = False
    """False when two conventions do equally well and the plain one was taken."""
    convention_losses: Mapping[str, float] = field(default_factory=dict)
    """Mean cross-entropy on the test images under each convention, in nats; lower is better."""
    convention_accuracies: Mapping[str, float] = field(default_factory=dict)
    """Share of the same test images read rightly under each convention."""
    convention_digits: Mapping[str, int] = field(default_factory=dict)
    """How many test images were asked under each convention: all of them where it was close, fewer elsewhere."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SubjectEvidence:
    """What one network, the student's or a reference, answered; numbers follow in `grader.analysis.accuracy`."""

    normalized: npt.NDArray[np.float32] | None = None
    """Probabilities (n, classes) on the normalized pictures; row i belongs to picture index i. None: could not run."""
    as_submitted: npt.NDArray[np.float32] | None = None
    """Probabilities (n, classes) on the pictures as submitted: resized, values in [0, 1], polarity as in the file."""
    test_set: Classes | None = None
    """(n,): predicted class of every test image that was asked."""


@dataclass(frozen=True, kw_only=True)
class MeasurementSettings:
    """What was measured; changing it needs the models again, changing a rubric's points does not."""

    dataset: str
    """Name of the data set."""
    class_names: tuple[str, ...]
    """Names of the classes, in order of the network's outputs."""
    input_shape: tuple[int, ...]
    """Height, width and channels of one image."""
    references: tuple[str, ...]
    """Ids of the reference models; the referee is among them."""
    referee: str
    """Id of the reference model that judges whether a picture can be read; "" where the data set has none."""
    level: str
    """Which perturbations were tried; a key of `grader.perturbations.suite.SUITES`."""
    test_set_size: int
    """How many test images the model answers."""
    limit_seconds: float
    """Processor time for the student's model."""

    border: Border = "background"
    """What moves in where a perturbation moves a picture."""
    most_perturbed: int = 100_000
    """Most perturbed pictures of its own that the student's model is asked about."""
    is_repaired: bool = True
    """Whether the reason of a miss is looked for by repairing the picture: of ink on paper."""

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)


@dataclass(frozen=True, kw_only=True, eq=False)
class FirstFailure:
    """The smallest counted rotation, shift or both at which the student's model loses a digit that it reads upright."""

    row: int
    """Index of the picture."""
    perturbation: str
    """"rotation", "shift" or "grid"."""
    at: tuple[float, ...]
    """Place, in the perturbation's units."""
    prediction: int
    """What the model reads there."""
    image: npt.NDArray[np.uint8]
    """(height, width): what it saw, 255 = ink."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything measured about one submission."""

    submission_id: str
    """Name of the folder or zip."""
    name: str
    """Name to show."""
    key: str
    """Hash of everything the evidence depends on; equal keys mean equal evidence."""
    settings: MeasurementSettings
    """What was asked."""
    files: tuple[FileEvidence, ...]
    """What was handed in."""
    images: ImageSet
    """The pictures."""
    model: ModelEvidence | None
    """The student's model; None when none was handed in."""
    subjects: Mapping[str, SubjectEvidence]
    """By `STUDENT` or id of the reference model."""
    findings: tuple[Finding, ...]
    """Everything noticed, the pictures' findings included, in a fixed order."""
    own: PerturbedPredictions = NO_PREDICTIONS
    """Labelled usable pictures outside `ambiguous/`, perturbed; at most five of a class."""
    test_set: PerturbedPredictions = NO_PREDICTIONS
    """Test images, perturbed; the same for everybody."""
    first_failures: tuple[FirstFailure, ...] = ()
    """Of the student's model, in order of the pictures."""
    test_labels: Classes = field(default_factory=lambda: np.zeros(0, np.int8))
    """(n,): true class of every test image that was asked; shared by all submissions of a run."""
    diagnoses: tuple[Diagnosis, ...] = ()
    """Of the labelled pictures that the student's model misread, as handed in or normalized, in order of the pictures."""
    test_images: Mapping[int, npt.NDArray[np.uint8]] = field(default_factory=dict)
    """By row among the test images: (height, width, channels), ink 255; those that the diagnoses name."""
    provenance: Mapping[str, str]
    """Versions and hashes of what took part: grader, libraries, reference models, sandbox."""
    failure: str | None = None
    """Slug of what went wrong on our side; such a submission has no grade."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock time by stage; the only part that differs between two runs."""

    @property
    def student(self) -> SubjectEvidence | None:
        """What the student's model did; None when there was none that ran."""
        return self.subjects.get(STUDENT)
