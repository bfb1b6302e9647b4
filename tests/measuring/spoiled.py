"""Test images, white on black, spoiled in known ways, and read like any picture that is handed in."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from grader.core.diagnosis import Diagnosis, Explanation
from grader.core.evidence import STUDENT, SubjectEvidence
from grader.core.picture import Images, ImageSet, Picture
from grader.core.submission import LabelSource, Role
from grader.datasets.child import read_one
from grader.images.record import PictureRecord, parse_record
from grader.measuring.assembly import find_misses
from grader.measuring.diagnose import diagnose
from grader.measuring.search import Predict
from grader.models.adapters import Convention
from tests.digits import MNIST

Grey = npt.NDArray[np.float64]
"""(h, w) in [0, 1]."""
Spoil = Callable[[Grey], Grey]


def inverted(digit: Grey) -> Grey:
    return 1 - digit


def pale(digit: Grey) -> Grey:
    return 0.45 + 0.25 * digit


def off_center(digit: Grey) -> Grey:
    return ndimage.shift(digit, (4, -5), order=0)


def small(digit: Grey) -> Grey:
    return np.pad(digit, 28)


def wide(digit: Grey) -> Grey:
    """Three times as wide as high: a plain resize squeezes it."""
    return np.pad(digit, ((0, 0), (28, 28)))


def turned(digit: Grey) -> Grey:
    return np.rot90(digit)


def tilted(digit: Grey) -> Grey:
    return ndimage.rotate(digit, -35, reshape=False, order=1)


def mirrored(digit: Grey) -> Grey:
    return digit[:, ::-1]


def bold(digit: Grey) -> Grey:
    return ndimage.grey_dilation(digit, size=(5, 5))


def hair_line(digit: Grey) -> Grey:
    """Thin to lines of one pixel.

    Source: Zhang & Suen 1984, "A fast parallel algorithm for thinning digital patterns".
    """
    mask = digit > 0.4
    steps = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
    is_changing = True
    while is_changing:
        is_changing = False
        for first, second in (((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6))):
            near = [np.roll(mask, step, (0, 1)) for step in steps]
            count = np.sum(near, axis=0)
            starts = sum(~near[i] & near[(i + 1) % 8] for i in range(8))
            open_ = ~np.all([near[i] for i in first], axis=0) & ~np.all([near[i] for i in second], axis=0)
            taken = mask & (count >= 2) & (count <= 6) & (starts == 1) & open_
            mask, is_changing = mask & ~taken, is_changing or bool(taken.any())
    return mask.astype(np.float64)


ONE_WAY: Mapping[str, tuple[tuple[Spoil, ...], tuple[str, ...]]] = {
    "inverted": ((inverted,), ("polarity",)),
    "pale": ((pale,), ("contrast",)),
    "off center": ((off_center,), ("center",)),
    "small": ((small,), ("size",)),
    "wide": ((wide,), ("size",)),
    "turned by 90": ((turned,), ("upright",)),
    "tilted by 35": ((tilted,), ("upright",)),
    "mirrored": ((mirrored,), ("upright",)),
    "bold": ((bold,), ("stroke",)),
    "hair line": ((hair_line,), ("stroke",)),
}
"""How it is spoiled, and what repairs it."""

TWO_WAYS: Mapping[str, tuple[tuple[Spoil, ...], tuple[str, ...]]] = {
    "inverted, off center": ((off_center, inverted), ("polarity", "center")),
    "inverted, small": ((small, inverted), ("polarity", "size")),
    "inverted, pale": ((pale, inverted), ("polarity", "contrast")),
    "pale, off center": ((off_center, pale), ("contrast", "center")),
}


def spoil(digit: npt.NDArray[np.float32], ways: Sequence[Spoil]) -> Grey:
    """Return a digit (28, 28), ink 1 on 0, spoiled in every way, one after the other."""
    grey = digit.astype(np.float64)
    for way in ways:
        grey = way(grey)
    return grey


def hand_in(greys: Sequence[Grey], labels: Sequence[int]) -> ImageSet:
    """Return pictures as if they were read from PNG files."""
    records = [_read(grey) for grey in greys]
    return ImageSet(
        pictures=tuple(
            Picture(
                file=f"{index}.png",
                group=Role.PICTURE,
                label=int(label),
                label_source=LabelSource.NAME,
                index=index,
                width_pixels=record.width_pixels,
                height_pixels=record.height_pixels,
            )
            for index, (record, label) in enumerate(zip(records, labels, strict=True))
        ),
        normalized=np.array([each.normalized for each in records], np.float32).reshape(-1, 28, 28, 1),
        as_submitted=np.array([each.as_submitted for each in records], np.float32).reshape(-1, 28, 28, 1),
        previews=np.array([each.preview for each in records], np.uint8).reshape(-1, 96, 96, 3),
    )


def diagnosed(
    images: ImageSet,
    rows: npt.NDArray[np.integer],
    labels: npt.NDArray[np.integer],
    predict: Predict,
    predict_as_submitted: Predict,
    referee_predict: Predict,
    test_set_images: Images,
    test_set_labels: npt.NDArray[np.integer],
    *,
    convention: Convention,
) -> tuple[Diagnosis, ...]:
    """Let two networks read pictures, and find out why the first misread some of them."""
    subjects = {
        STUDENT: SubjectEvidence(
            normalized=predict(images.normalized), as_submitted=predict_as_submitted(images.as_submitted)
        ),
        "referee": SubjectEvidence(normalized=referee_predict(images.normalized)),
    }
    misses = find_misses(rows, labels, subjects, "referee")
    searched = [each for each in misses if each.is_searched]
    found = diagnose(
        images,
        [each.miss for each in searched],
        predict,
        predict_as_submitted,
        referee_predict,
        test_set_images,
        test_set_labels,
        convention=convention,
        is_explained=[each.is_complete for each in searched],
        dataset=MNIST,
    )
    explanations = [*found, *[Explanation()] * (len(misses) - len(searched))]
    pairs = zip(misses, explanations, strict=True)
    return tuple(Diagnosis.of(wanted.miss, explanation) for wanted, explanation in pairs)


def _read(grey: Grey) -> PictureRecord:
    stored = BytesIO()
    Image.fromarray(np.round(255 * np.clip(grey, 0, 1)).astype(np.uint8)).save(stored, "PNG")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "digit.png"
        path.write_bytes(stored.getvalue())
        return parse_record(read_one(path, MNIST.form), MNIST.shape)
