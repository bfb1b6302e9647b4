"""What one student handed in, before any of it is opened."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from grader.core.finding import Finding

_LONGEST_PAGE_ID_BYTES = 180
"""A name in UTF-8; with the hash, a dot and `.error.txt.partial` it stays below the 255 bytes of a file name."""
_HASH_MARK = "~"
"""Never part of a plain id, so that nobody's folder can be called like somebody else's page."""


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
    ARCHITECTURE = "architecture"
    """`model.json`: the layers of a network whose weights are in another file."""
    SETTINGS = "settings"
    """`submission.toml`: labels and input convention that the student states."""
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
    """The copy in the spool; its name holds nothing of the student's. A folder for a SavedModel."""
    size_bytes: int
    """Length of the file; of all files of a SavedModel."""
    sha256: str
    """Hash of the content, hexadecimal; of the hashes of a SavedModel's files."""
    label: int | None = None
    """Class the picture should show; None when the name does not tell or the file is not a picture."""
    label_source: LabelSource | None = None
    """Where the label came from."""


@dataclass(frozen=True, kw_only=True)
class StatedModel:
    """What `submission.toml` says about the model; None where it says nothing."""

    polarity: str | None = None
    """"white-on-black" or "black-on-white"."""
    scale: str | None = None
    """"0-1", "0-255", "-1..1" or "l2"."""
    network: str | None = None
    """Id of the lecture network that a file with weights alone belongs to."""


NOTHING_STATED = StatedModel()


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Everything one student handed in."""

    id: str
    """Name of the folder or zip, NFC; unique within a run."""
    name: str
    """Name to show; the same as `id` unless a download format carries a better one."""
    files: tuple[SubmittedFile, ...]
    """Sorted by name."""
    stated: StatedModel = NOTHING_STATED
    """What the student states about the model."""
    findings: tuple[Finding, ...] = ()
    """What was noticed while collecting: refused entries, labels that could not be found."""
    failure: str | None = None
    """Traceback of a mistake of ours while collecting; such a submission cannot be graded."""

    def having(self, role: Role) -> tuple[SubmittedFile, ...]:
        """Return the files with `role`, in order of their names."""
        return tuple(file for file in self.files if file.role is role)


def page_id(submission_id: str) -> str:
    """Return a file name for a submission's page, without suffix.

    It is the id itself when that is short and holds only letters, digits, `-`, `_` and `.`; otherwise other characters
    become `_` and a piece of its hash is added, so that no two ids share a name.
    """
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in submission_id)
    plain = plain.lstrip(".-").encode("utf-8")[:_LONGEST_PAGE_ID_BYTES].decode("utf-8", "ignore")
    if plain == submission_id:
        return plain
    return f"{plain}{_HASH_MARK}{sha256(submission_id.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
