"""Digits drawn with lines and arcs by Pillow: pictures whose content every test knows."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

STROKES = {
    0: [("arc", (0.2, 0.05, 0.8, 0.95), 0, 360)],
    1: [("line", (0.5, 0.05, 0.5, 0.95))],
    2: [("arc", (0.2, 0.05, 0.8, 0.55), 180, 400), ("line", (0.72, 0.46, 0.2, 0.93, 0.82, 0.93))],
    3: [("arc", (0.2, 0.05, 0.75, 0.5), 200, 450), ("arc", (0.2, 0.48, 0.8, 0.95), 270, 520)],
    4: [("line", (0.6, 0.95, 0.6, 0.05, 0.15, 0.65, 0.85, 0.65))],
    5: [("line", (0.75, 0.07, 0.3, 0.07, 0.27, 0.45)), ("arc", (0.18, 0.4, 0.8, 0.95), 230, 500)],
    7: [("line", (0.15, 0.07, 0.85, 0.07, 0.4, 0.95))],
    8: [("arc", (0.28, 0.05, 0.72, 0.46), 0, 360), ("arc", (0.2, 0.46, 0.8, 0.95), 0, 360)],
}
"""Polylines (x, y, ...) and arcs (box, from, to in degrees) in the unit square."""


def ink(digit: int, *, side: int = 120, width: int = 8, margin: int = 30) -> npt.NDArray[np.float32]:
    """Return a digit as (side + 2 * margin, same) in [0, 1], ink 1, anti-aliased."""
    image = Image.new("L", (4 * side, 4 * side))
    draw = ImageDraw.Draw(image)
    for kind, points, *angles in STROKES[digit]:
        scaled = [4 * side * value for value in points]
        if kind == "arc":
            draw.arc(scaled, *angles, fill=255, width=4 * width)
        else:
            draw.line(scaled, fill=255, width=4 * width, joint="curve")
    small = np.asarray(image.resize((side, side), Image.Resampling.BOX), dtype=np.float32) / 255
    return np.pad(small, margin)


def colored(
    values: npt.NDArray[np.float32], *, pen: tuple[float, float, float], paper: tuple[float, float, float]
) -> npt.NDArray[np.float32]:
    """Return ink (h, w) as pixels (h, w, 3) in the given colors."""
    share = values[..., None]
    return (share * np.float32(pen) + (1 - share) * np.float32(paper)).astype(np.float32)


def black_on_white(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return ink (h, w) as pixels (h, w, 3), black on white."""
    return colored(values, pen=(0, 0, 0), paper=(1, 1, 1))


def likeness(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Return the largest cosine of two pictures within a shift of one pixel; 1 for equal ones."""
    a = one[..., 0].astype(np.float64)
    shifted = (np.roll(other[..., 0], (dy, dx), axis=(0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
    return max(float((a * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b))) for b in shifted)
