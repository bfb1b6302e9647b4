"""The copied files of a SavedModel → one folder in the spool, laid out as TensorFlow reads it."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from grader.core.submission import Role
from grader.intake.sniff import Content
from grader.intake.spool import Copy, Spool

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
