"""What a folder or zip holds, listed and not yet read: the form that both share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from grader.core.finding import Finding


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One regular file that can be read."""

    name: str
    """Path inside the submission, NFC, `/` between folders."""
    open: Callable[[], IO[bytes]]
    """Opens it for reading; may raise one of `grader.intake.sniff.ARCHIVE_ERRORS`, as may reading."""
    packed_bytes: int | None = None
    """Length inside its zip; None outside of zips."""

    def within(self, folder: str) -> "Entry":
        """Return the same entry with `folder` put in front of its name."""
        return Entry(name=f"{folder}/{self.name}", open=self.open, packed_bytes=self.packed_bytes)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """Everything below one folder or zip."""

    entries: tuple[Entry, ...] = ()
    """Files that may be read, in natural order of names."""
    findings: tuple[Finding, ...] = ()
    """What was left out, and why."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """The names directly inside a folder or at the top of a zip; junk is left out."""

    files: tuple[str, ...]
    """Regular files, in natural order."""
    folders: tuple[str, ...]
    """Folders, in natural order."""
    others: tuple[str, ...] = ()
    """Links, devices, sockets, pipes."""
