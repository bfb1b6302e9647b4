"""An image set → one picture with a row for each: as handed in, only resized, normalized."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from grader.core.picture import PREVIEW_SIDE, ImageSet

_ENLARGED = 4
_GAP = 8


def before_and_after_png(images: ImageSet) -> bytes:
    """Return the sheet as a PNG file; pictures that could not be used have no row.

    Args:
        images: the pictures.
    """
    side = images.normalized.shape[1] * _ENLARGED
    width = PREVIEW_SIDE + 2 * side + 4 * _GAP
    height = max(len(images.normalized), 1) * (side + _GAP) + _GAP
    sheet = Image.new("RGB", (width, height), (128, 128, 128))
    for row in range(len(images.normalized)):
        top = _GAP + row * (side + _GAP)
        sheet.paste(Image.fromarray(images.previews[row]), (_GAP, top + (side - PREVIEW_SIDE) // 2))
        for column, image in enumerate((images.as_submitted[row], images.normalized[row])):
            left = PREVIEW_SIDE + 2 * _GAP + column * (side + _GAP)
            sheet.paste(_enlarged(image), (left, top))
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG")
    return buffer.getvalue()


def _enlarged(image: npt.NDArray[np.float32]) -> Image.Image:
    levels = np.rint(np.clip(image[..., 0], 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(levels.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1))
