"""How many of the shipped test digits the model reads."""

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.grading import facts
from grader.grading.criteria.base import Outcome, ScaledSettings, criterion, measured


class TestAccuracy(ScaledSettings):
    """Settings of `test_accuracy`."""


@criterion("test_accuracy", TestAccuracy, anchor="model")
def grade_test_accuracy(settings: TestAccuracy, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Take the share of the test images that the model reads, fed as it was trained."""
    if obstacle := facts.without_model(evidence):
        return obstacle
    count = facts.student_count(evidence, "test_set")
    if not isinstance(count, Count):
        return count
    return measured(
        count,
        "reason-test-accuracy",
        information_slug="reason-test-accuracy-shown",
        interval=facts.interval_text(count),
        convention=(evidence.model.convention if evidence.model else None) or "–",
    )
