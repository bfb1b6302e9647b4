"""What a picture's first bytes and its end tell."""

from grader.images.codes import PictureFormat, ends_early, sniff_format
from tests.loops import every


@every(
    "head, expected",
    [
        (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
        (b"\x89PNG\n\x1a\n", PictureFormat.UNKNOWN),
        (b"\xff\xd8\xff\xe0", PictureFormat.JPEG),
        (b"GIF89a", PictureFormat.GIF),
        (b"GIF88a", PictureFormat.UNKNOWN),
        (b"MM\x00*", PictureFormat.TIFF),
        (b"BM", PictureFormat.BMP),
        (b"RIFF\x00\x00\x00\x00WEBP", PictureFormat.WEBP),
        (b"RIFF\x00\x00\x00\x00WAVE", PictureFormat.UNKNOWN),
        (b"\x00\x00\x00\x18ftypheic", PictureFormat.HEIF),
        (b"\x00\x00\x00\x18ftypisom", PictureFormat.UNKNOWN),
        (b"", PictureFormat.UNKNOWN),
    ],
)
def test_sniff_when_given_first_bytes_names_the_format(head, expected):
    assert sniff_format(head) is expected


def test_ends_early_when_the_announced_end_is_there_is_false():
    assert not ends_early(b"\x89PNG....IEND....", PictureFormat.PNG)
    assert ends_early(b"\x89PNG....IE", PictureFormat.PNG)
    assert not ends_early(b"RIFF\x04\x00\x00\x00WEBP", PictureFormat.WEBP)
    assert ends_early(b"RIFF\x05\x00\x00\x00WEBP", PictureFormat.WEBP)
