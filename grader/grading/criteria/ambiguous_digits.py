"""Digits that were drawn to be hard to read, handed in and answered by the model."""

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.core.finding import Reason
from grader.core.submission import Role
from grader.grading import facts
from grader.grading.criteria.base import Outcome, ScaledSettings, criterion, measured, not_measured
from grader.grading.fields import Number


class AmbiguousDigits(ScaledSettings):
    """Settings of `ambiguous_digits`."""

    at_least: Number
    """How many usable pictures make the share complete."""


@criterion("ambiguous_digits", AmbiguousDigits, anchor="ambiguous")
def grade_ambiguous_digits(
    settings: AmbiguousDigits, evidence: Evidence, classes: tuple[str, ...]
) -> Outcome:
    """Count usable pictures in the folder for ambiguous digits, copies once; how the model reads them does not matter."""
    if obstacle := facts.without_model_or_pictures(evidence, Role.AMBIGUOUS):
        return obstacle
    if evidence.student is None or evidence.student.normalized is None:
        return not_measured(Reason(slug="reason-not-measured", values={"measurement": "ambiguous"}))
    handed_in = [
        picture.file for picture in facts.pictures(evidence, Role.AMBIGUOUS) if picture.index is not None
    ]
    if not handed_in:
        return not_measured(Reason(slug="reason-not-measured-no-usable-picture"))
    hashes = {file.name: file.sha256 for file in evidence.files}
    digits = {hashes.get(picture.file) for picture in facts.pictures(evidence, Role.PICTURE)}
    usable = len({hashes.get(name, name) for name in handed_in} - digits)
    count = Count(correct=min(usable, settings.at_least), total=settings.at_least)
    return measured(
        count,
        "reason-ambiguous-digits",
        information_slug="reason-ambiguous-digits-shown",
        usable=usable,
        copies=len(handed_in) - usable,
    )
