"""Why the stand-in network misread pictures, as the grader would have found out."""

import numpy as np

from grader.core.diagnosis import Explanation, Miss, NearestImages
from tests.report.stand_ins import draw_digit

TEST_IMAGES = {
    10 * digit + n: np.rint(255 * draw_digit(digit, wobble=50 + n, roughness=0.1)).astype(np.uint8)[..., None]
    for digit in range(10)
    for n in range(3)
}
"""Three test images of each class, by row."""


def explain(miss: Miss) -> Explanation:
    """Return what came of asking about a misread picture; its digit serves as the repaired picture."""
    repairs: tuple[str, ...] = ()
    amounts = {}
    if miss.reads_normalized and miss.is_read_by_referee:
        repairs = ("polarity", "center") if miss.label % 2 else ("polarity",)
    elif miss.is_read_by_referee:
        repairs, amounts = ("cleaning", "shift"), {"dx_pixels": 1.0, "dy_pixels": 0.0}
    near = ((miss.competitor, 4.25), (miss.label, 5.5))
    return Explanation(
        repairs=repairs,
        amounts=amounts,
        confidence_after=0.81 if repairs else None,
        variants_tried=32,
        variants_right=7 if repairs else 0,
        repaired=TEST_IMAGES[10 * miss.label][..., 0] if repairs else None,
        occlusion=None if miss.reads_normalized else occlusion(4, 15, 0.6),
        nearest=() if miss.reads_normalized else tuple(nearest(*each) for each in near),
    )


def occlusion(row: int, column: int, change: float) -> np.ndarray:
    """Return a map with one hill."""
    y, x = np.mgrid[0:22, 0:22]
    return (change * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 12)).astype(np.float16)


def nearest(label: int, distance: float) -> NearestImages:
    """Return three test images of a class."""
    rows = tuple(10 * label + n for n in range(3))
    return NearestImages(label=label, rows=rows, distances=(distance, distance + 0.5, distance + 1))
