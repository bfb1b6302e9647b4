"""First bytes of a file → what it is. Nothing is decoded."""

import io
import re
import struct
import zipfile
import zlib
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import IO

from grader.intake import limits

HEAD_BYTES = 4096
"""How many leading bytes decide."""


class Content(Enum):
    """What a file holds; the value is the suffix that its copy in the spool gets."""

    PNG = ".png"
    JPEG = ".jpg"
    GIF = ".gif"
    BMP = ".bmp"
    WEBP = ".webp"
    TIFF = ".tif"
    HEIF = ".heic"
    AVIF = ".avif"
    HDF5 = ".h5"
    KERAS = ".keras"
    TFLITE = ".tflite"
    ONNX = ".onnx"
    SAVED_MODEL = ".pb"
    """The graph of a SavedModel; the weights are in files beside it."""
    SAVED_MODEL_ARCHIVE = ".saved_model.zip"
    """A zip that holds a SavedModel, whatever it is called."""
    PICKLE = ".pkl"
    """Python objects, joblib's files included."""
    TORCH = ".pt"
    """PyTorch's zip."""
    NUMPY = ".npz"
    """Arrays, alone or in a zip."""
    ARCHITECTURE = ".json"
    """The layers of a Keras network as JSON."""
    PDF = ".pdf"
    OLE = ".hwp"
    """Compound file: hwp and old Word."""
    DOCX = ".docx"
    HWPX = ".hwpx"
    NOTEBOOK = ".ipynb"
    MARKDOWN = ".md"
    HTML = ".html"
    TEXT = ".txt"
    CSV = ".csv"
    TOML = ".toml"
    ARCHIVE = ".zip"
    """A zip that is none of the kinds above."""
    FOREIGN_ARCHIVE = ".archive"
    """7z, rar, tar, gzip, alz, egg."""
    UNKNOWN = ".bin"


_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", Content.PNG),
    (b"\xff\xd8\xff", Content.JPEG),
    (b"GIF87a", Content.GIF),
    (b"GIF89a", Content.GIF),
    (b"II*\x00", Content.TIFF),
    (b"MM\x00*", Content.TIFF),
    (b"\x89HDF\r\n\x1a\n", Content.HDF5),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Content.OLE),
    (b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", Content.TORCH),  # before 1.6
    (b"PK\x03\x04", Content.ARCHIVE),
    (b"PK\x05\x06", Content.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Content.FOREIGN_ARCHIVE),
    (b"Rar!\x1a\x07", Content.FOREIGN_ARCHIVE),
    (b"\x1f\x8b", Content.FOREIGN_ARCHIVE),
    (b"ALZ\x01", Content.FOREIGN_ARCHIVE),
    (b"EGGA", Content.FOREIGN_ARCHIVE),
)
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), Content.HEIF),
    **dict.fromkeys((b"avif", b"avis"), Content.AVIF),
}
_NUMPY_MAGIC = b"\x93NUMPY"
_PICKLE_PROTOCOLS = range(2, 6)
_PICKLE_OPCODES = frozenset(b"}](c\x8c\x8a\x95X\x89\x88NKMJG")
"""First opcode behind the protocol: an empty dictionary or list, a mark, a global, a text, a number, a frame."""
_ARCHITECTURE = re.compile(rb"\s*\{(?=.{0,200}?\"(class_name|config|module)\")", re.DOTALL)
_ARCHITECTURE_KEYS = (b'"class_name"', b'"config"', b'"layers"')
_ONNX_START = re.compile(rb"\x08[\x01-\x63][\x12\x1a\x22\x28\x32\x3a\x42]")
"""`ir_version`, a small number, then another field of `ModelProto` (onnx.proto)."""
_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)
_TEXT_SUFFIXES = {
    ".ipynb": Content.NOTEBOOK,
    ".md": Content.MARKDOWN,
    ".markdown": Content.MARKDOWN,
    ".html": Content.HTML,
    ".htm": Content.HTML,
    ".txt": Content.TEXT,
    ".csv": Content.CSV,
    ".toml": Content.TOML,
}


def sniff(head: bytes, name: str) -> Content:
    """Return what a file holds.

    Args:
        head: its first `HEAD_BYTES` bytes, or all of a shorter file.
        name: its path; it decides between kinds that look alike (texts, ONNX), never against the bytes.
    """
    for magic, content in _MAGIC:
        if head.startswith(magic):
            return content
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Content.WEBP
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], Content.UNKNOWN)
    if head[4:8] == b"TFL3":
        return Content.TFLITE
    if head[:1] == b"\x80" and len(head) > 2 and head[1] in _PICKLE_PROTOCOLS and head[2] in _PICKLE_OPCODES:
        return Content.PICKLE
    if head.startswith(_NUMPY_MAGIC):
        return Content.NUMPY
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return Content.BMP
    if b"%PDF-" in head[:1024]:
        return Content.PDF
    if head[257:262] == b"ustar":
        return Content.FOREIGN_ARCHIVE
    return _by_name(head, PurePosixPath(name.casefold()))


def _by_name(head: bytes, path: PurePosixPath) -> Content:
    if not head:
        return Content.UNKNOWN
    if path.name == "saved_model.pb":
        return Content.SAVED_MODEL
    if path.suffix in {".joblib", ".pkl"} and head[:1] == b"\x78":
        return Content.PICKLE  # joblib's compress=…, a zlib stream
    if _ONNX_START.match(head) and (path.suffix == ".onnx" or b"\x00" in head):
        return Content.ONNX
    if _ARCHITECTURE.match(head) and all(key in head for key in _ARCHITECTURE_KEYS):
        return Content.ARCHITECTURE
    if b"\x00" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _TEXT_SUFFIXES.get(path.suffix, Content.UNKNOWN)
    return Content.UNKNOWN


def sniff_archive(path: Path) -> Content:
    """Return which kind of zip the file at `path` is; `Content.ARCHIVE` for a plain or broken one."""
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(BoundedReader(file, limits.ARCHIVE_DIRECTORY_BYTES)) as archive:
                names = frozenset(archive.namelist())
        except ARCHIVE_ERRORS:
            return Content.ARCHIVE
    if {"config.json", "model.weights.h5"} <= names:
        return Content.KERAS
    if any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
        return Content.SAVED_MODEL_ARCHIVE
    if any(name.endswith("/data.pkl") for name in names):
        return Content.TORCH
    if names and all(name.endswith(".npy") for name in names):
        return Content.NUMPY
    if "word/document.xml" in names:
        return Content.DOCX
    if "Contents/content.hpf" in names:
        return Content.HWPX
    return Content.ARCHIVE


class BoundedReader(io.RawIOBase):
    """A seekable file that refuses to be read in pieces larger than `piece_bytes`.

    `zipfile` reads the table of contents of an archive in one piece of the size that the archive states, and
    makes an object of every entry: this bound keeps a forged table from filling the memory.
    """

    def __init__(self, file: IO[bytes], piece_bytes: int) -> None:
        self._file = file
        self._piece_bytes = piece_bytes

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move as `io.IOBase.seek` does."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes.

        Raises:
            zipfile.BadZipFile: more than the bound was asked for.
        """
        if size > self._piece_bytes:
            raise zipfile.BadZipFile(f"piece of {size} bytes")
        piece = self._file.read(size if size >= 0 else self._piece_bytes + 1)
        if len(piece) > self._piece_bytes:
            raise zipfile.BadZipFile(f"piece of more than {self._piece_bytes} bytes")
        return piece


ARCHIVE_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError)
"""What `zipfile` raises on archives that are broken on purpose or by accident."""
