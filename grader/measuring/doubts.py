"""Pictures and what the referee reads → findings about missing digits and doubtful labels."""

from collections.abc import Callable, Iterator

import numpy as np

from grader.core.finding import Finding, Severity
from grader.core.picture import Images
from grader.core.submission import Role
from grader.measuring.subjects import Answers, Predict, Task

_SURE = 0.95
"""Two referee votes above this are wrong on 0.1 % of real pictures, so a contradicted label deserves a look."""


def missing_digits(task: Task, classes: int) -> Iterator[Finding]:
    """Say which classes have no usable picture, when there are pictures at all."""
    handed_in = [picture for picture in task.images.pictures if picture.group is Role.PICTURE]
    missing = sorted(set(range(classes)) - {int(label) for label in task.labels})
    if handed_in and missing:
        yield Finding(
            slug="digits-missing",
            severity=Severity.WARNING,
            values={"digits": ", ".join(map(str, missing)), "n": len(missing)},
        )


def doubtful_labels(task: Task, referee: Answers, predict: Predict) -> Iterator[Finding]:
    """Say where the referee does not read what the label claims, and why as far as it can tell.

    A picture that it surely reads as its label once mirrored or turned was probably handed in that way round; one that
    it surely reads as something else may be labelled wrongly; any other is contested.

    Args:
        task: the pictures.
        referee: what it read.
        predict: the referee itself.
    """
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
        if other_way >= _SURE and label not in _SYMMETRIC and {label, prediction} not in _BECOME_EACH_OTHER:
            slug, confidence = "picture-other-way-round", other_way
        yield Finding(
            slug=slug,
            severity=Severity.INFO if slug == "picture-contested" else Severity.SUSPICIOUS,
            file=task.graded[at].file,
            values={"label": label, "prediction": prediction, "percent": f"{100 * confidence:.0f}"},
        )


_WAYS: tuple[Callable[[Images], Images], ...] = (
    lambda images: images[:, :, ::-1],
    lambda images: np.rot90(images, 1, (1, 2)),
    lambda images: np.rot90(images, 2, (1, 2)),
    lambda images: np.rot90(images, 3, (1, 2)),
)
"""What undoes the ways in which a camera changes a picture: mirrored, turned by quarters."""

_SYMMETRIC = (0, 1, 8)
"""Digits that look much the same the other way round: that they are read then says nothing."""

_BECOME_EACH_OTHER = ({6, 9}, {2, 5})
"""Digits that become each other, turned or mirrored: a wrong name explains these just as well."""
