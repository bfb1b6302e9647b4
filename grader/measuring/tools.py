"""What measuring works with."""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.core.evidence import MeasurementSettings
from grader.core.picture import Images
from grader.models.conventions import Labels
from grader.models.references import ReferencePredictor
from grader.sandbox.zygotes import Spawner


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What measuring works with; the same for every submission of a run."""

    settings: MeasurementSettings
    """What to measure."""
    pictures: Spawner
    """Zygote whose children decode pictures."""
    models: Spawner
    """Zygote whose children run models."""
    references: Mapping[str, ReferencePredictor]
    """The reference models of `settings`, by id."""
    probe_images: Images
    """Known digits, (n, height, width, 1)."""
    probe_labels: Labels
    """Their classes, (n,)."""
    reference_probe_predictions: Mapping[str, Labels]
    """What each reference model says they are, by its id."""
    image_sides: tuple[int, int]
    """(height, width) of the images that the assignment asks for."""
    provenance: Mapping[str, str]
    """Versions and hashes that go into the evidence and its key."""
