"""Evidence as one SQLite file of a run: records by their keys, and submissions that refer to them."""

import contextlib
import dataclasses
import enum
import errno
import hashlib
import json
import lzma
import sqlite3
import struct
import threading
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from grader.core.evidence import EVIDENCE_SCHEMA
from grader.errors import GraderError
from grader.store.records import StoredSubmission

_TABLES = """
CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS submissions (id BLOB PRIMARY KEY, key BLOB NOT NULL, body BLOB NOT NULL);
"""


_RECORD = "SELECT body FROM records WHERE key = ?"


class Store:
    """The evidence of one run.

    What is put is kept in memory until the submission that needs it is saved: then both are written in one transaction, so
    that whoever reads the file of a killed run sees complete submissions only. Threads may share a store.
    """

    def __init__(self, path: Path | None, *, is_fresh: bool = False) -> None:
        """Open the file, or make it.

        Args:
            path: the file; None: nothing is written, for tests.
            is_fresh: records of earlier runs are not read, but written anew.

        Raises:
            GraderError: `evidence-damaged` or `evidence-other-version`.
        """
        self._path, self._is_fresh = str(path), is_fresh
        self._lock = threading.RLock()
        self._waiting: dict[str, tuple[str, Any]] = {}
        self._written: set[str] = set()
        with self._telling():
            self._file = sqlite3.connect(":memory:" if path is None else path, check_same_thread=False)
            (version,) = self._file.execute("PRAGMA user_version").fetchone()
            if version not in {0, EVIDENCE_SCHEMA}:
                raise GraderError(
                    "evidence-other-version", file=self._path, found=str(version), needed=EVIDENCE_SCHEMA
                )
            if version == 0:
                self._file.executescript(
                    f"PRAGMA journal_mode = WAL; {_TABLES} PRAGMA user_version = {EVIDENCE_SCHEMA};"
                )
            self._file.execute("PRAGMA synchronous = FULL")

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Use the file alone.

        Raises:
            GraderError: `evidence-damaged`.
            OSError: it cannot be written.
        """
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:
                raise OSError(errno.EIO, str(error), self._path) from error
            except (sqlite3.Error, ValueError) as error:
                raise GraderError("evidence-damaged", file=self._path) from error

    def get(self, key: str, type_: Any) -> Any:
        """Return the record of type `type_`; None where `has` says that there is none."""
        return self.need(key, type_) if self.has(key) else None

    def need(self, key: str, type_: Any) -> Any:
        """Return a record that has to be there, whoever measured it.

        Raises:
            GraderError: `evidence-damaged`.
        """
        with self._lock:
            if key in self._waiting:
                return self._waiting[key][1]
        body = self._body(_RECORD, bytes.fromhex(key))
        if body is None:
            raise GraderError("evidence-damaged", file=self._path)
        return unpack(type_, body, key)

    def has(self, key: str) -> bool:
        """Whether a record is there, undamaged, and not older than a fresh run."""
        if key in self._waiting or (self._is_fresh and key not in self._written):
            return key in self._waiting
        return self._body(_RECORD, bytes.fromhex(key)) is not None

    def fill(self, kind: str, keys: Sequence[str], ask: Callable[[list[int]], Iterable[Any]]) -> None:
        """Put those records that are not there.

        Args:
            kind: of the records.
            keys: of all of them.
            ask: is given the places in `keys` of those that are missing, when there are any, and returns them in order.
        """
        missing = [place for place, key in enumerate(keys) if not self.has(key)]
        if missing:
            for place, value in zip(missing, ask(missing), strict=True):
                self.put(keys[place], kind, value)

    def put(self, key: str, kind: str, value: Any) -> None:
        """Keep a record for the next `save`; `kind` is for people who look into the file."""
        with self._lock:
            self._waiting[key] = (kind, value)

    def save(self, submission: StoredSubmission) -> None:
        """Write a submission, and every record put so far, whole or not at all."""
        with self._telling(), self._file:
            records = [
                (bytes.fromhex(key), kind, pack(value, key)) for key, (kind, value) in self._waiting.items()
            ]
            self._file.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", records)
            id_ = _bytes(submission.id)
            row = (id_, bytes.fromhex(submission.key), pack(submission, id_.hex()))
            self._file.execute("INSERT OR REPLACE INTO submissions VALUES (?, ?, ?)", row)
            self._written |= self._waiting.keys()
            self._waiting.clear()

    def submission(self, id_: str) -> StoredSubmission | None:
        """Return a submission; None when there is none, or none that can be read."""
        body = self._body("SELECT body FROM submissions WHERE id = ?", _bytes(id_))
        return None if body is None else unpack(StoredSubmission, body, _bytes(id_).hex())

    def submissions(self) -> tuple[StoredSubmission, ...]:
        """Return every submission, in order of the ids.

        Raises:
            GraderError: `evidence-damaged`.
        """
        with self._telling():
            rows = self._file.execute("SELECT id, body FROM submissions").fetchall()
            found = [unpack(StoredSubmission, body, id_.hex()) for id_, body in rows]
        return tuple(sorted(found, key=lambda each: each.id))

    def forget_others(self, ids: Iterable[str]) -> None:
        """Remove the submissions that are not named."""
        kept = {_bytes(id_) for id_ in ids}
        self._forget("SELECT id FROM submissions", "DELETE FROM submissions WHERE id = ?", kept)

    def forget_unused(self, used: Iterable[str]) -> None:
        """Remove the records that are not named."""
        kept = {bytes.fromhex(key) for key in used}
        self._forget("SELECT key FROM records", "DELETE FROM records WHERE key = ?", kept)

    def close(self) -> None:
        """Close the file; unless somebody else reads it, it is one file afterwards, without a log beside it."""
        with contextlib.suppress(sqlite3.OperationalError):
            self._file.execute("PRAGMA journal_mode = DELETE")
        self._file.close()

    def _body(self, query: str, key: bytes) -> bytes | None:
        """Return a body; None when there is none, or a damaged one."""
        with self._telling():
            (body,) = self._file.execute(query, [key]).fetchone() or (None,)
        return body if body and body[:_HASH_BYTES] == _hash(body[_HASH_BYTES:], key.hex()) else None

    def _forget(self, select: str, delete: str, kept: set[bytes]) -> None:
        with self._telling(), self._file:
            others = [row for row in self._file.execute(select) if row[0] not in kept]
            self._file.executemany(delete, others)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name and move it into place, so that nobody sees half of it."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 18}]
_HASH_BYTES = 16
_OF_BYTES = "u1/255"
"""Name in a body of float32 arrays that are bytes divided by 255, as pictures are: stored as these bytes."""
_OF_COLORS = "rgb"
"""Name in a body of uint8 arrays (..., 3): stored as green, and red and blue less green modulo 256, a sixth smaller."""
_WITHOUT_GREEN = np.array([1, 0, 1], np.uint8)


def pack(value: Any, key: str) -> bytes:
    """Return a value as bytes that depend on it alone: a hash, then, compressed, its JSON and the bytes of its arrays.

    Args:
        value: dataclasses, mappings, tuples, enumerations, plain values and arrays.
        key: of the record; it is part of the hash, so that bodies cannot change places.
    """
    arrays: list[np.ndarray[Any, Any]] = []
    tree = _encode(value, arrays)
    forms, parts = [], []
    for array in arrays:
        form, part = array.dtype.str, array
        if array.dtype == np.uint8 and array.shape[-1:] == (3,):
            form, part = _OF_COLORS, array - array[..., 1:2] * _WITHOUT_GREEN
        elif array.dtype == np.float32:
            rounded = np.rint(np.clip(np.nan_to_num(array), 0, 1) * 255).astype(np.uint8)
            if (rounded / np.float32(255)).tobytes() == array.tobytes():
                form, part = _OF_BYTES, rounded
        forms.append([form, *array.shape])
        parts.append(np.ascontiguousarray(part).tobytes())
    head = json.dumps([tree, forms], ensure_ascii=False, separators=(",", ":"))
    text = head.encode("utf-8", "surrogateescape")
    plain = b"".join([struct.pack("<I", len(text)), text, *parts])
    body = lzma.compress(plain, lzma.FORMAT_RAW, filters=_FILTERS)
    return _hash(body, key) + body


def unpack(type_: Any, data: bytes, key: str) -> Any:
    """Rebuild a value of the annotated type from what `pack` made.

    Raises:
        ValueError: `data` is not what `pack` made for this key.
    """
    body = data[_HASH_BYTES:]
    if data[:_HASH_BYTES] != _hash(body, key):
        raise ValueError("hash")
    plain = memoryview(lzma.decompress(body, lzma.FORMAT_RAW, filters=_FILTERS))
    (length,) = struct.unpack_from("<I", plain)
    at = 4 + length
    tree, forms = json.loads(bytes(plain[4:at]).decode("utf-8", "surrogateescape"))
    arrays = []
    for form, *shape in forms:
        dtype = np.dtype(np.uint8 if form in {_OF_BYTES, _OF_COLORS} else form)
        n = int(np.prod(shape))
        array = np.frombuffer(plain, dtype, n, at).reshape(shape)
        at += n * dtype.itemsize
        if form == _OF_BYTES:
            array = array / np.float32(255)
        elif form == _OF_COLORS:
            array = array + array[..., 1:2] * _WITHOUT_GREEN
        arrays.append(array)
    return _decode(type_, tree, arrays)


def _hash(body: bytes, key: str) -> bytes:
    return hashlib.sha256(bytes.fromhex(key) + body).digest()[:_HASH_BYTES]


def _encode(value: Any, arrays: list["np.ndarray[Any, Any]"]) -> Any:
    """Return plain JSON values; arrays go into `arrays`, and their number there stands for them."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return len(arrays) - 1
    if dataclasses.is_dataclass(value):
        return [_encode(getattr(value, field.name), arrays) for field in dataclasses.fields(value)]
    if isinstance(value, Mapping):
        return {str(key): _encode(each, arrays) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_encode(each, arrays) for each in value]
    return value.value if isinstance(value, enum.Enum) else value


@cache
def _fields(type_: Any) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(type_)
    return tuple((field.name, hints[field.name]) for field in dataclasses.fields(type_))


def _decode(type_: Any, value: Any, arrays: list["np.ndarray[Any, Any]"]) -> Any:
    """Rebuild a value of the annotated type from what `_encode` made."""
    origin, parts = typing.get_origin(type_), typing.get_args(type_)
    if type_ is np.ndarray or origin is np.ndarray:
        return arrays[value]
    if origin is typing.Literal:
        return value
    if origin in {typing.Union, types.UnionType}:
        if value is None:
            return None
        kinds = [part for part in parts if part is not types.NoneType]
        return _decode(kinds[0], value, arrays) if len(kinds) == 1 else value
    if dataclasses.is_dataclass(type_) and isinstance(type_, type):
        pairs = zip(_fields(type_), value, strict=True)
        return type_(**{name: _decode(kind, each, arrays) for (name, kind), each in pairs})
    if origin is tuple:
        kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
        return tuple(_decode(kind, each, arrays) for kind, each in zip(kinds, value, strict=True))
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return type_(value)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _decode(parts[1], each, arrays) for key, each in value.items()}
    return float(value) if type_ is float else value
