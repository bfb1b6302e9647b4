"""What measuring works with."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grader.core.battery import Battery
from grader.core.evidence import MeasurementSettings
from grader.core.picture import Images
from grader.core.predictor import Predictor
from grader.core.trials import Trials
from grader.measuring.subjects import PerturbedDigits, Rows, with_reading
from grader.models.conventions import Labels
from grader.models.references import ReferencePredictor
from grader.sandbox.zygotes import Spawner


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What measuring works with; the same for every submission of a run."""

    settings: MeasurementSettings
    """What to measure."""
    battery: Battery
    """What the level of the settings stands for."""
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
    probe_digits: PerturbedDigits
    """The first probe digits of each class, perturbed."""
    probe_trials: Trials
    """What the reference models make of these."""
    image_sides: tuple[int, int]
    """(height, width) of the images that the assignment asks for."""
    provenance: Mapping[str, str]
    """Versions and hashes that go into the evidence and its key."""


def perturb_probe(images: Images, labels: Labels, battery: Battery) -> PerturbedDigits:
    """Return the first probe digits, as many of each class as there are, perturbed.

    Args:
        images: all that are shipped, (n, height, width, 1).
        labels: (n,).
        battery: says how many digits, and how they are perturbed.
    """
    rows = first_of_each_class(labels, battery.probe_digits)
    return PerturbedDigits.of(images, rows, labels[rows], battery.probe)


def first_of_each_class(labels: Labels, most: int) -> Rows:
    """Return the rows of the first digits of each class, as many of each, at most `most` together; ascending."""
    classes = np.unique(labels)
    of_each = max(1, most // max(1, len(classes)))
    return np.sort(np.concatenate([np.flatnonzero(labels == each)[:of_each] for each in classes]))


def try_predictors(digits: PerturbedDigits, predictors: Mapping[str, Predictor], referee: str) -> Trials:
    """Return the trials of perturbed digits that some networks have gone through.

    Args:
        digits: what they are asked.
        predictors: by name in the trials, the referee among them.
        referee: name of the one whose reading decides what counts.
    """
    readings = {name: digits.read_by(each.predict) for name, each in predictors.items()}
    trials = digits.trials(readings[referee])
    for name, reading in readings.items():
        trials = with_reading(trials, name, reading)
    return trials
