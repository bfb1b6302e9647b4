"""The model loads and answers with one score per class."""

from grader.core.evidence import Evidence
from grader.core.finding import Reason
from grader.grading import facts
from grader.grading.criteria.base import AutomaticSettings, Outcome, criterion, decided, not_measured

_STOPPED = frozenset(
    {
        "model-timeout",
        "model-killed",
        "model-forbidden",
        "model-crashed",
        "model-bad-answer",
        "model-out-of-memory",
    }
)
"""Findings that tell how the attempt ended and not what the model is."""


class ModelLoads(AutomaticSettings):
    """Settings of `model_loads`."""


@criterion("model_loads", ModelLoads, anchor="model")
def grade_model_loads(settings: ModelLoads, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Give all points to a model that loads; one that does not was measured: it does not load here.

    One that was stopped or killed before it had answered may have loaded: a person decides.
    """
    model = evidence.model
    if model is None:
        obstacle = facts.without_model(evidence)
        assert obstacle is not None
        return obstacle
    if model.loaded:
        return decided(True, "reason-model-loads", file=model.file)
    finding = facts.model_finding(evidence, model)
    if finding in _STOPPED:
        values = {"file": model.file, "finding": finding}
        return not_measured(Reason(slug="reason-not-measured-model", values=values))
    return decided(False, "reason-model-does-not-load", is_complete=False, file=model.file, finding=finding)
