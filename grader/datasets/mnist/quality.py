"""What was measured on the way → named quality measures and flags."""

from collections.abc import Mapping

from grader.images.codes import NO_FLAGS, QUALITY_NAMES, PictureFlag

BLANK_CONTRAST = 0.045
"""Contrast, in [0, 1], below which nothing counts as ink; the palest real digits have 0.1."""

LOW_CONTRAST = 0.25
"""Contrast below which the picture is called pale."""

MANY_PIECES = 3
"""More pieces than this are many: a digit has one to three."""

UNEVEN = 0.25
"""Border unevenness from which the background is called uneven, in [0, 1]."""

NOISY = 0.2
"""Standard deviation of the background in units of the ink from which the background is called uneven."""

BROAD_STROKE = 6.5
"""Stroke width, in pixels of the 20-pixel box, above which a shape is hardly drawn with a pen."""

ROUGH, CLUTTER = 0.06, 20
"""A background whose standard deviation, in [0, 1], and number of pieces left out are both above these shows
a scene and not paper."""


def quality(**measures: float) -> Mapping[str, float]:
    """Return the measures in their fixed order, 0 for those that could not be taken.

    contrast: ink against background in [0, 1]. background_unevenness: largest deviation of the border's
    segments from its median in [0, 1]. noise: standard deviation of the background in units of the ink.
    ink_share: share of the picture's pixels with ink. box_height_share, box_width_share: the digit's box as a
    share of the picture. pieces: connected pieces of the digit. pieces_dropped: pieces left out.
    stroke_width, stroke_width_before: in pixels of the 20-pixel box. fill: share of the digit's box covered
    by ink. offset_right, offset_down: center of the digit's box from the picture's center, as a share of the
    picture. ink_is_light: 1 for light ink on a darker ground.
    """
    return {name: float(measures.get(name, 0.0)) for name in QUALITY_NAMES}


def judge(measures: Mapping[str, float], *, touches_edge: bool, stands_several: bool) -> PictureFlag:
    """Return the flags that follow from the measures.

    Args:
        measures: from `quality`.
        touches_edge: whether the digit reaches the edge of the picture.
        stands_several: whether several digits stand side by side.
    """
    flags = NO_FLAGS
    if touches_edge:
        flags |= PictureFlag.TOUCHES_BORDER
    if stands_several:
        flags |= PictureFlag.SEVERAL_DIGITS
    if measures["contrast"] < LOW_CONTRAST:
        flags |= PictureFlag.LOW_CONTRAST
    if measures["pieces"] > MANY_PIECES and not stands_several:
        flags |= PictureFlag.MANY_PIECES
    if measures["background_unevenness"] > UNEVEN or measures["noise"] > NOISY:
        flags |= PictureFlag.UNEVEN_BACKGROUND
    roughness = measures["noise"] * measures["contrast"]
    cluttered = roughness > ROUGH and measures["pieces_dropped"] > CLUTTER
    if measures["stroke_width_before"] > BROAD_STROKE or cluttered:
        flags |= PictureFlag.NOT_A_DIGIT
    return flags
