"""Pictures that explode, pretend, hide something, or are no files at all."""

import io
import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from tests.hostile.case import GOOD_POINTS, Cases, Site
from tests.hostile.plain import digit, write_good

cases = Cases("pictures")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(width: int, height: int, data: bytes, *, depth: int = 8, color: int = 0, more: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"".join(
        (b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", head), more, _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    )


def _stored(form: str, image: Image.Image | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    (image or Image.open(io.BytesIO(digit(3))).convert("L")).save(buffer, form, **options)
    return buffer.getvalue()


def _instead(site: Site, content: bytes, name: str = "3.png") -> None:
    """One bad picture beside a good one; without a model, so that the quick cases stay quick."""
    site.write("1.png", digit(1))
    site.write(name, content)


@cases.add("png-bomb", "picture-too-large")
def _(site: Site) -> None:
    _instead(site, _png(60_000, 60_000, zlib.compress(bytes(10_000_000), 9)))


@cases.add("png-larger-than-any", "picture-too-large", "picture-unreadable")
def _(site: Site) -> None:
    _instead(site, _png(0x7FFF_FFFF, 0x7FFF_FFFF, b""))


@cases.add("png-just-below-the-bound", "picture-blank")
def _(site: Site) -> None:
    """Three pictures of 49 megapixels in some kilobytes each."""
    data = zlib.compress(b"\0" * (7001 * 7000), 9)
    for which in range(3):
        site.write(f"{which}.png", _png(7000, 7000, data))


@cases.add("png-inflates-behind-the-picture", "digits-missing", "picture-several-digits", needs_model=True)
def _(site: Site) -> None:
    """A text chunk of 200 MB in 200 kB."""
    bomb = b"note\0\0" + zlib.compress(bytes(200_000_000), 9)
    rows = b"".join(b"\0" + bytes([255] * 40) for _ in range(40))
    _instead(site, _png(40, 40, zlib.compress(rows), more=_chunk(b"zTXt", bomb)))


@cases.add("jpeg-bomb", "picture-too-large", "picture-truncated", "picture-unreadable")
def _(site: Site) -> None:
    content = bytearray(_stored("JPEG"))
    at = content.index(b"\xff\xc0")
    struct.pack_into(">HH", content, at + 5, 65_500, 65_500)
    _instead(site, bytes(content), "3.jpg")


@cases.add("gif-bomb", "picture-too-large", "picture-unreadable", "picture-truncated")
def _(site: Site) -> None:
    content = bytearray(_stored("GIF"))
    struct.pack_into("<HH", content, 6, 65_535, 65_535)
    _instead(site, bytes(content), "3.gif")


@cases.add("gif-of-many-frames", "picture-several-frames")
def _(site: Site) -> None:
    first, *others = (Image.new("L", (30, 30), shade) for shade in range(200))
    first.paste(0, (10, 5, 14, 25))
    first.paste(255, (14, 0, 30, 30))
    first.paste(255, (0, 0, 10, 30))
    _instead(site, _stored("GIF", first, save_all=True, append_images=others), "3.gif")


@cases.add("webp-bomb", "picture-too-large", "picture-truncated", "picture-unreadable")
def _(site: Site) -> None:
    content = bytearray(_stored("WEBP", lossless=True))
    at = content.index(b"VP8L") + 9
    struct.pack_into("<I", content, at, 0x0FFF_FFFF)
    _instead(site, bytes(content), "3.webp")


@cases.add("tiff-bomb", "picture-too-large", "picture-unreadable")
def _(site: Site) -> None:
    content = bytearray(_stored("TIFF"))
    first = struct.unpack_from("<I", content, 4)[0]
    for number in range(struct.unpack_from("<H", content, first)[0]):
        at = first + 2 + 12 * number
        if struct.unpack_from("<H", content, at)[0] in {256, 257}:
            struct.pack_into("<HII", content, at + 2, 4, 1, 3_000_000)
    _instead(site, bytes(content), "3.tif")


@cases.add(
    "tiff-that-never-ends",
    "picture-several-frames",
    "picture-unreadable",
    "picture-timeout",
    "digits-missing",
    needs_model=True,
)
def _(site: Site) -> None:
    """The table of the second page is the first one again."""
    content = bytearray(_stored("TIFF"))
    first = struct.unpack_from("<I", content, 4)[0]
    count = struct.unpack_from("<H", content, first)[0]
    struct.pack_into("<I", content, first + 2 + 12 * count, first)
    _instead(site, bytes(content), "3.tif")


@cases.add("png-truncated", "picture-truncated")
def _(site: Site) -> None:
    _instead(site, digit(3)[:300])


@cases.add("jpeg-truncated", "picture-truncated")
def _(site: Site) -> None:
    content = _stored("JPEG")
    _instead(site, content[: len(content) // 2], "3.jpg")


@cases.add("png-zero-bytes", "file-empty")
def _(site: Site) -> None:
    _instead(site, b"")


@cases.add("png-zero-pixels", "picture-unreadable", "picture-truncated", "picture-too-large")
def _(site: Site) -> None:
    _instead(site, _png(0, 0, zlib.compress(b"")))


@cases.add("png-one-pixel", "picture-blank")
def _(site: Site) -> None:
    _instead(site, _png(1, 1, zlib.compress(b"\0\0")))


@cases.add("png-one-pixel-high", "picture-blank", "picture-not-a-digit", "picture-too-large")
def _(site: Site) -> None:
    _instead(site, _png(40_000_000, 1, zlib.compress(b"\0" + b"\xff" * 40_000_000, 9)))


@cases.add("png-that-is-a-zip", points=GOOD_POINTS, needs_model=True)
def _(site: Site) -> None:
    """A polyglot: a picture for one reader, an archive for another. It is a picture here, and costs nothing."""
    write_good(site.folder)
    buffer = io.BytesIO(digit(3))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(f"../../../../../..{site.trap.canary}", "x")
    site.write("3.png", buffer.getvalue())


@cases.add("png-that-is-html", "picture-unknown-format", "digits-missing", needs_model=True)
def _(site: Site) -> None:
    _instead(site, b"<html><script>alert(1)</script><img src=x onerror=alert(1)></html>")


@cases.add("png-that-is-svg", "picture-unknown-format", "digits-missing", needs_model=True)
def _(site: Site) -> None:
    _instead(
        site,
        f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file://{site.trap.secret}"/></svg>'.encode(),
    )


@cases.add("svg-that-reads", "digits-missing", needs_model=True)
def _(site: Site) -> None:
    entity = f'<!DOCTYPE s [<!ENTITY e SYSTEM "file://{site.trap.secret}">]><svg><text>&e;</text></svg>'
    _instead(site, entity.encode(), "3.svg")


@cases.add("png-that-is-postscript", "picture-unknown-format")
def _(site: Site) -> None:
    """Pillow would start Ghostscript for it."""
    program = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({site.trap.canary}) (w) file closefile\n\0"
    _instead(site, program.encode())


@cases.add("png-that-is-an-icon", "picture-unknown-format")
def _(site: Site) -> None:
    _instead(site, b"\x00\x00\x01\x00\xff\xff" + bytes(16 * 1000))


@cases.add("png-that-is-a-program", "picture-unknown-format")
def _(site: Site) -> None:
    _instead(site, b"\x7fELF\x02\x01\x01" + bytes(1000))


@cases.add("png-called-jpeg", points=GOOD_POINTS, needs_model=True)
def _(site: Site) -> None:
    write_good(site.folder)
    (site.folder / "3.png").rename(site.folder / "3.jpg")


@cases.add("png-16-bit", points=GOOD_POINTS, needs_model=True)
def _(site: Site) -> None:
    write_good(site.folder)
    deep = np.asarray(Image.open(io.BytesIO(digit(3))).convert("L")).astype(np.uint16) * 257
    site.write("3.png", _stored("PNG", Image.fromarray(deep)))


@cases.add("jpeg-cmyk", points=GOOD_POINTS, needs_model=True)
def _(site: Site) -> None:
    write_good(site.folder)
    (site.folder / "3.png").unlink()
    image = Image.open(io.BytesIO(digit(3))).convert("RGB").convert("CMYK")
    site.write("3.jpg", _stored("JPEG", image, quality=95))


@cases.add("picture-is-a-pipe", "file-not-regular")
def _(site: Site) -> None:
    _instead(site, digit(3), "30.png")
    os.mkfifo(site.folder / "3.png")


@cases.add("picture-is-a-device", "file-not-regular", needs="device")
def _(site: Site) -> None:
    _instead(site, digit(3), "30.png")
    os.mknod(site.folder / "3.png", stat.S_IFCHR | 0o666, os.makedev(1, 5))


@cases.add("picture-is-a-link-to-zero", "file-not-regular")
def _(site: Site) -> None:
    _instead(site, digit(3), "30.png")
    (site.folder / "3.png").symlink_to("/dev/zero")


@cases.add("picture-is-a-link-to-the-secret", "file-not-regular")
def _(site: Site) -> None:
    _instead(site, digit(3), "30.png")
    (site.folder / "3.png").symlink_to(site.trap.secret)


@cases.add("folder-is-a-link", "file-not-regular")
def _(site: Site) -> None:
    _instead(site, digit(3), "30.png")
    (site.folder / "digits").symlink_to(site.trap.secret.parent)


@cases.add("link-to-itself", "file-not-regular")
def _(site: Site) -> None:
    _instead(site, digit(3), "30.png")
    (site.folder / "3.png").symlink_to("3.png")


@cases.add("picture-is-a-socket", "file-not-regular")
def _(site: Site) -> None:
    import socket

    _instead(site, digit(3), "30.png")
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as end:
        os.chdir(site.folder)  # a path of a socket has at most 107 bytes
        try:
            end.bind("3.png")
        finally:
            os.chdir(here)


@cases.add("picture-is-a-hard-link", points=GOOD_POINTS, needs_model=True)
def _(site: Site) -> None:
    write_good(site.folder)
    spare = site.trap.canary.parent.parent / "linked.png"
    spare.write_bytes(digit(3))
    (site.folder / "3.png").unlink()
    try:
        os.link(spare, site.folder / "3.png")
    except OSError:  # the temporary folders of this machine lie on two file systems
        (site.folder / "3.png").write_bytes(digit(3))


@cases.add("picture-is-a-folder", "digits-missing", needs_model=True)
def _(site: Site) -> None:
    for which in (0, 1, 2):
        site.write(f"{which}.png", digit(which))
    site.write("3.png/inside.txt", "x")


@cases.add("png-with-secret-texts", points=GOOD_POINTS, needs_model=True)
def _(site: Site) -> None:
    """Comment, profile and EXIF say what must not be shown: a place, and the marker."""
    write_good(site.folder)
    marker = site.trap.secret.read_text()
    notes = PngImagePlugin.PngInfo()
    for key in ("Comment", "Author", "XML:com.adobe.xmp"):
        notes.add_itxt(key, f"<script>alert(1)</script>{marker}")
    image = Image.open(io.BytesIO(digit(3))).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = marker
    exif[0x8825] = {1: "N", 2: (37.0, 33.0, 59.0), 3: "E", 4: (126.0, 58.0, 40.0), 29: marker}
    site.write("3.png", _stored("PNG", image, pnginfo=notes, exif=exif, icc_profile=marker.encode() * 100))


@cases.add("bmp-lies", "picture-unreadable", "picture-truncated", "picture-too-large")
def _(site: Site) -> None:
    content = bytearray(_stored("BMP"))
    struct.pack_into("<ii", content, 18, -30_000, 30_000)
    _instead(site, bytes(content), "3.bmp")


@cases.add("heic-garbage", "picture-unreadable", "picture-crashed", "picture-truncated")
def _(site: Site) -> None:
    _instead(site, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(range(256)) * 40, "3.heic")


@cases.add("avif-called-png", "picture-unknown-format")
def _(site: Site) -> None:
    _instead(site, b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(500))


@cases.add("picture-nobody-may-read", "file-unreadable", needs="user")
def _(site: Site) -> None:
    _instead(site, digit(3))
    (site.folder / "3.png").chmod(0)
