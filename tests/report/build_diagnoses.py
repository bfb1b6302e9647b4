"""Why the stand-in network misread pictures, as the grader would have found out."""

from collections.abc import Sequence

import numpy as np

from grader.core.diagnosis import Cause, Diagnosis, NearestDigits
from grader.core.picture import ImageSet
from tests.report.stand_ins import Array, draw_digit


def make_diagnoses(
    images: ImageSet, labels: Sequence[int], student: tuple[Array, Array], referee: Array
) -> tuple[Diagnosis, ...]:
    """Return a diagnosis of each misread picture.

    Args:
        images: the pictures, the labelled ones first.
        labels: of these.
        student: probabilities on the pictures as handed in, and normalized.
        referee: probabilities on the normalized pictures.
    """
    submitted, normalized = student
    return tuple(
        _diagnosis(images, index, label, (submitted[index], normalized[index]), int(referee[index].argmax()))
        for index, label in enumerate(labels)
        if submitted[index].argmax() != label or normalized[index].argmax() != label
    )


def occlusion(row: int, column: int, change: float) -> np.ndarray:
    """Return a map with one hill."""
    y, x = np.mgrid[0:22, 0:22]
    return (change * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 12)).astype(np.float32)


def nearest(digit: int, distance: float) -> NearestDigits:
    """Return three digits of a class."""
    return NearestDigits(
        digit=digit,
        rows=(3, 1, 4),
        distances=(distance, distance + 0.5, distance + 1),
        pictures=np.stack(
            [
                np.rint(255 * draw_digit(digit, wobble=50 + n, roughness=0.1)).astype(np.uint8)
                for n in range(3)
            ]
        ),
    )


def _diagnosis(
    images: ImageSet, index: int, label: int, student: tuple[Array, Array], referee: int
) -> Diagnosis:
    submitted, normalized = student
    reads_submitted, reads_normalized = submitted.argmax() == label, normalized.argmax() == label
    where = (submitted if reads_normalized else normalized).copy()
    lead = float(where[label])
    where[label] = -1
    competitor = int(where.argmax())
    before = normalized if reads_submitted else submitted
    if reads_normalized and referee == label:
        verdict, repairs, amounts = Cause.PICTURE, ("polarity", "center") if label % 2 else ("polarity",), {}
    elif referee == label:
        verdict, repairs, amounts = Cause.MODEL, ("cleaning", "shift"), {"dx_pixels": 1.0, "dy_pixels": 0.0}
    else:
        verdict, repairs, amounts = Cause.CONTESTED, (), {}
    return Diagnosis(
        index=index,
        label=label,
        verdict=verdict,
        reads_as_submitted=bool(reads_submitted),
        reads_normalized=bool(reads_normalized),
        competitor=competitor,
        margin=lead - float(where[competitor]),
        repairs=repairs,
        amounts=amounts,
        prediction_before=int(before.argmax()),
        confidence_before=float(before.max()),
        prediction_after=label if repairs else None,
        confidence_after=0.81 if repairs else None,
        variants_tried=32,
        variants_right=7 if repairs else 0,
        repaired=np.rint(255 * images.normalized[index, :, :, 0]).astype(np.uint8) if repairs else None,
        occlusion=None if reads_normalized else occlusion(4, 15, 0.6),
        nearest=() if reads_normalized else (nearest(competitor, 4.25), nearest(label, 5.5)),
    )
