"""Zips that leave their folder, explode, lie or hide."""

import io
import os
import stat
import struct
import tarfile
import unicodedata
import warnings
import zipfile

from tests.hostile.case import GOOD_POINTS, Cases, Site
from tests.hostile.plain import MODEL, digit, keras_zip, model_parts, write_good

cases = Cases("archives")

_UNIX = 3


def _entry(name: str, mode: int = 0, system: int = _UNIX) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x", (2026, 1, 1, 0, 0, 0))
    info.filename = name  # as it is: the constructor would turn backslashes and cut at NUL
    info.create_system = system
    info.external_attr = mode << 16
    return info


def _zip(entries: list[tuple[zipfile.ZipInfo | str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for info, content in entries:
            archive.writestr(info, content, method)
    return buffer.getvalue()


def _put(site: Site, content: bytes) -> None:
    site.class_.mkdir(parents=True, exist_ok=True)
    (site.class_ / f"{site.name}.zip").write_bytes(content)


def _with_digits(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> list[tuple[zipfile.ZipInfo | str, bytes]]:
    return [("0.png", digit(0)), ("1.png", digit(1)), *entries]


for name, path in (
    ("slip-dots", "../../../../../../..{canary}"),
    ("slip-absolute", "{canary}"),
    ("slip-backslash", "..\\..\\..\\..\\..{canary}"),
    ("slip-drive", "C:{canary}"),
    ("slip-dots-inside", "digits/../../../../../../..{canary}"),
):

    @cases.add(name, "archive-entry-unsafe-name")
    def _slip(site: Site, path: str = path) -> None:
        entry = _entry(path.format(canary=site.trap.canary), system=0)
        _put(site, _zip(_with_digits((entry, b"x"))))


@cases.add("zip-link-to-secret", "file-not-regular")
def _(site: Site) -> None:
    link = _entry("report.txt", stat.S_IFLNK | 0o777)
    _put(site, _zip(_with_digits((link, os.fsencode(site.trap.secret)))))


@cases.add("zip-link-to-folder", "file-not-regular")
def _(site: Site) -> None:
    link = _entry("figures", stat.S_IFLNK | 0o777)
    _put(site, _zip(_with_digits((link, b"/"), ("figures/a.png", digit(1)))))


@cases.add("zip-device", "file-not-regular")
def _(site: Site) -> None:
    kinds = (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)
    entries = [(_entry(f"device{kind}.png", kind | 0o666), b"") for kind in kinds]
    _put(site, _zip(_with_digits(*entries)))


@cases.add("zip-bomb", "archive-entry-inflates", "file-too-large")
def _(site: Site) -> None:
    _put(site, _zip(_with_digits(("report.txt", bytes(60_000_000)))))


@cases.add("zip-bomb-of-many", "archive-entry-inflates", "submission-too-large")
def _(site: Site) -> None:
    once = bytes(8_000_000)
    _put(site, _zip(_with_digits(*((f"notes{n}.txt", once) for n in range(8)))))


@cases.add("zip-bomb-as-model", "model-damaged", "file-too-large", needs_model=True)
def _(site: Site) -> None:
    """Models may inflate as they like, up to their bound."""
    _put(site, _zip(_with_digits((MODEL, b"PK\x03\x04" + bytes(50_000_000)))))


@cases.add("zip-overlapping", "file-unreadable", "file-duplicate-name", "archive-broken")
def _(site: Site) -> None:
    """Every entry of the table of contents names the same bytes."""
    content = bytearray(_zip([("0.png", digit(0))]))
    start = content.rindex(b"PK\x01\x02")
    end = content.rindex(b"PK\x05\x06")
    record = bytes(content[start:end])
    table = b"".join(record.replace(b"0.png", f"{which}.png".encode()) for which in range(10))
    tail = bytearray(content[end:])
    struct.pack_into("<HHII", tail, 8, 10, 10, len(table), start)
    _put(site, bytes(content[:start]) + table + bytes(tail))


@cases.add("zip-nested-deep", "archive-nested")
def _(site: Site) -> None:
    inner = _zip([("0.png", digit(0))])
    for _ in range(6):
        inner = _zip([(f"a{n}.zip", inner) for n in range(3)])
    _put(site, _zip(_with_digits(("more.zip", inner))))


@cases.add("zip-inside-slips", "archive-entry-unsafe-name")
def _(site: Site) -> None:
    inner = _zip([(_entry(f"../../../../../../..{site.trap.canary}"), b"x")])
    _put(site, _zip(_with_digits(("more.zip", inner))))


@cases.add("zip-inside-explodes", "archive-entry-inflates", "file-too-large")
def _(site: Site) -> None:
    _put(site, _zip(_with_digits(("more.zip", _zip([("report.txt", bytes(60_000_000))])))))


@cases.add("zip-duplicates", "file-duplicate-name", points=None)
def _(site: Site) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _put(site, _zip([*_with_digits(), *_with_digits(), ("a/../0.png", digit(1))]))


@cases.add("zip-duplicates-by-form", "file-duplicate-name")
def _(site: Site) -> None:
    """The same Korean name composed and decomposed."""
    composed, apart = (unicodedata.normalize(form, "손글씨.png") for form in ("NFC", "NFD"))
    _put(site, _zip(_with_digits((composed, digit(1)), (apart, digit(2)))))


@cases.add("zip-encrypted", "archive-entry-encrypted")
def _(site: Site) -> None:
    content = bytearray(_zip([("0.png", digit(0))]))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    _put(site, bytes(content))


@cases.add("zip-truncated", "archive-broken")
def _(site: Site) -> None:
    content = _zip(_with_digits())
    _put(site, content[: len(content) // 2])


@cases.add("zip-empty", "submission-empty", "archive-broken")
def _(site: Site) -> None:
    _put(site, _zip([]))


@cases.add("zip-is-text", "archive-broken")
def _(site: Site) -> None:
    _put(site, site.trap.secret.read_bytes())


@cases.add("zip-lies-about-sizes", "file-unreadable", "archive-entry-inflates", "file-too-large")
def _(site: Site) -> None:
    content = bytearray(_zip([("report.txt", bytes(60_000_000))]))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + offset, 10)
    _put(site, bytes(content))


@cases.add("zip-lies-about-the-table", "archive-broken")
def _(site: Site) -> None:
    content = bytearray(_zip(_with_digits()))
    struct.pack_into("<II", content, content.rindex(b"PK\x05\x06") + 12, 0xFFFF_FFF0, 0xFFFF_FFF0)
    _put(site, bytes(content))


@cases.add("zip-lies-about-offsets", "file-unreadable")
def _(site: Site) -> None:
    content = bytearray(_zip(_with_digits()))
    struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 42, 0x7FFF_FFFF)
    _put(site, bytes(content))


def _empty_entries(count: int) -> bytes:
    """A zip of empty files, with a number of entries that its last record may be too small for."""
    names = [f"{number}.txt".encode() for number in range(count)]
    local = [struct.pack("<4s5H3I2H", b"PK\x03\x04", 10, 0, 0, 0, 33, 0, 0, 0, len(n), 0) + n for n in names]
    table, at = [], 0
    for name, record in zip(names, local, strict=True):
        fixed = struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", 10, 10, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, at
        )
        table.append(fixed + name)
        at += len(record)
    size = sum(map(len, table))
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, size, at, 0)
    return b"".join((*local, *table, end))


@cases.add("zip-of-100000", "archive-broken", "archive-too-many-entries")
def _(site: Site) -> None:
    _put(site, _empty_entries(100_000))


@cases.add("zip-of-5000", "archive-too-many-entries")
def _(site: Site) -> None:
    _put(site, _empty_entries(5_000))


@cases.add("zip-long-name", "file-name-too-long", "archive-entry-unsafe-name")
def _(site: Site) -> None:
    _put(site, _zip(_with_digits((_entry("a" * 65_535), b"x"))))


@cases.add("zip-deep", "folder-too-deep")
def _(site: Site) -> None:
    _put(site, _zip(_with_digits(("a/" * 100 + "0.png", digit(0)))))


@cases.add("zip-other-method", "archive-entry-method")
def _(site: Site) -> None:
    content = bytearray(_zip([("0.png", digit(0))]))
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", content, content.index(mark) + offset, 97)
    _put(site, bytes(content))


@cases.add("zip-name-with-nul", "digits-missing", needs_model=True)
def _(site: Site) -> None:
    _put(site, _zip(_with_digits((_entry("a.png\0.exe"), b"MZ"))))


@cases.add("tar-slip", "archive-format-unsupported")
def _(site: Site) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo(f"../../../../../../..{site.trap.canary}")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    site.write("homework.tar.gz", buffer.getvalue())


@cases.add(
    "keras-config-bomb",
    "model-damaged",
    "model-not-loaded",
    "model-out-of-memory",
    "model-timeout",
    needs_model=True,
)
def _(site: Site) -> None:
    parts = {**model_parts(), "config.json": b"[" + b" " * 100_000_000 + b"]"}
    site.write(MODEL, keras_zip(parts, zipfile.ZIP_DEFLATED))


@cases.add(
    "keras-slip", "model-damaged", "model-not-loaded", "model-unsafe", "model-forbidden", needs_model=True
)
def _(site: Site) -> None:
    outside = f"../../../../../../..{site.trap.canary}"
    site.write(MODEL, keras_zip({**model_parts(), outside: b"x", str(site.trap.canary): b"x"}))


class _CodePage(zipfile.ZipInfo):
    """An entry whose name is written in the code page of Korean Windows, without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("cp949"), self.flag_bits


@cases.add("zip-in-korean", points=GOOD_POINTS, needs_model=True)
def _(site: Site) -> None:
    """Names as Korean Windows writes them: honest, and it must cost nothing."""
    parts = site.factory / "korean-parts"
    write_good(parts)
    entries = [(_CodePage(f"손글씨/{path.name}"), path.read_bytes()) for path in sorted(parts.iterdir())]
    _put(site, _zip(entries))
