"""Pictures and what the referee reads → findings about missing digits and doubtful labels."""

from collections.abc import Iterator

from grader.core.finding import Finding, Severity
from grader.core.submission import Role
from grader.measuring.subjects import Answers, Task

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


def doubtful_labels(task: Task, referee: Answers) -> Iterator[Finding]:
    """Say where the referee does not read what the label claims: surely another digit, or not this one."""
    for picture in task.graded:
        probabilities = referee.normalized[picture.index]
        prediction = int(probabilities.argmax())
        confidence = float(probabilities[prediction])
        if prediction != picture.label:
            yield Finding(
                slug="label-doubtful" if confidence >= _SURE else "picture-contested",
                severity=Severity.SUSPICIOUS if confidence >= _SURE else Severity.INFO,
                file=picture.file,
                values={
                    "label": int(picture.label or 0),
                    "prediction": prediction,
                    "percent": f"{100 * confidence:.0f}",
                },
            )
