"""What a folder or zip holds, listed and not yet read: the form that both share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from grader.core.finding import Finding, Severity, Value
from grader.intake.sniff import ARCHIVE_ERRORS

_PIECE_BYTES = 1 << 18


def noticed(
    slug: str, file: str | None = None, severity: Severity = Severity.REFUSED, /, **values: Value
) -> Finding:
    """Return what was noticed about a file, or about the submission; unless told otherwise, it was not used."""
    return Finding(slug=slug, severity=severity, file=file, values=values)


class UnreadableError(Exception):
    """A file of a submission cannot be read to its end."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One regular file that can be read."""

    name: str
    """Path inside the submission, NFC, `/` between folders."""
    open: Callable[[], IO[bytes]]
    """Opens it for reading."""
    packed_bytes: int | None = None
    """Length inside its zip; None outside of zips."""

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the file in order, never empty, at least `grader.intake.sniff.HEAD_BYTES` first.

        Raises:
            UnreadableError: it is damaged, or was changed since it was listed.
        """
        try:
            with self.open() as file:
                while piece := file.read(_PIECE_BYTES):
                    yield piece
        except ARCHIVE_ERRORS as error:
            raise UnreadableError from error

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
