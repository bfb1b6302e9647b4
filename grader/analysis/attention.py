"""What a person should look at in a submission, besides the points that only a person gives."""

from grader.core.evidence import Evidence
from grader.core.finding import Finding, Reason, Severity
from grader.core.grade import CriterionStatus, Grade, SubmissionStatus


def what_to_look_at(grade: Grade, evidence: Evidence) -> tuple[Finding | Reason, ...]:
    """Return why a person should look, the gravest first; nothing when nobody needs to look.

    Our own failure comes first, then refused files, then suspicious findings. Where the submission is not simply
    graded, warnings follow, and why criteria have no points: not handed in, or not measured, unless a refused file
    has said so already.
    """
    reasons: list[Finding | Reason] = []
    if evidence.failure is not None:
        reasons.append(Reason(slug=evidence.failure))
    severities = [Severity.REFUSED, Severity.SUSPICIOUS]
    if grade.status is not SubmissionStatus.GRADED:
        severities.append(Severity.WARNING)
    reasons += [
        finding for severity in severities for finding in evidence.findings if finding.severity is severity
    ]
    if grade.status is SubmissionStatus.INCOMPLETE:
        told = {CriterionStatus.MISSING}
        if not any(finding.severity is Severity.REFUSED for finding in evidence.findings):
            told.add(CriterionStatus.NOT_MEASURED)
        for criterion in grade.criteria:
            if criterion.status in told and criterion.reason not in reasons:
                reasons.append(criterion.reason)
    return tuple(reasons)
