"""One model on its own, and what it reads of perturbed digits: no submission, no points."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.core.evidence import FirstFailure
from grader.core.finding import Finding
from grader.core.perturbed import SCORED, PerturbedPredictions, Zone
from grader.core.picture import ImageSet, Probabilities


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelTrial:
    """How a model holds up, and everything its page names."""

    model: str
    """Name to show: of the file without folders, or id of a reference model."""
    subject: str
    """Its name in the predictions: `STUDENT`, or the id of a reference model."""
    referee: str
    """Id of the reference model that judges what can be read; "" where the data set has none."""
    references: tuple[str, ...] = ()
    """Ids of further networks in the predictions, to show beside it."""
    convention: str | None
    """Input convention that was found for the model; None for a reference model."""
    level: str
    """What was tried; a key of `grader.perturbations.suite.SUITES`."""
    zone: Zone = SCORED
    """What rubrics score unless they say otherwise."""
    preparation: str = "mnist"
    """Of the data set; decides which words are used."""
    class_names: tuple[str, ...]
    """Name of each class."""
    test_set: PerturbedPredictions
    """Test images."""
    own: PerturbedPredictions | None = None
    """Pictures of a folder; None without a folder."""
    images: ImageSet | None = None
    """These pictures: the index of each is its row in `own`."""
    probabilities: Probabilities | None = None
    """(n, classes): what the model says of the normalized pictures; None when not asked."""
    first_failures: tuple[FirstFailure, ...] = ()
    """Where the model first loses its pictures; () when not asked."""
    findings: tuple[Finding, ...] = ()
    """What was noticed about the pictures and their names."""
    date: str
    """When it was tried: ISO 8601 with zone."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """What took part, by name: version or hash."""
