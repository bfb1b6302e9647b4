"""An entry → a copy in the spool, hashed on the way, under a name of ours; the files of a SavedModel → one folder there."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

from grader.core.finding import Finding
from grader.core.submission import Role
from grader.intake import limits
from grader.intake.roles import is_checkpoint, role_of
from grader.intake.sniff import HEAD_BYTES, Content, sniff, sniff_archive
from grader.intake.tree import Entry, UnreadableError, noticed


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One copied file."""

    name: str
    """Path inside the submission."""
    path: Path
    """The copy."""
    content: Content
    """What it holds."""
    role: Role
    """What it is for, as far as content and name tell."""
    size_bytes: int
    """Length."""
    sha256: str
    """Hash of the content, hexadecimal."""


class _RefusedError(Exception):
    def __init__(self, slug: str, **values: int) -> None:
        super().__init__(slug)
        self.slug = slug
        self.values = values


class Spool:
    """The folder that receives the files of one submission."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made when the first file arrives."""
        self._folder = folder
        self._files = 0
        self._bytes_left = limits.TOTAL_BYTES

    def take(self, entry: Entry) -> Copy | Finding:
        """Copy `entry`, or return why it could not be used; nothing of a refused file stays."""
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / f"{self._files + 1}.part"
        digest = hashlib.sha256()
        size = 0
        try:
            pieces = entry.pieces()
            first = next(pieces, b"")
            content = sniff(first[:HEAD_BYTES], entry.name)
            bound = _bound(role_of(entry.name, content), content, entry.name)
            with target.open("xb") as copy:
                for piece in self._within_bounds(chain([first], pieces), bound, entry.packed_bytes):
                    digest.update(piece)
                    copy.write(piece)
                    size += len(piece)
        except _RefusedError as refused:
            target.unlink()
            return noticed(refused.slug, entry.name, **refused.values)
        except UnreadableError:
            target.unlink(missing_ok=True)
            return noticed("file-unreadable", entry.name)
        self._files += 1
        if content is Content.ARCHIVE:
            content = sniff_archive(target)
        return Copy(
            name=entry.name,
            path=target.rename(target.with_suffix(content.value)),
            content=content,
            role=role_of(entry.name, content),
            size_bytes=size,
            sha256=digest.hexdigest(),
        )

    def drop(self, copy: Copy) -> None:
        """Remove a copy that is not needed any more."""
        copy.path.unlink()

    def gather(self, copies: Mapping[str, Copy]) -> Path:
        """Move copies into one new folder and return it.

        Args:
            copies: by the path that each gets inside the folder; the caller vouches for these names.
        """
        self._files += 1
        folder = self._folder / f"{self._files}.saved_model"
        for inner, copy in copies.items():
            target = folder / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            copy.path.rename(target)
        return folder

    def _within_bounds(self, pieces: Iterable[bytes], bound: int, packed: int | None) -> Iterator[bytes]:
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > bound:
                raise _RefusedError("file-too-large", limit_megabytes=bound // limits.MEGABYTE)
            if len(piece) > self._bytes_left:
                raise _RefusedError(
                    "submission-too-large", limit_megabytes=limits.TOTAL_BYTES // limits.MEGABYTE
                )
            is_inflated = packed is not None and size > max(
                limits.INFLATION * packed, limits.INFLATION_FREE_BYTES
            )
            if is_inflated and bound != limits.MODEL_BYTES:
                raise _RefusedError("archive-entry-inflates", limit=limits.INFLATION)
            self._bytes_left -= len(piece)
            yield piece


def _bound(role: Role, content: Content, name: str) -> int:
    if role is Role.MODEL or content is Content.ARCHIVE or is_checkpoint(name):
        return limits.MODEL_BYTES
    return limits.PICTURE_BYTES if role in {Role.PICTURE, Role.AMBIGUOUS} else limits.OTHER_BYTES


_GRAPH = "saved_model.pb"
_MEMBER = re.compile(
    r"saved_model\.pb|keras_metadata\.pb|fingerprint\.pb"
    r"|variables/variables\.(index|data-[0-9]{5}-of-[0-9]{5})"
)
"""Files that are kept, under these names and no others."""
_LEFT_OUT = re.compile(r"assets(\.extra)?/.+|debug/.+|saved_model\.pbtxt|variables/.+")
"""Files that belong to it and that no answer needs."""


def join_saved_models(copies: Sequence[Copy], spool: Spool) -> list[Copy]:
    """Return `copies` with the files of every SavedModel replaced by one copy: a folder.

    Its name is that of the folder it lay in, or `saved_model.pb` at the top of the submission; its size is the sum; its
    hash is that of its members' names and hashes, in order of names.
    """
    graphs = [copy for copy in copies if PurePosixPath(copy.name).name == _GRAPH]
    folders = sorted((_folder(copy.name) for copy in graphs), key=len)
    members: dict[str, dict[str, Copy]] = {folder: {} for folder in folders}
    others = []
    for copy in copies:
        folder = _owner(copy.name, folders)
        inner = None if folder is None else copy.name.removeprefix(f"{folder}/" if folder else "")
        if folder is not None and inner is not None and _MEMBER.fullmatch(inner):
            members[folder][inner] = copy
        elif folder is not None and inner is not None and _LEFT_OUT.fullmatch(inner):
            spool.drop(copy)
        else:
            others.append(copy)
    return [*others, *(_joined(folder or _GRAPH, files, spool) for folder, files in members.items())]


def _folder(name: str) -> str:
    parent = PurePosixPath(name).parent.as_posix()
    return "" if parent == "." else parent


def _owner(name: str, folders: Iterable[str]) -> str | None:
    """Return the innermost of `folders` that holds the file, each a SavedModel's."""
    holding = [folder for folder in folders if not folder or name.startswith(f"{folder}/")]
    return max(holding, key=len, default=None)


def _joined(name: str, files: dict[str, Copy], spool: Spool) -> Copy:
    digest = hashlib.sha256()
    for inner, copy in sorted(files.items()):
        digest.update(f"{inner}\0{copy.sha256}\0".encode())
    return Copy(
        name=name,
        path=spool.gather(files),
        content=Content.SAVED_MODEL,
        role=Role.MODEL,
        size_bytes=sum(copy.size_bytes for copy in files.values()),
        sha256=digest.hexdigest(),
    )
