"""x"""

from grader.core.finding import Finding, Severity
from grader.images.codes import PictureFlag, PictureStatus


def is_usable(r):
    return r.status is PictureStatus.READABLE and PictureFlag.BLANK not in r.flags


def picture_findings(file, r):
    if r.status is not PictureStatus.READABLE:
        return (Finding(slug="picture-unreadable", severity=Severity.REFUSED, file=file),)
    if PictureFlag.BLANK in r.flags:
        return (Finding(slug="picture-blank", severity=Severity.REFUSED, file=file),)
    return ()
