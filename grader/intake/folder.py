"""A folder on disk → its tree, without following a link or opening anything but regular files."""

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from grader.core.finding import Finding
from grader.intake import limits
from grader.intake.names import is_junk, natural_key, system_name
from grader.intake.tree import Entry, Level, Tree, noticed

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_HAS_OPENAT = os.open in os.supports_dir_fd


def list_level(folder: Path) -> Level:
    """Return what is directly inside `folder`, by the names on disk.

    Raises:
        OSError: the folder cannot be listed.
    """
    files: list[str] = []
    folders: list[str] = []
    others: list[str] = []
    with os.scandir(folder) as listing:
        for item in listing:
            if not is_junk(item.name):
                mode = item.stat(follow_symlinks=False).st_mode
                kind = files if stat.S_ISREG(mode) else folders if stat.S_ISDIR(mode) else others
                kind.append(item.name)
    return Level(files=_in_order(files), folders=_in_order(folders), others=_in_order(others))


def _in_order(names: list[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (natural_key(system_name(name)), name)))


def folder_tree(root: Path) -> Tree:
    """List the regular files below `root`; everything else that is not junk becomes a finding."""
    walk = _Walk(root)
    entries = tuple(walk.below(root, (), ()))
    return Tree(entries=entries, findings=tuple(walk.findings))


class _Walk:
    def __init__(self, root: Path) -> None:
        self.findings: list[Finding] = []
        self._root = root
        self._left = limits.FOLDER_ENTRIES_LISTED

    def below(self, folder: Path, parts: tuple[str, ...], names: tuple[str, ...]) -> Iterator[Entry]:
        """Yield the files below `folder`; `parts` lead to it on disk, `names` are the same as text."""
        try:
            with os.scandir(folder) as listing:
                items = [item for _, item in zip(range(self._left + 1), listing, strict=False)]
        except OSError:
            self._note("file-unreadable", names)
            return
        if len(items) > self._left:
            self._note("too-many-files", names, limit=limits.FOLDER_ENTRIES_LISTED)
            return
        self._left -= len(items)
        seen: set[str] = set()
        for item in sorted(items, key=lambda item: (natural_key(system_name(item.name)), item.name)):
            if is_junk(item.name):
                continue
            name = system_name(item.name)
            here, path = (*names, name), (*parts, item.name)
            try:
                mode = item.stat(follow_symlinks=False).st_mode
            except OSError:
                self._note("file-unreadable", here)
                continue
            if name in seen:
                self._note("file-duplicate-name", here)
            elif len("/".join(here)) > limits.NAME_CHARACTERS:
                self._note("file-name-too-long", here, limit=limits.NAME_CHARACTERS)
            elif stat.S_ISDIR(mode) and len(here) > limits.DEPTH:
                self._note("folder-too-deep", here, limit=limits.DEPTH)
            elif stat.S_ISDIR(mode):
                yield from self.below(folder / item.name, path, here)
            elif stat.S_ISREG(mode):
                yield Entry(name="/".join(here), open=partial(_open_beneath, self._root, path))
            else:
                self._note("file-not-regular", here)
            seen.add(name)

    def _note(self, slug: str, names: tuple[str, ...], **values: int) -> None:
        file = "/".join(names)[: limits.NAME_CHARACTERS] or None
        self.findings.append(noticed(slug, file, **values))


def _open_beneath(root: Path, parts: tuple[str, ...]) -> IO[bytes]:
    """Open a regular file below `root`, refusing a link at every step even if it was put there meanwhile."""
    if not _HAS_OPENAT:
        return _checked(os.open(root.joinpath(*parts), os.O_RDONLY | getattr(os, "O_BINARY", 0)))
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | getattr(os, "O_CLOEXEC", 0))
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _NO_FOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return _checked(os.open(parts[-1], os.O_RDONLY | _NO_FOLLOW, dir_fd=folder))
    finally:
        os.close(folder)


def _checked(descriptor: int) -> IO[bytes]:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("not a regular file")
    return os.fdopen(descriptor, "rb")
