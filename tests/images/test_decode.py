import contextlib
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grader.images.codes import PictureFormat, PictureStatus, PixelMode
from grader.images.decode import PictureError, decode_picture
from tests.datasets.mnist import drawings
from tests.digits import MNIST
from tests.loops import every

GREY = np.round(255 * (1 - drawings.ink(4, side=40, width=4, margin=6))).astype(np.uint8)
"""A 4, black on white, 52 x 52."""
EXPECTED = GREY.astype(np.float32) / 255


def save(path: Path, image: Image.Image, picture_format: str, **options) -> Path:
    image.save(path, picture_format, **options)
    return path


def status_of(path: Path) -> PictureStatus:
    with pytest.raises(PictureError) as caught:
        decode_picture(path, MNIST.shape)
    return caught.value.status


def transparent(color: tuple[int, int, int]) -> Image.Image:
    """A 4 in one color, its shape in the alpha channel, over hidden noise."""
    hidden = np.random.default_rng(0).integers(0, 256, (*GREY.shape, 3), dtype=np.uint8)
    alpha = 255 - GREY
    rgb = np.where(alpha[..., None] > 0, np.uint8(color), hidden)
    return Image.fromarray(np.dstack([rgb, alpha]).astype(np.uint8))


LOSSLESS = [
    ("PNG", Image.fromarray(GREY), {}, PixelMode.GREY),
    ("PNG", Image.fromarray(GREY).convert("RGB"), {}, PixelMode.COLOR),
    ("PNG", Image.fromarray(GREY).convert("RGBA"), {}, PixelMode.COLOR_ALPHA),
    ("PNG", Image.fromarray(GREY).convert("LA"), {}, PixelMode.GREY_ALPHA),
    ("PNG", Image.fromarray(GREY).convert("P"), {}, PixelMode.PALETTE),
    ("PNG", Image.fromarray(GREY.astype(np.uint16) * 257), {}, PixelMode.SIXTEEN_BIT),
    ("TIFF", Image.fromarray(GREY), {}, PixelMode.GREY),
    ("TIFF", Image.fromarray(GREY), {"compression": "tiff_lzw"}, PixelMode.GREY),
    ("TIFF", Image.fromarray(GREY.astype(np.uint16) * 257), {}, PixelMode.SIXTEEN_BIT),
    ("TIFF", Image.fromarray(GREY.astype(np.int32) * 257), {}, PixelMode.INTEGER),
    ("TIFF", Image.fromarray(EXPECTED), {}, PixelMode.REAL),
    ("BMP", Image.fromarray(GREY), {}, PixelMode.GREY),
    ("BMP", Image.fromarray(GREY).convert("RGB"), {}, PixelMode.COLOR),
    ("GIF", Image.fromarray(GREY), {}, PixelMode.PALETTE),
    ("WEBP", Image.fromarray(GREY).convert("RGB"), {"lossless": True}, PixelMode.COLOR),
]


@every("picture_format, image, options, mode", LOSSLESS, ids=[f"{c[0]}-{c[1].mode}" for c in LOSSLESS])
def test_decode_when_stored_without_loss_gives_the_same_pixels(
    tmp_path, picture_format, image, options, mode
):
    picture = decode_picture(save(tmp_path / "0.png", image, picture_format, **options), MNIST.shape)
    assert picture.format is PictureFormat[picture_format]
    assert picture.mode is mode
    assert (picture.width_pixels, picture.height_pixels, picture.frames) == (52, 52, 1)
    assert picture.pixels.dtype == np.float32
    np.testing.assert_allclose(picture.pixels, np.repeat(EXPECTED[..., None], 3, axis=2), atol=0.5 / 255)


LOSSY = [
    ("JPEG", "L", PixelMode.GREY),
    ("JPEG", "RGB", PixelMode.COLOR),
    ("JPEG", "CMYK", PixelMode.CMYK),
    ("WEBP", "RGB", PixelMode.COLOR),
    ("HEIF", "RGB", PixelMode.COLOR),
]


@every("picture_format, mode, expected", LOSSY)
def test_decode_when_stored_with_loss_gives_nearly_the_same_pixels(tmp_path, picture_format, mode, expected):
    image = Image.fromarray(GREY).convert(mode)
    picture = decode_picture(save(tmp_path / "0", image, picture_format, quality=95), MNIST.shape)
    assert picture.format is PictureFormat[picture_format]
    assert picture.mode is expected
    assert float(np.abs(picture.pixels - EXPECTED[..., None]).mean()) < 0.02


def test_decode_when_bilevel_gives_black_and_white(tmp_path):
    picture = decode_picture(save(tmp_path / "0", Image.fromarray(GREY > 127), "PNG"), MNIST.shape)
    assert picture.mode is PixelMode.BILEVEL
    np.testing.assert_array_equal(picture.pixels[..., 0], (GREY > 127).astype(np.float32))


