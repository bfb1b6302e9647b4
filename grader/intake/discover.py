"""Paths → where the submissions are: one or several, folders or zips."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grader.core.submission import Role
from grader.errors import GraderError
from grader.intake import limits
from grader.intake.archive import Archive
from grader.intake.folder import folder_tree, list_level
from grader.intake.names import system_name
from grader.intake.roles import is_part_name, role_of
from grader.intake.sniff import ARCHIVE_ERRORS, Content, sniff
from grader.intake.tree import Entry, Level, Tree, UnreadableError, noticed

_FOREIGN_ARCHIVES = (".7z", ".rar", ".tar", ".tgz", ".gz", ".alz", ".egg")


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A submission that was found and not yet read."""

    name: str
    """Name of its folder or zip, as on disk."""
    list_files: Callable[[ExitStack], Tree]
    """Lists its files; what has to stay open to read them is put on the stack."""


def find(path: Path, spool: Path, stack: ExitStack) -> list[Unread]:
    """Return the submissions in `path`, by name.

    Args:
        path: folder or zip.
        spool: folder of ours for what has to be unpacked to be listed.
        stack: keeps a class zip open.

    Raises:
        GraderError: `path-not-found`, `path-not-a-submission`, `path-unreadable`.
    """
    try:
        is_there = path.exists()
    except OSError as error:
        raise GraderError("path-unreadable", path=system_name(str(path))) from error
    if not is_there:
        raise GraderError("path-not-found", path=system_name(str(path)))
    if path.is_dir():
        return _find_in_folder(path)
    return _find_in_zip(path, spool, stack)


def _find_in_folder(path: Path) -> list[Unread]:
    root = path.resolve()
    try:
        level = list_level(root)
    except OSError as error:
        raise GraderError("path-unreadable", path=system_name(str(path))) from error
    if _is_one(level, lambda name: _role_on_disk(root, name)):
        return [Unread(name=root.name, list_files=partial(_tree_of_folder, root))]
    found = [Unread(name=name, list_files=partial(_tree_of_folder, root / name)) for name in level.folders]
    found += _archives(level, lambda name: partial(zip_tree, root / name))
    found += [_refused(name, "file-not-regular") for name in level.others]
    return sorted(found, key=lambda item: system_name(item.name))


def _find_in_zip(path: Path, spool: Path, stack: ExitStack) -> list[Unread]:
    try:
        archive = Archive(stack.enter_context(path.open("rb")), directory_bytes=limits.CLASS_DIRECTORY_BYTES)
    except ARCHIVE_ERRORS as error:
        if path.suffix.casefold() == ".zip":
            return [_refused(path.name, "archive-broken")]
        raise GraderError("path-not-a-submission", path=system_name(str(path))) from error
    top = _lone_folder(archive)
    level = archive.level(top)
    if _is_one(level, lambda name: role_of(name, Content.UNKNOWN)):
        return [Unread(name=path.name, list_files=lambda _: _from_archive(archive))]
    found = [
        Unread(name=name, list_files=partial(_tree_in_archive, archive, (*top, name)))
        for name in level.folders
    ]
    found += _archives(level, lambda name: partial(_inner_zip_tree, archive.open_file((*top, name)), spool))
    return sorted(found, key=lambda item: item.name)


def _archives(level: Level, opened: Callable[[str], Callable[[ExitStack], Tree]]) -> Iterator[Unread]:
    """Yield the zips among the files of a class, and a refusal for each archive of another kind."""
    for name in level.files:
        if name.casefold().endswith(".zip"):
            yield Unread(name=name, list_files=opened(name))
        elif name.casefold().endswith(_FOREIGN_ARCHIVES):
            yield _refused(name, "archive-format-unsupported")


def _is_one(level: Level, role: Callable[[str], Role]) -> bool:
    """Whether a folder is one submission; see `collect`."""
    if any(role(name) in {Role.PICTURE, Role.MODEL, Role.SETTINGS} for name in level.files):
        return True
    if level.folders:
        return all(is_part_name(system_name(name)) for name in level.folders)
    archives = (".zip", *_FOREIGN_ARCHIVES)
    return bool(level.files) and not any(
        name.casefold().endswith(archives) or name.casefold().startswith("readme") for name in level.files
    )


def _role_on_disk(folder: Path, name: str) -> Role:
    try:
        with (folder / name).open("rb") as file:
            return role_of(name, sniff(file.read(64), name))
    except OSError:
        return role_of(name, Content.UNKNOWN)


def _lone_folder(archive: Archive) -> tuple[str, ...]:
    """Return the one folder that holds everything in a zip, unless its name is that of a part."""
    level = archive.level()
    is_lone = len(level.folders) == 1 and not level.files and not is_part_name(level.folders[0])
    return level.folders if is_lone else ()


def _from_archive(archive: Archive) -> Tree:
    """List a zip that is one submission, without the lone folder that many programs put around everything."""
    return archive.tree(_lone_folder(archive))


def zip_tree(path: Path, opened: ExitStack) -> Tree:
    """List a zip that is one submission or a part of one; `opened` keeps it open."""
    try:
        return _from_archive(
            Archive(opened.enter_context(path.open("rb")), directory_bytes=limits.ARCHIVE_DIRECTORY_BYTES)
        )
    except ARCHIVE_ERRORS:
        return _refusal("archive-broken")


def _inner_zip_tree(entry: Entry, spool: Path, opened: ExitStack) -> Tree:
    """List a student's zip inside the zip of a class; its bytes go through a file without a name."""
    file = opened.enter_context(tempfile.TemporaryFile(dir=spool))  # noqa: SIM115
    size = 0
    try:
        for piece in entry.pieces():
            size += len(piece)
            if size > limits.TOTAL_BYTES:
                return _refusal("submission-too-large", limit_megabytes=limits.TOTAL_BYTES // limits.MEGABYTE)
            file.write(piece)
    except UnreadableError:
        return _refusal("archive-broken")
    try:
        return _from_archive(Archive(file, directory_bytes=limits.ARCHIVE_DIRECTORY_BYTES))
    except ARCHIVE_ERRORS:
        return _refusal("archive-broken")


def _tree_of_folder(folder: Path, _: ExitStack) -> Tree:
    return folder_tree(folder)


def _tree_in_archive(archive: Archive, prefix: tuple[str, ...], _: ExitStack) -> Tree:
    return archive.tree(prefix)


def _refusal(slug: str, **values: int) -> Tree:
    return Tree(findings=(noticed(slug, **values),))


def _refused(name: str, slug: str) -> Unread:
    return Unread(name=name, list_files=lambda _: _refusal(slug))
