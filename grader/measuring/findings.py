"""What was read, and what is known of a model → findings about labels, missing digits, and how the model was fed."""

from collections.abc import Callable, Iterator

import numpy as np

from grader.core.dataset import Dataset
from grader.core.evidence import SubjectEvidence
from grader.core.finding import Finding, Severity
from grader.core.picture import Images
from grader.core.submission import Role, StatedModel
from grader.measuring.subjects import Predict, Task
from grader.models.facts import REPAIR_SLUGS, Repair
from grader.models.inference import ConventionEvidence

_SURE = 0.95
"""Two referee votes above this are wrong on 0.1 % of real pictures, so a contradicted label deserves a look."""


def missing_classes(task: Task, dataset: Dataset) -> Iterator[Finding]:
    """Say which classes have no usable picture, when there are pictures at all."""
    handed_in = [picture for picture in task.images.pictures if picture.group is Role.PICTURE]
    missing = sorted(set(range(len(dataset.classes))) - {int(label) for label in task.labels})
    if handed_in and missing:
        yield Finding(
            slug="digits-missing",
            severity=Severity.WARNING,
            values={"digits": ", ".join(dataset.class_names[label] for label in missing), "n": len(missing)},
        )


def doubtful_labels(
    task: Task, referee: SubjectEvidence, predict: Predict, dataset: Dataset
) -> Iterator[Finding]:
    """Say where the referee does not read what the label claims, and why as far as it can tell.

    A picture that it surely reads as its label once mirrored or turned was probably handed in that way round; one that
    it surely reads as something else may be labelled wrongly; any other is contested.

    Args:
        task: the pictures.
        referee: what it read.
        predict: the referee itself.
        dataset: names the classes, and says which look like each other the other way round.
    """
    if referee.normalized is None:
        return
    names = dataset.class_names
    read = referee.normalized[task.rows]
    doubted = np.flatnonzero(read.argmax(axis=1) != task.labels)
    if doubted.size == 0:
        return
    images = task.images.normalized[task.rows[doubted]]
    other_ways = np.stack([predict(np.ascontiguousarray(way(images))) for way in _WAYS])
    for row, at in enumerate(doubted.tolist()):
        label, prediction = int(task.labels[at]), int(read[at].argmax())
        confidence = float(read[at][prediction])
        other_way = float(other_ways[:, row, label].max())
        slug = "label-doubtful" if confidence >= _SURE else "picture-contested"
        if other_way >= _SURE and not _is_alike_the_other_way(dataset, label, prediction):
            slug, confidence = "picture-other-way-round", other_way
        yield Finding(
            slug=slug,
            severity=Severity.INFO if slug == "picture-contested" else Severity.SUSPICIOUS,
            file=task.graded[at].file,
            values={
                "label": names[label],
                "prediction": names[prediction],
                "percent": f"{100 * confidence:.0f}",
            },
        )


_WAYS: tuple[Callable[[Images], Images], ...] = (
    lambda images: images[:, :, ::-1],
    lambda images: np.rot90(images, 1, (1, 2)),
    lambda images: np.rot90(images, 2, (1, 2)),
    lambda images: np.rot90(images, 3, (1, 2)),
)
"""What undoes the ways in which a camera changes a picture: mirrored, turned by quarters."""


def _is_alike_the_other_way(dataset: Dataset, label: int, prediction: int) -> bool:
    """Whether a class looks the same the other way round, or becomes the one that was read there.

    Then being read there says nothing, or a wrong name explains it just as well.
    """
    return any(ways.get(label) in {label, prediction} for ways in (dataset.turned, dataset.mirrored))


def repair_findings(file: str, repairs: Repair) -> Iterator[Finding]:
    """Say what had to be mended before the model could be loaded."""
    for repair, slug in REPAIR_SLUGS.items():
        if repair in repairs:
            yield Finding(slug=slug, severity=Severity.INFO, file=file)


def convention_findings(file: str, found: ConventionEvidence, stated: StatedModel) -> Iterator[Finding]:
    """Say where the model expects something else than is taught, than was stated, or than class i at output i."""
    own, plain = found.chosen.id, next(iter(found.accuracies), found.chosen.id)
    if found.contradicted is not None:
        other = found.contradicted.id
        yield Finding(
            slug="model-stated-otherwise",
            severity=Severity.WARNING,
            file=file,
            values={
                "stated": str(stated_text(stated)),
                "stated_percent": _percent(found.accuracies[other]),
                "convention": own,
                "own_percent": _percent(found.accuracies[own]),
                "n": found.digits[own],
            },
        )
    if own != plain:
        yield Finding(
            slug="model-other-convention",
            severity=Severity.INFO,
            file=file,
            values={
                "convention": own,
                "plain_percent": _percent(found.accuracies[plain]),
                "own_percent": _percent(found.accuracies[own]),
            },
        )
    if found.label_order:
        yield Finding(
            slug="model-label-order",
            severity=Severity.WARNING,
            file=file,
            values={
                "order": ", ".join(map(str, found.label_order)),
                "percent": _percent(found.accuracies[own]),
                "n": found.digits[own],
            },
        )


def stated_text(stated: StatedModel) -> str | None:
    """Return what was stated of the convention, "black-on-white/0-255" or a part of it; None when nothing was."""
    return "/".join(part for part in (stated.polarity, stated.scale) if part) or None


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
