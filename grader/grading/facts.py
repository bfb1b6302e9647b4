"""What the criteria ask of the evidence: was it handed in, did it run, what was counted."""

from grader.analysis.accuracy import accuracy
from grader.core.count import Count, range_text
from grader.core.evidence import STUDENT, Evidence, ModelEvidence
from grader.core.finding import Finding, Reason, Severity
from grader.core.grade import CriterionStatus
from grader.core.measurement import MeasurementStatus
from grader.core.picture import Picture
from grader.core.submission import Role
from grader.grading.criteria.base import Outcome, missing, not_measured


def pictures(evidence: Evidence, role: Role) -> tuple[Picture, ...]:
    """Return every picture of `role` that was handed in, readable or not."""
    return tuple(picture for picture in evidence.images.pictures if picture.group is role)


def labelled(evidence: Evidence) -> tuple[Picture, ...]:
    """Return the usable pictures of digits whose label is known."""
    return tuple(
        picture
        for picture in pictures(evidence, Role.PICTURE)
        if picture.index is not None and picture.label is not None
    )


def without_pictures(evidence: Evidence, role: Role) -> Outcome | None:
    """Return the outcome for no picture of `role`, or None when at least one was handed in."""
    if pictures(evidence, role) or _files(evidence, role):
        return None
    return absent(evidence, "reason-missing-pictures" if role is Role.PICTURE else "reason-missing-ambiguous")


def without_model(evidence: Evidence) -> Outcome | None:
    """Return the outcome for no model, or for one that does not run; None when it ran."""
    if evidence.model is None:
        files = _files(evidence, Role.MODEL)
        if files:
            return not_measured(Reason(slug="reason-not-measured-model-unopened", values={"file": files[0]}))
        return absent(evidence, "reason-missing-model")
    if not evidence.model.loaded:
        return not_measured(
            Reason(
                slug="reason-not-measured-model",
                values={"file": evidence.model.file, "finding": model_finding(evidence, evidence.model)},
            )
        )
    return None


def without_model_or_pictures(evidence: Evidence, role: Role) -> Outcome | None:
    """Return the outcome where model or pictures are missing, else where not measured; None when both are there."""
    obstacles = [without_model(evidence), without_pictures(evidence, role)]
    return min(
        (obstacle for obstacle in obstacles if obstacle),
        key=lambda outcome: outcome.status is not CriterionStatus.MISSING,
        default=None,
    )


def model_finding(evidence: Evidence, model: ModelEvidence) -> str:
    """Return the slug of the finding that says why `model` does not run; "–" when there is none.

    Of several it is the most serious one; of equally serious ones the first by alphabet.
    """
    seriousness = {Severity.REFUSED: 0, Severity.WARNING: 1, Severity.SUSPICIOUS: 2}
    found = [
        (seriousness[finding.severity], finding.slug)
        for finding in evidence.findings
        if finding.file == model.file and finding.severity in seriousness
    ]
    return min(found)[1] if found else "–"


def student_count(evidence: Evidence, question: str) -> Count | Outcome:
    """Return what the student's model read rightly.

    Args:
        evidence: of a model that runs.
        question: see `grader.analysis.accuracy.accuracy`.

    Returns:
        A count that is not empty, or the outcome "not measured" with the reason why there is none.
    """
    if question == "test_set" and not len(evidence.test_labels):
        return not_measured(Reason(slug="reason-measured-by-instructor"))
    measurement = accuracy(evidence, STUDENT, question)
    if measurement is None or measurement.status is not MeasurementStatus.MEASURED:
        reason = measurement.reason if measurement else None
        slug = "reason-not-measured-nothing-readable" if measurement else "reason-not-measured"
        return not_measured(reason or Reason(slug=slug, values={"measurement": question}))
    return measurement.count


def contested(evidence: Evidence) -> tuple[str, ...]:
    """Return the files, by name, whose label the referee does not read on the normalized picture."""
    referee = evidence.subjects.get(evidence.settings.referee)
    if referee is None or referee.normalized is None:
        return ()
    read = referee.normalized.argmax(axis=1)
    return tuple(sorted(p.file for p in labelled(evidence) if read[p.index] != p.label))


def interval_text(count: Count) -> str:
    """Return the 95 % interval of the share as text: "72–100 %"; "–" for an empty count."""
    interval = count.interval()
    return "–" if interval is None else range_text(*interval, count.total)


def absent(evidence: Evidence, slug: str) -> Outcome:
    """Return "missing" with the message `slug`, unless a refused file may be what is missing.

    A refused file whose use is unknown may be what seems to be missing: then a person decides.
    """
    refused = unplaced_refusals(evidence)
    if refused:
        names = ", ".join(sorted(finding.file or "–" for finding in refused))
        return not_measured(Reason(slug="reason-not-measured-refused", values={"files": names}))
    return missing(slug)


def unplaced_refusals(evidence: Evidence) -> tuple[Finding, ...]:
    """Return the findings on refused files whose role nobody knows."""
    placed = {file.name for file in evidence.files if file.role is not Role.OTHER}
    return tuple(
        finding
        for finding in evidence.findings
        if finding.severity is Severity.REFUSED and finding.file not in placed
    )


def _files(evidence: Evidence, role: Role) -> list[str]:
    return sorted(file.name for file in evidence.files if file.role is role)
