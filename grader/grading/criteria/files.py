"""One usable, labelled picture of every class."""

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.core.finding import Reason
from grader.core.submission import Role
from grader.grading import facts
from grader.grading.criteria.base import Outcome, ScaledSettings, criterion, measured, not_measured


class Files(ScaledSettings):
    """Settings of `files`."""


@criterion("files", Files, anchor="digits")
def grade_files(settings: Files, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Count the classes that have at least one usable picture with that label.

    Where pictures were handed in and none is usable and labelled, nothing was measured and a person decides.
    """
    if obstacle := facts.without_pictures(evidence, Role.PICTURE):
        return obstacle
    covered = {picture.label for picture in facts.labelled(evidence)}
    if not covered:
        return not_measured(Reason(slug="reason-not-measured-no-usable-picture"))
    without = [name for label, name in enumerate(classes) if label not in covered]
    count = Count(correct=len(classes) - len(without), total=len(classes))
    if not without:
        return measured(count, "reason-files-complete", information_slug="reason-files-complete-shown")
    return measured(
        count,
        "reason-files-incomplete",
        information_slug="reason-files-incomplete-shown",
        is_complete=False,
        without=", ".join(without),
    )
