"""Record of a picture → what the report says about it, and whether the picture is used."""

from collections.abc import Mapping

from grader.core.finding import Finding, Severity, Value
from grader.images.codes import MAX_PIXELS, PictureFlag, PictureStatus
from grader.images.record import PictureRecord

STATUS_SLUGS = {
    PictureStatus.EMPTY_FILE: "picture-empty-file",
    PictureStatus.UNKNOWN_FORMAT: "picture-unknown-format",
    PictureStatus.TRUNCATED: "picture-truncated",
    PictureStatus.TOO_LARGE: "picture-too-large",
    PictureStatus.DECODE_FAILED: "picture-unreadable",
    PictureStatus.FILE_NOT_READABLE: "picture-file-not-readable",
}
"""Message for each way in which a file fails to become a picture."""

FLAG_SLUGS = {
    PictureFlag.BLANK: ("picture-blank", Severity.REFUSED),
    PictureFlag.SEVERAL_DIGITS: ("picture-several-digits", Severity.SUSPICIOUS),
    PictureFlag.NOT_A_DIGIT: ("picture-not-a-digit", Severity.SUSPICIOUS),
    PictureFlag.UNEVEN_BACKGROUND: ("picture-uneven-background", Severity.WARNING),
    PictureFlag.MANY_PIECES: ("picture-many-pieces", Severity.WARNING),
    PictureFlag.LOW_CONTRAST: ("picture-low-contrast", Severity.INFO),
    PictureFlag.TOUCHES_BORDER: ("picture-touches-border", Severity.INFO),
    PictureFlag.TRIMMED_FRAME: ("picture-trimmed-frame", Severity.INFO),
}
"""Message and severity for each flag that a person should know of. Only a blank picture is refused: whatever
else was noticed may be wrong, and a digit must not lose its answer to a measure of its shape."""


def is_usable(record: PictureRecord) -> bool:
    """Tell whether the picture gets a row in the arrays: it could be read and there is ink on it."""
    return record.status is PictureStatus.READABLE and PictureFlag.BLANK not in record.flags


def picture_findings(record: PictureRecord, *, file: str) -> tuple[Finding, ...]:
    """Return everything noticed about one picture, the gravest first.

    Args:
        record: from `grader.images.record.parse_record`.
        file: path inside the submission, as text.
    """
    if record.status is not PictureStatus.READABLE:
        slug = STATUS_SLUGS[record.status]
        values = {"megapixels": MAX_PIXELS // 1_000_000} if record.status is PictureStatus.TOO_LARGE else {}
        return (Finding(slug=slug, severity=Severity.REFUSED, file=file, values=values),)
    findings = [
        Finding(slug=slug, severity=severity, file=file, values=_values(flag, record))
        for flag, (slug, severity) in FLAG_SLUGS.items()
        if flag in record.flags
    ]
    if record.frames > 1:
        findings.append(
            Finding(
                slug="picture-several-frames",
                severity=Severity.INFO,
                file=file,
                values={"frames": record.frames},
            )
        )
    return tuple(findings)


def _values(flag: PictureFlag, record: PictureRecord) -> Mapping[str, Value]:
    match flag:
        case PictureFlag.MANY_PIECES:
            return {"pieces": round(record.quality["pieces"])}
        case PictureFlag.LOW_CONTRAST:
            return {"percent": round(100 * record.quality["contrast"])}
        case _:
            return {}
