"""A zip → its tree, read under bounds of ours whatever the zip says about itself."""

import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import IO

from grader.core.finding import Finding, Value
from grader.intake import limits
from grader.intake.names import clean_name, decode_name, is_junk, natural_key
from grader.intake.sniff import BoundedReader
from grader.intake.tree import Entry, Level, Tree, noticed

_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, kw_only=True)
class _Member:
    name: str
    info: zipfile.ZipInfo

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for part in self.name.split("/") if part not in {"", "."})

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")

    @property
    def is_safe(self) -> bool:
        has_drive = self.name[1:2] == ":"
        return bool(self.parts) and ".." not in self.parts and not self.name.startswith("/") and not has_drive


class Archive:
    """An open zip.

    What it holds is listed below a folder `prefix`: a class zip is opened once and listed once per student.
    """

    def __init__(self, file: IO[bytes], *, directory_bytes: int) -> None:
        """Read the table of contents.

        Args:
            file: seekable, open for as long as the archive is used.
            directory_bytes: largest table of contents accepted.

        Raises:
            One of `grader.intake.sniff.ARCHIVE_ERRORS`: it is not a zip that can be read.
        """
        self._zip = zipfile.ZipFile(BoundedReader(file, directory_bytes))
        members = (_Member(name=_name(info), info=info) for info in self._zip.infolist())
        self._members = tuple(
            m for m in members if not any(is_junk(part) for part in m.parts if part != "..")
        )

    def level(self, prefix: tuple[str, ...] = ()) -> Level:
        """Return the names directly below `prefix`."""
        depth = len(prefix)
        files: set[str] = set()
        folders: set[str] = set()
        for member in self._members:
            if member.is_safe and member.parts[:depth] == prefix and len(member.parts) > depth:
                is_file = len(member.parts) == depth + 1 and not member.is_folder
                (files if is_file else folders).add(member.parts[depth])
        return Level(
            files=tuple(sorted(files - folders, key=natural_key)),
            folders=tuple(sorted(folders, key=natural_key)),
        )

    def open_file(self, parts: tuple[str, ...]) -> Entry:
        """Return the file at `parts`, a path that `level` told of."""
        member = next(m for m in self._members if m.is_safe and m.parts == parts)
        return self._entry(member, parts[-1])

    def tree(self, prefix: tuple[str, ...] = ()) -> Tree:
        """List the files below `prefix` that may be read; every other entry there becomes a finding."""
        findings: list[Finding] = []
        entries = sorted(self._usable(prefix, findings), key=lambda entry: natural_key(entry.name))
        return Tree(entries=tuple(entries), findings=tuple(findings))

    def _usable(self, prefix: tuple[str, ...], findings: list[Finding]) -> Iterator[Entry]:
        depth = len(prefix)
        seen: set[str] = set()
        members = [m for m in self._members if _claims(m, prefix)]
        if len(members) > limits.ARCHIVE_ENTRIES:
            findings.append(
                noticed("archive-too-many-entries", count=len(members), limit=limits.ARCHIVE_ENTRIES)
            )
        for member in members[: limits.ARCHIVE_ENTRIES]:
            name = "/".join(member.parts[depth:]) if member.is_safe else member.name
            problem = ("file-duplicate-name", {}) if name in seen else _problem(member, depth)
            if problem:
                slug, values = problem
                findings.append(noticed(slug, name[: limits.NAME_CHARACTERS], **values))
            elif not member.is_folder:
                yield self._entry(member, name)
                seen.add(name)

    def _entry(self, member: _Member, name: str) -> Entry:
        return Entry(
            name=name, open=partial(self._zip.open, member.info), packed_bytes=member.info.compress_size
        )


def _claims(member: _Member, prefix: tuple[str, ...]) -> bool:
    """Whether the entry is, or pretends to be, below `prefix`."""
    inside = member.parts if member.is_safe else tuple(part for part in member.parts if part != "..")
    return inside[: len(prefix)] == prefix and (len(inside) > len(prefix) or not member.is_safe)


def _problem(member: _Member, depth: int) -> tuple[str, Mapping[str, Value]] | None:
    """Return why an entry may not be read: the slug of the message, and what it names."""
    kind = stat.S_IFMT(member.info.external_attr >> 16)
    if not member.is_safe:
        return "archive-entry-unsafe-name", {}
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        return "file-not-regular", {}
    if member.is_folder:
        return None
    if member.info.flag_bits & _ENCRYPTED_FLAG:
        return "archive-entry-encrypted", {}
    if member.info.compress_type not in _METHODS:
        return "archive-entry-method", {}
    if len(member.name) > limits.NAME_CHARACTERS:
        return "file-name-too-long", {"limit": limits.NAME_CHARACTERS}
    if len(member.parts) - depth > limits.DEPTH + 1:
        return "folder-too-deep", {"limit": limits.DEPTH}
    return None


def _name(info: zipfile.ZipInfo) -> str:
    """Return the entry's path as text; the backslash of old Windows tools becomes `/`.

    No letter of CP949 has the backslash as one of its bytes.
    """
    original = info.orig_filename
    if info.flag_bits & _UTF8_FLAG:
        return clean_name(original.replace("\\", "/"))
    return decode_name(original.encode("cp437").replace(b"\\", b"/"))