def test_decode_when_twelve_bits_lie_in_sixteen_uses_the_whole_range(tmp_path):
    twelve = Image.fromarray((GREY.astype(np.uint32) * 4095 // 255).astype(np.uint16))
    picture = decode_picture(save(tmp_path / "0", twelve, "PNG"), MNIST.shape)
    np.testing.assert_allclose(picture.pixels[..., 0], EXPECTED, atol=1 / 255)


def test_decode_when_values_are_not_finite_is_refused(tmp_path):
    broken = EXPECTED.copy()
    broken[3, 3] = np.nan
    assert status_of(save(tmp_path / "0", Image.fromarray(broken), "TIFF")) is PictureStatus.DECODE_FAILED


def test_decode_when_the_range_exceeds_single_precision_keeps_the_picture_in_zero_to_one(tmp_path):
    values = np.zeros((10, 10), dtype=np.float32)
    values[0, 0], values[0, 1] = 1e38, -3e38
    pixels = decode_picture(save(tmp_path / "wide.tif", Image.fromarray(values), "TIFF"), MNIST.shape).pixels
    assert pixels[0, 0, 0] == 1
    assert pixels[0, 1, 0] == 0
    assert np.allclose(pixels[1:, :, 0], 0.75)


def test_decode_when_ink_is_black_on_transparent_lays_it_on_white(tmp_path):
    picture = decode_picture(save(tmp_path / "0", transparent((0, 0, 0)), "PNG"), MNIST.shape)
    np.testing.assert_allclose(picture.pixels[..., 0], EXPECTED, atol=1 / 255)


def test_decode_when_ink_is_white_on_transparent_lays_it_on_black(tmp_path):
    picture = decode_picture(save(tmp_path / "0", transparent((255, 255, 255)), "PNG"), MNIST.shape)
    np.testing.assert_allclose(picture.pixels[..., 0], 1 - EXPECTED, atol=1 / 255)


def test_decode_when_a_palette_color_is_transparent_lays_the_rest_on_white(tmp_path):
    image = Image.fromarray((GREY < 128).astype(np.uint8))
    image.putpalette([255, 0, 255, 20, 20, 20])
    picture = decode_picture(save(tmp_path / "0", image, "PNG", transparency=0), MNIST.shape)
    assert picture.mode is PixelMode.PALETTE
    assert float(picture.pixels[0, 0].min()) == 1.0
    assert float(picture.pixels.min()) == pytest.approx(20 / 255)


def test_decode_when_everything_is_transparent_gives_plain_white(tmp_path):
    image = Image.fromarray(np.zeros((9, 9, 4), dtype=np.uint8))
    picture = decode_picture(save(tmp_path / "0", image, "PNG"), MNIST.shape)
    assert float(picture.pixels.min()) == 1.0


def test_decode_when_rounded_corners_are_transparent_fills_them_with_the_paper(tmp_path):
    rgba = np.dstack([GREY, GREY, GREY, np.full_like(GREY, 255)])
    rgba[:3, :3] = 0
    picture = decode_picture(save(tmp_path / "0", Image.fromarray(rgba), "PNG"), MNIST.shape)
    np.testing.assert_allclose(picture.pixels[:3, :3], 1.0)


@every("orientation", range(1, 9))
@every("picture_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_decode_when_exif_names_an_orientation_turns_the_picture_upright(
    tmp_path, picture_format, orientation
):
    upright = Image.fromarray(GREY[:, :40])
    lying = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} | ({"quality": 95} if picture_format == "JPEG" else {})
    picture = decode_picture(
        save(tmp_path / "0", lying.convert("RGB"), picture_format, **options), MNIST.shape
    )
    assert picture.exif_orientation == orientation
    assert (picture.width_pixels, picture.height_pixels) == (40, 52)
    assert float(np.abs(picture.pixels - EXPECTED[:, :40, None]).mean()) < 0.02


def test_decode_when_exif_is_damaged_reads_the_picture_as_it_lies(tmp_path):
    path = save(tmp_path / "0", Image.fromarray(GREY), "PNG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert decode_picture(path, MNIST.shape).exif_orientation == 1


def test_decode_when_animated_uses_the_first_frame(tmp_path):
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY), Image.fromarray(GREY // 2)]
    picture = decode_picture(
        save(tmp_path / "0", frames[0], "GIF", save_all=True, append_images=frames[1:]), MNIST.shape
    )
    assert picture.frames == 3
    np.testing.assert_allclose(picture.pixels[..., 0], EXPECTED, atol=2 / 255)


def test_decode_when_the_name_says_another_format_believes_the_bytes(tmp_path):
    path = save(tmp_path / "3.jpg", Image.fromarray(GREY), "PNG")
    assert decode_picture(path, MNIST.shape).format is PictureFormat.PNG


def test_decode_when_large_shrinks_by_averaging_and_keeps_the_size(tmp_path):
    large = Image.fromarray(drawings.black_on_white(drawings.ink(4, side=800, width=60, margin=100))[..., 0])
    eight = Image.fromarray(np.round(np.asarray(large) * 255).astype(np.uint8))
    picture = decode_picture(save(tmp_path / "0", eight.crop((0, 0, 900, 1000)), "PNG"), MNIST.shape)
    assert (picture.width_pixels, picture.height_pixels) == (900, 1000)
    assert picture.pixels.shape == (200, 180, 3)
    expected = np.asarray(eight.crop((0, 0, 900, 1000)), dtype=np.float32).reshape(200, 5, 180, 5)
    np.testing.assert_allclose(picture.pixels[..., 0], expected.mean(axis=(1, 3)) / 255, atol=1 / 255)


def test_as_submitted_when_resized_equals_what_pillow_gives_a_student(tmp_path):
    image = Image.fromarray(GREY[:, :40]).convert("RGB")
    picture = decode_picture(save(tmp_path / "0", image, "PNG"), MNIST.shape)
    expected = np.asarray(image.convert("L").resize((28, 28)), dtype=np.float32) / 255
    np.testing.assert_allclose(picture.as_submitted[..., 0], expected, atol=1e-6)


def test_preview_when_not_square_is_letterboxed_in_the_border_color(tmp_path):
    image = Image.new("RGB", (20, 10), (10, 200, 30))
    preview = decode_picture(save(tmp_path / "0", image, "PNG"), MNIST.shape).preview
    assert preview.shape == (96, 96, 3)
    assert preview.dtype == np.uint8
    assert (preview == np.uint8([10, 200, 30])).all()


def test_decode_when_file_is_missing_says_so(tmp_path):
    assert status_of(tmp_path / "absent") is PictureStatus.FILE_NOT_READABLE


def test_decode_when_file_is_empty_says_so(tmp_path):
    (tmp_path / "0").write_bytes(b"")
    assert status_of(tmp_path / "0") is PictureStatus.EMPTY_FILE


@every(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
        b"<!DOCTYPE html><img src=x onerror=alert(1)>",
        b"%PDF-1.7 ...",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"\x00\x00\x01\x00\x01\x00",
        b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00",
        b"8BPS\x00\x01",
        b"P6 1 1 255 \x00\x00\x00",
        b"PK\x03\x04",
        b"x",
    ],
    ids=["svg", "html", "pdf", "eps", "ico", "avif", "psd", "ppm", "zip", "one-byte"],
)
def test_decode_when_format_is_not_read_here_says_so(tmp_path, content):
    (tmp_path / "3.png").write_bytes(content)
    assert status_of(tmp_path / "3.png") is PictureStatus.UNKNOWN_FORMAT


@every("picture_format", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
@every("share", [0.3, 0.7])
def test_decode_when_cut_off_says_truncated(tmp_path, picture_format, share):
    stored = BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(stored, picture_format)
    content = stored.getvalue()
    (tmp_path / "0").write_bytes(content[: int(share * len(content))])
    assert status_of(tmp_path / "0") is PictureStatus.TRUNCATED


@every("head", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"RIFF\x04\x00\x00\x00WEBP"])
def test_decode_when_only_the_head_is_right_is_refused(tmp_path, head):
    (tmp_path / "0").write_bytes(head + b"\x00" * 40)
    assert status_of(tmp_path / "0") in {PictureStatus.TRUNCATED, PictureStatus.DECODE_FAILED}


@every("seed", range(30))
def test_decode_when_bytes_are_damaged_raises_nothing_else(tmp_path, seed):
    rng = np.random.default_rng(seed)
    stored = BytesIO()
    picture_format = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "HEIF")[seed % 7]
    Image.fromarray(GREY).convert("RGB").save(stored, picture_format)
    content = bytearray(stored.getvalue())
    for place in rng.integers(12, len(content), 12):
        content[place] = rng.integers(0, 256)
    (tmp_path / "0").write_bytes(bytes(content))
    with contextlib.suppress(PictureError):
        assert np.isfinite(decode_picture(tmp_path / "0", MNIST.shape).pixels).all()


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@every("width, height", [(60_000, 60_000), (8_000, 7_000)])
def test_decode_when_header_announces_too_many_pixels_refuses_before_decoding(tmp_path, width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header)
    content += _png_chunk(b"IDAT", zlib.compress(b"\x00" * 100)) + _png_chunk(b"IEND", b"")
    (tmp_path / "0").write_bytes(content)
    assert status_of(tmp_path / "0") is PictureStatus.TOO_LARGE


def test_decode_when_a_page_follows_the_picture_reads_only_the_picture(tmp_path):
    path = save(tmp_path / "0", Image.fromarray(GREY), "PNG")
    path.write_bytes(path.read_bytes() + b"<script>alert(1)</script>")
    np.testing.assert_allclose(decode_picture(path, MNIST.shape).pixels[..., 0], EXPECTED, atol=0.5 / 255)


def test_decode_error_carries_no_text_of_the_library(tmp_path):
    (tmp_path / "0").write_bytes(b"\x89PNG\r\n\x1a\n" + b"secret" * 9)
    with pytest.raises(PictureError) as caught:
        decode_picture(tmp_path / "0", MNIST.shape)
    assert str(caught.value) == caught.value.status.name
