"""How many of the student's own digits the model reads, of those that the referee can read."""

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.core.submission import Role
from grader.grading import facts
from grader.grading.criteria.base import Outcome, ScaledSettings, criterion, measured

FEW = 10
"""Below this number of pictures the reason says that chance weighs heavily."""

MOST_NAMES = 12
"""The reason names at most so many pictures."""

MEASUREMENT = "handwriting_readable"
"""The pictures whose label the referee reads, after our normalization."""


class HandwritingAccuracy(ScaledSettings):
    """Settings of `handwriting_accuracy`."""


@criterion("handwriting_accuracy", HandwritingAccuracy, anchor="digits")
def grade_handwriting_accuracy(
    settings: HandwritingAccuracy, evidence: Evidence, classes: tuple[str, ...]
) -> Outcome:
    """Take the share of the readable pictures that the model reads.

    Pictures that the referee cannot read either are named and not counted. A class without any picture counts
    as not read, so that leaving out a picture never raises the share; a picture without a label or a refused
    file may be of such a class, so each of them makes up for one.
    """
    if obstacle := facts.without_model_or_pictures(evidence, Role.PICTURE):
        return obstacle
    counted = facts.student_count(evidence, MEASUREMENT)
    if not isinstance(counted, Count):
        return counted
    n_absent = _absent_classes(evidence, len(classes))
    count = counted + Count(correct=0, total=n_absent)
    contested = facts.contested(evidence)
    if counted.total >= FEW and not contested and not n_absent:
        return measured(count)
    few = counted.total < FEW
    return measured(
        count,
        "reason-handwriting-few" if few else "reason-handwriting-noted",
        information_slug="reason-handwriting-few-shown" if few else "reason-handwriting-noted-shown",
        counted=counted.total,
        interval=facts.interval_text(counted),
        absent=n_absent,
        contested=_listed(contested),
    )


def _absent_classes(evidence: Evidence, n_classes: int) -> int:
    pictures = facts.pictures(evidence, Role.PICTURE)
    labels = [picture.label for picture in pictures]
    seen = {picture.file for picture in pictures}
    unseen = {file.name for file in evidence.files if file.role is Role.PICTURE and file.name not in seen}
    refused = {finding.file for finding in facts.unplaced_refusals(evidence)}
    n_absent = sum(label not in labels for label in range(n_classes))
    return max(0, n_absent - labels.count(None) - len(unseen) - len(refused))


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - MOST_NAMES
    return (", ".join(names[:MOST_NAMES]) or "–") + (f", … (+{more})" if more > 0 else "")
