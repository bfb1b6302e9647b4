"""What the files of a run say, opened as far as a reader could open them."""

import base64
import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ALLOWED_CONTROLS = frozenset("\n\t")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def all_bytes(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below `folder`, entries of archives and data in pages unpacked."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield str(path.relative_to(folder)), content
        if content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    yield f"{path.name}/{name}", archive.read(name)
        for number, data in enumerate(re.findall(rb"data:image/png;base64,([A-Za-z0-9+/=]+)", content)):
            yield f"{path.name}#{number}", base64.b64decode(data)


def forms(marker: str) -> tuple[bytes, ...]:
    """Return how a text might hide in bytes."""
    plain = marker.encode()
    shifted = (base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3))
    return (plain, marker.encode("utf-16-le"), plain.hex().encode(), plain[::-1], *shifted)


def hidden_characters(text: str) -> set[str]:
    """Return the control and direction characters in `text`, by number."""
    return {
        f"U+{ord(letter):04X}"
        for letter in set(text) - _ALLOWED_CONTROLS
        if letter in _BIDI or unicodedata.category(letter) in {"Cc", "Cs"}
    }


def formula_cells(table: bytes) -> list[str]:
    """Return the cells of a CSV file that a spreadsheet would compute, numbers aside."""
    rows = csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""))
    return [
        cell
        for row in rows
        for cell in row
        if cell.strip().startswith(_FORMULA_STARTS) and not re.fullmatch(r"-?[0-9.]+", cell)
    ]
