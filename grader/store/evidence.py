"""Evidence as files: one JSON and one NPZ for each submission, written whole or not at all."""

import dataclasses
import enum
import hashlib
import io
import json
import types
import typing
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from grader.core.evidence import EVIDENCE_SCHEMA, Evidence
from grader.core.submission import page_id
from grader.errors import GraderError

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def save_evidence(evidence: Evidence, folder: Path) -> None:
    """Write `<page id>.npz` and `<page id>.json` into `folder`; the JSON comes last and makes it complete."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    document = {"schema": EVIDENCE_SCHEMA, **_encode(evidence, "", arrays)}
    stem = page_id(evidence.submission_id)
    npz = _npz(arrays)
    document["sha256"] = _hash(document, npz)
    write_whole(folder / f"{stem}.npz", npz)
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_whole(folder / f"{stem}.json", text.encode("utf-8", "surrogateescape"))


def load_evidence(path: Path) -> Evidence:
    """Read what `save_evidence` wrote.

    Args:
        path: the `.json` file; its `.npz` lies beside it.

    Raises:
        GraderError: `evidence-damaged` or `evidence-other-version`.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
        schema = document.pop("schema")
        if schema != EVIDENCE_SCHEMA:
            raise GraderError(
                "evidence-other-version", file=str(path), found=str(schema), needed=EVIDENCE_SCHEMA
            )
        npz = path.with_suffix(".npz").read_bytes()
        if document.pop("sha256") != _hash({"schema": schema, **document}, npz):
            raise GraderError("evidence-damaged", file=str(path))
        with np.load(io.BytesIO(npz), allow_pickle=False) as arrays:
            evidence: Evidence = _decode(Evidence, document, {name: arrays[name] for name in arrays.files})
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile
    ) as error:  # fmt: skip
        raise GraderError("evidence-damaged", file=str(path)) from error
    return evidence


def _hash(document: Mapping[str, Any], npz: bytes) -> str:
    """Return what holds the two files together: an edit, or halves of two runs, are noticed."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text + b"\0" + npz).hexdigest()


def load_all_evidence(folder: Path) -> tuple[Evidence, ...]:
    """Read every evidence file of a run, in order of the submissions' ids."""
    loaded = (load_evidence(path) for path in folder.glob("*.json"))
    return tuple(sorted(loaded, key=lambda evidence: evidence.submission_id))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name and move it into place, so that nobody sees half of it."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _npz(arrays: Mapping[str, "np.ndarray[Any, Any]"]) -> bytes:
    """Return an NPZ file whose bytes depend on the arrays alone, not on the time of day."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, arrays[name], allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.getvalue())
    return buffer.getvalue()


def _encode(value: Any, place: str, arrays: dict[str, "np.ndarray[Any, Any]"]) -> Any:
    """Return plain JSON values; arrays go into `arrays` under the path of their field."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: _encode(getattr(value, field.name), f"{place}{field.name}.", arrays)
            for field in dataclasses.fields(value)
        }
    if isinstance(value, np.ndarray):
        name = place.rstrip(".")
        arrays[name] = value
        return {"array": name}
    if isinstance(value, Mapping):
        return {str(key): _encode(each, f"{place}{key}.", arrays) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_encode(each, f"{place}{number}.", arrays) for number, each in enumerate(value)]
    return value.value if isinstance(value, enum.Enum) else value


@cache
def _fields(type_: type) -> Mapping[str, Any]:
    return typing.get_type_hints(type_)


def _decode(type_: Any, value: Any, arrays: Mapping[str, "np.ndarray[Any, Any]"]) -> Any:
    """Rebuild a value of the annotated type from what `_encode` made."""
    if isinstance(value, dict) and set(value) == {"array"}:
        return arrays[value["array"]]
    origin, parts = typing.get_origin(type_), typing.get_args(type_)
    if origin in {typing.Union, types.UnionType}:
        if value is None:
            return None
        kinds = [part for part in parts if part is not types.NoneType]
        return _decode(kinds[0], value, arrays) if len(kinds) == 1 else value
    if dataclasses.is_dataclass(type_) and isinstance(type_, type):
        hints = _fields(type_)
        return type_(**{name: _decode(hints[name], each, arrays) for name, each in value.items()})
    if origin is tuple:
        kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
        return tuple(_decode(kind, each, arrays) for kind, each in zip(kinds, value, strict=True))
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return type_(value)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _decode(parts[1], each, arrays) for key, each in value.items()}
    return float(value) if type_ is float else value
