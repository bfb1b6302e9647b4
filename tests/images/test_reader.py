"""Pictures through real locked children; a fake spawner stands in only where a process has to be lost."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from grader.core.submission import LabelSource, Role, SubmittedFile
from grader.datasets.child import read_one
from grader.images.reader import PICTURE_JOB, no_pictures, read_pictures
from grader.images.record import parse_record
from grader.sandbox.lock import Limits
from grader.sandbox.zygotes import ChildFailed, ChildFailure, LockedChild, Zygote
from tests.digits import MNIST
from tests.loops import every


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(PICTURE_JOB) as started:
        yield started


def submitted(path: Path, label: int = 1) -> SubmittedFile:
    return SubmittedFile(
        name=f"digits/{path.name}",
        role=Role.PICTURE,
        path=path,
        size_bytes=path.stat().st_size,
        sha256="0" * 64,
        label=label,
        label_source=LabelSource.NAME,
    )


def draw_one(path: Path) -> Path:
    picture = Image.new("L", (200, 200), 255)
    ImageDraw.Draw(picture).line((100, 30, 100, 170), fill=0, width=14)
    picture.save(path)
    return path


def test_read_when_some_files_are_bad_then_the_others_keep_their_rows(zygote: Zygote, tmp_path: Path) -> None:
    good, last = draw_one(tmp_path / "1.png"), draw_one(tmp_path / "9.png")
    (tmp_path / "2.png").write_bytes(good.read_bytes()[:100])
    (tmp_path / "3.png").write_bytes(b"")
    Image.new("L", (50, 50), 255).save(tmp_path / "4.png")
    files = [submitted(tmp_path / f"{n}.png") for n in (1, 2, 3, 4, 9)]
    images = read_pictures(files, zygote, MNIST.form)
    assert [picture.index for picture in images.pictures] == [0, None, None, None, 1]
    assert images.normalized.shape == (2, 28, 28, 1)
    assert np.array_equal(images.normalized[0], images.normalized[1])
    assert {finding.file: finding.slug for finding in images.findings} == {
        "digits/2.png": "picture-truncated",
        "digits/3.png": "picture-empty-file",
        "digits/4.png": "picture-blank",
    }
    assert last.exists()


def test_read_when_there_is_nothing_then_the_arrays_are_empty(zygote: Zygote) -> None:
    images = read_pictures([], zygote, MNIST.form)
    assert images.normalized.shape == no_pictures(MNIST.shape).normalized.shape == (0, 28, 28, 1)
    assert images.previews.shape == (0, 96, 96, 3)


class FailsFirst:
    """Opens real children, but the first one is reported as having ended in a given way."""

    def __init__(self, zygote: Zygote, failure: ChildFailure) -> None:
        self._zygote = zygote
        self._failure: ChildFailure | None = failure

    def open(self, limits: Limits, readable: Sequence[str | Path] = ()) -> LockedChild:
        child = self._zygote.open(limits, readable)
        failure, self._failure = self._failure, None
        if failure is not None:

            def receive(length: int) -> bytes:
                raise ChildFailed(failure)

            child.receive = receive  # type: ignore[method-assign]
        return child


@every(
    "failure, slug",
    [
        (ChildFailure.TIMEOUT, "picture-timeout"),
        (ChildFailure.KILLED, "picture-killed"),
        (ChildFailure.FORBIDDEN, "picture-forbidden"),
        (ChildFailure.CRASHED, "picture-crashed"),
        (ChildFailure.BAD_ANSWER, "picture-bad-answer"),
    ],
)
def test_read_when_a_picture_ends_its_child_then_costs_only_itself(
    zygote: Zygote, tmp_path: Path, failure: ChildFailure, slug: str
) -> None:
    files = [submitted(draw_one(tmp_path / f"{n}.png")) for n in (1, 2, 3)]
    images = read_pictures(files, FailsFirst(zygote, failure), MNIST.form)
    assert [picture.index for picture in images.pictures] == [None, 0, 1]
    assert [(finding.file, finding.slug) for finding in images.findings] == [("digits/1.png", slug)]


def test_read_when_picture_after_picture_takes_too_long_then_the_rest_is_not_tried(
    zygote: Zygote, tmp_path: Path
) -> None:
    opened = []

    class AlwaysTooSlow(FailsFirst):
        def open(self, limits: Limits, readable: Sequence[str | Path] = ()) -> LockedChild:
            opened.append(limits)
            self._failure = ChildFailure.TIMEOUT
            return super().open(limits, readable)

    files = [submitted(draw_one(tmp_path / f"{n}.png")) for n in range(10)]
    images = read_pictures(files, AlwaysTooSlow(zygote, ChildFailure.TIMEOUT), MNIST.form)
    assert len(opened) == 3
    assert [(finding.file, finding.slug) for finding in images.findings] == [
        (f"digits/{n}.png", "picture-timeout") for n in range(10)
    ]


def test_read_when_the_helper_is_lost_again_and_again_then_no_picture_is_blamed(
    zygote: Zygote, tmp_path: Path
) -> None:
    class AlwaysLost(FailsFirst):
        def open(self, limits: Limits, readable: Sequence[str | Path] = ()) -> LockedChild:
            self._failure = ChildFailure.LOST
            return super().open(limits, readable)

    with pytest.raises(ChildFailed) as failed:
        read_pictures(
            [submitted(draw_one(tmp_path / "1.png"))], AlwaysLost(zygote, ChildFailure.LOST), MNIST.form
        )
    assert failed.value.failure is ChildFailure.LOST


def test_read_when_the_helper_was_lost_then_every_picture_is_read_after_all(
    zygote: Zygote, tmp_path: Path
) -> None:
    files = [submitted(draw_one(tmp_path / f"{n}.png")) for n in (1, 2)]
    images = read_pictures(files, FailsFirst(zygote, ChildFailure.LOST), MNIST.form)
    assert [picture.index for picture in images.pictures] == [0, 1]
    assert images.findings == ()


FORMATS = {
    "PNG": {},
    "JPEG": {"progressive": True},
    "BMP": {},
    "GIF": {},
    "WEBP": {},
    "TIFF": {"compression": "tiff_lzw"},
    "HEIF": {},
    "MPO": {"save_all": True},
}


def test_read_when_the_lock_is_on_then_every_format_reads_as_without_it(
    zygote: Zygote, tmp_path: Path
) -> None:
    files = []
    for name, options in FORMATS.items():
        picture = Image.new("RGB", (200, 200), (250, 240, 230))
        ImageDraw.Draw(picture).line((100, 30, 100, 170), fill=(10, 20, 60), width=14)
        exif = Image.Exif()
        exif[0x0112] = 6
        known = {"exif": exif} if name not in {"BMP", "GIF"} else {}
        picture.save(tmp_path / f"{name}.bin", name, **options, **known)
        files.append(submitted(tmp_path / f"{name}.bin"))
    images = read_pictures(files, zygote, MNIST.form)
    assert [picture.index for picture in images.pictures] == list(range(len(FORMATS)))
    for index, file in enumerate(files):
        record = parse_record(read_one(file.path, MNIST.form), MNIST.shape)
        assert np.array_equal(images.normalized[index], record.normalized), file.name
        assert np.array_equal(images.previews[index], record.preview), file.name
