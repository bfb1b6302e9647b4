"""A written report is there; a person reads it."""

from grader.core.evidence import Evidence
from grader.core.submission import Role
from grader.grading import facts
from grader.grading.criteria.base import AutomaticSettings, Outcome, criterion, decided


class ReportEvidence(AutomaticSettings):
    """Settings of `report_evidence`."""


@criterion("report_evidence", ReportEvidence, anchor="provenance")
def grade_report_evidence(settings: ReportEvidence, evidence: Evidence, classes: tuple[str, ...]) -> Outcome:
    """Give all points when a report file is there and not empty; what it says is not judged here."""
    reports = sorted(
        (file for file in evidence.files if file.role is Role.REPORT), key=lambda file: file.name
    )
    if not reports:
        return facts.absent(evidence, "reason-missing-report")
    written = [file.name for file in reports if file.size_bytes > 0]
    if not written:
        return decided(False, "reason-report-empty", is_complete=False, file=reports[0].name)
    return decided(True, "reason-report-there", files=", ".join(written))
