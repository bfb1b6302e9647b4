"""What the grader noticed about a submission: data for the report, never an exception."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | int | float
"""What a message may name."""


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    """Worth knowing; nothing to do."""
    WARNING = "warning"
    """The student should mend it."""
    SUSPICIOUS = "suspicious"
    """A person should look."""
    REFUSED = "refused"
    """This file was not used; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing noticed in a submission."""

    slug: str
    """Key of the message in `grader.texts`."""
    severity: Severity
    """How much it matters."""
    file: str | None = None
    """Path inside the submission, as text (NFC); None when it concerns the submission as a whole."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What the message names besides the file."""

    @property
    def named(self) -> Mapping[str, Value]:
        """What the message names, the file included."""
        return {"file": self.file or "", **self.values}


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a number is what it is, as a message that can be told in either language."""

    slug: str
    """Key of the message in `grader.texts`."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What the message names."""
