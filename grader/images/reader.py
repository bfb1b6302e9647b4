"""Picture files → an image set, seen from the main process: locked children decode, this side checks what they answer."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from grader.core.dataset import PictureForm
from grader.core.finding import Finding, Severity, Value
from grader.core.picture import PREVIEW_SIDE, ImageSet, Picture
from grader.core.submission import SubmittedFile
from grader.images.codes import MAX_PIXELS, PictureFlag, PictureStatus
from grader.images.record import PictureRecord, parse_record, record_bytes
from grader.sandbox.lock import Limits
from grader.sandbox.zygotes import ChildFailed, ChildFailure, LockedChild, Spawner

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


PICTURE_JOB = "grader.datasets.child"
"""Module that the light zygote serves."""

_LIMITS = Limits(wall_seconds=200, cpu_seconds=20, data_bytes=1 << 30)
"""For all pictures of a submission together; ten photos take less than a second of processor time. The wall clock only
stops a child that waits instead of computing: busy neighbours must not cost a picture."""
_MOST_LOST = 1
_MOST_TIMEOUTS = 3
"""Children of one submission that may use up their time; pictures that are still waiting then are not looked at."""
_FAILURES = {
    ChildFailure.TIMEOUT: "picture-timeout",
    ChildFailure.KILLED: "picture-killed",
    ChildFailure.FORBIDDEN: "picture-forbidden",
    ChildFailure.CRASHED: "picture-crashed",
    ChildFailure.BAD_ANSWER: "picture-bad-answer",
}


def read_pictures(files: Sequence[SubmittedFile], spawner: Spawner, form: PictureForm) -> ImageSet:
    """Decode and normalize pictures in locked children.

    Args:
        files: pictures in the spool.
        spawner: the light zygote.
        form: what the pictures are to become.

    Returns:
        Every file as a picture, in the given order; those that could not be used have no row in the arrays and a
        finding that says why. A picture that brings its child down costs only itself.

    Raises:
        ChildFailed: the helper process was lost again and again, which is no picture's fault.
    """
    pictures: list[Picture] = []
    used: list[PictureRecord] = []
    findings: list[Finding] = []
    for file, record in _records(files, spawner, form):
        if isinstance(record, Finding):
            findings.append(record)
            pictures.append(_picture(file, None, None))
            continue
        findings += picture_findings(record, file=file.name)
        index = len(used) if is_usable(record) else None
        pictures.append(_picture(file, record, index))
        if index is not None:
            used.append(record)
    return ImageSet(
        pictures=tuple(pictures),
        normalized=np.array([each.normalized for each in used], np.float32).reshape(-1, *form.shape),
        as_submitted=np.array([each.as_submitted for each in used], np.float32).reshape(-1, *form.shape),
        previews=np.array([each.preview for each in used], np.uint8).reshape(
            -1, PREVIEW_SIDE, PREVIEW_SIDE, 3
        ),
        findings=tuple(findings),
    )


def no_pictures(shape: tuple[int, int, int]) -> ImageSet:
    """Return the image set of a submission without pictures, for images of a shape."""
    return ImageSet(
        pictures=(),
        normalized=np.zeros((0, *shape), np.float32),
        as_submitted=np.zeros((0, *shape), np.float32),
        previews=np.zeros((0, PREVIEW_SIDE, PREVIEW_SIDE, 3), np.uint8),
    )


def _records(
    files: Sequence[SubmittedFile], spawner: Spawner, form: PictureForm
) -> Iterator[tuple[SubmittedFile, PictureRecord | Finding]]:
    """Yield what became of each file; after a child's end a new one goes on with the next file."""
    waiting = list(files)
    lost = timeouts = 0
    while waiting:
        with spawner.open(_LIMITS, [file.path for file in waiting]) as child:
            try:
                asked = {"form": dataclasses.asdict(form), "paths": [str(file.path) for file in waiting]}
                child.send_block(json.dumps(asked).encode())
                while waiting:
                    yield waiting[0], _record(child, form.shape)
                    waiting.pop(0)
            except ChildFailed as failed:
                if failed.failure is ChildFailure.LOST:
                    lost += 1
                    if lost > _MOST_LOST:
                        raise
                    continue
                file = waiting.pop(0)
                slug = _FAILURES[failed.failure]
                yield file, Finding(slug=slug, severity=Severity.REFUSED, file=file.name)
                timeouts += failed.failure is ChildFailure.TIMEOUT
                if timeouts == _MOST_TIMEOUTS:
                    for file in waiting:
                        yield file, Finding(slug=slug, severity=Severity.REFUSED, file=file.name)
                    return


def _record(child: LockedChild, shape: tuple[int, int, int]) -> PictureRecord:
    try:
        return parse_record(child.receive(record_bytes(shape)), shape)
    except ValueError as error:
        raise ChildFailed(ChildFailure.BAD_ANSWER) from error


def _picture(file: SubmittedFile, record: PictureRecord | None, index: int | None) -> Picture:
    is_measured = record is not None and record.width_pixels > 0
    return Picture(
        file=file.name,
        group=file.role,
        label=file.label,
        label_source=file.label_source,
        index=index,
        width_pixels=record.width_pixels if record is not None and is_measured else None,
        height_pixels=record.height_pixels if record is not None and is_measured else None,
        quality=record.quality if record is not None and is_measured else {},
    )
