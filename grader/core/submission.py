"""What one student handed in, before any of it is opened."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from grader.core.finding import Finding


class Role(StrEnum):
    """What a file is for."""

    PICTURE = "picture"
    """A digit, written by the student."""
    AMBIGUOUS = "ambiguous"
    """A digit drawn to be hard to read (folder `ambiguous/`)."""
    MODEL = "model"
    """The trained network."""
    REPORT = "report"
    """The written report; its presence counts, a person reads it."""
    CLAIMS = "claims"
    """`predictions.csv`: what the student says the model answered."""
    SETTINGS = "settings"
    """`submission.toml`: labels the student states."""
    OTHER = "other"
    """Anything else; listed, not opened."""


class LabelSource(StrEnum):
    """How a picture's label was found."""

    NAME = "name"
    FOLDER = "folder"
    STATED = "stated"
    """Written in `submission.toml`."""


@dataclass(frozen=True, kw_only=True)
class SubmittedFile:
    """One file of a submission, copied into the spool under a name of ours."""

    name: str
    """Path inside the submission as text: NFC, `/` between folders."""
    role: Role
    """What the file is for."""
    path: Path
    """The copy in the spool; its name holds nothing of the student's."""
    size_bytes: int
    """Length of the file."""
    sha256: str
    """Hash of the content, hexadecimal."""
    label: int | None = None
    """Class the picture should show; None when the name does not tell or the file is not a picture."""
    label_source: LabelSource | None = None
    """Where the label came from."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Everything one student handed in."""

    id: str
    """Name of the folder or zip, NFC; unique within a run."""
    name: str
    """Name to show; the same as `id` unless a download format carries a better one."""
    files: tuple[SubmittedFile, ...]
    """Sorted by name."""
    findings: tuple[Finding, ...] = ()
    """What was noticed while collecting: refused entries, labels that could not be told."""

    def having(self, role: Role) -> tuple[SubmittedFile, ...]:
        """Return the files with `role`, in order of their names."""
        return tuple(file for file in self.files if file.role is role)


_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def page_id(submission_id: str) -> str:
    """Return a name for the files of a submission that every file system and every link takes as it is.

    Args:
        submission_id: any text.

    Returns:
        `submission_id` itself when it is plain (ASCII letters, digits, `.`, `_`, `-`), else "s-" and a part of its SHA-256.
    """
    if _PLAIN_ID.fullmatch(submission_id):
        return submission_id
    return "s-" + hashlib.sha256(submission_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
