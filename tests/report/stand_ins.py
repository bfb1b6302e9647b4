"""Digits made of strokes, and networks that compare with them; no data set and no model takes part."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from grader.core.evidence import STUDENT

Array = npt.NDArray[np.float32]

REFEREE = "referee"
LECTURE = "lecture-cnn-small"

STROKES: Mapping[int, Sequence[Sequence[tuple[float, float]]]] = {
    0: [
        [(0, -1), (0.6, -0.6), (0.65, 0), (0.6, 0.6), (0, 1), (-0.6, 0.6), (-0.65, 0), (-0.6, -0.6), (0, -1)]
    ],
    1: [[(-0.3, -0.6), (0.05, -1), (0.05, 1)]],
    2: [[(-0.55, -0.55), (-0.2, -0.95), (0.3, -0.95), (0.55, -0.5), (0.3, 0), (-0.6, 0.95), (0.65, 0.95)]],
    3: [[(-0.5, -0.9), (0.2, -1), (0.5, -0.6), (0.1, -0.05), (0.55, 0.4), (0.2, 0.95), (-0.5, 0.85)]],
    4: [[(0.3, 1), (0.3, -1), (-0.6, 0.35), (0.65, 0.35)]],
    5: [[(0.5, -0.95), (-0.4, -0.95), (-0.45, -0.1), (0.2, -0.2), (0.55, 0.3), (0.2, 0.9), (-0.5, 0.85)]],
    6: [[(0.4, -1), (-0.3, -0.4), (-0.5, 0.4), (0, 0.95), (0.5, 0.5), (0.1, 0), (-0.45, 0.3)]],
    7: [[(-0.6, -0.95), (0.6, -0.95), (-0.1, 1)]],
    8: [
        [
            (0, -0.05),
            (-0.45, -0.5),
            (0, -1),
            (0.45, -0.5),
            (0, -0.05),
            (-0.55, 0.45),
            (0, 1),
            (0.55, 0.45),
            (0, -0.05),
        ]
    ],
    9: [[(0.45, -0.4), (0, -0.05), (-0.45, -0.5), (0, -1), (0.45, -0.5), (0.35, 0.3), (0.1, 1)]],
}


def draw_digit(
    digit: int,
    *,
    side: int = 28,
    scale: float = 9.0,
    angle: float = 0.0,
    dx: float = 0.0,
    dy: float = 0.0,
    wobble: int = 0,
    width: float = 1.1,
    roughness: float = 0.1,
) -> Array:
    """Return (side, side) float32, ink 1 on background 0; strokes turned counter-clockwise, then moved."""
    rng = np.random.default_rng(wobble)
    turn = np.deg2rad(angle)
    cos, sin = np.cos(turn), np.sin(turn)
    ends = []
    for stroke in STROKES[digit]:
        points = np.array(stroke) + (rng.normal(0, roughness, (len(stroke), 2)) if wobble else 0.0)
        x = scale * (cos * points[:, 0] + sin * points[:, 1]) + (side - 1) / 2 + dx
        y = scale * (-sin * points[:, 0] + cos * points[:, 1]) + (side - 1) / 2 + dy
        ends.append(np.stack([x[:-1], y[:-1], x[1:], y[1:]]))
    x0, y0, x1, y1 = np.concatenate(ends, axis=1)[..., np.newaxis, np.newaxis]
    grid_y, grid_x = np.mgrid[0:side, 0:side]
    length = np.maximum((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9)
    t = np.clip(((grid_x - x0) * (x1 - x0) + (grid_y - y0) * (y1 - y0)) / length, 0, 1)
    nearest = np.hypot(grid_x - x0 - t * (x1 - x0), grid_y - y0 - t * (y1 - y0)).min(axis=0)
    return np.clip(width + 0.6 - nearest, 0, 1).astype(np.float32)


def _unit(images: Sequence[Array]) -> Array:
    flat = np.stack([image.ravel() for image in images]) + 1e-6
    return (flat / np.linalg.norm(flat, axis=1, keepdims=True)).astype(np.float32)


@cache
def _templates(kind: str) -> Array:
    """Return (10, m, 784): what each class looks like to a network."""
    angles, moves, widths = {
        STUDENT: ((0.0,), ((0, 0),), (1.1,)),
        LECTURE: ((-12.0, 0.0, 12.0), ((0, 0), (1, 0), (0, 1)), (1.1, 1.8)),
        REFEREE: (
            tuple(range(-50, 51, 10)),
            tuple((x, y) for x in (-3, -1, 0, 1, 3) for y in (-3, -1, 0, 1, 3)),
            (1.1,),
        ),
    }[kind]
    return np.stack(
        [
            _unit(
                [
                    draw_digit(d, angle=a, dx=x, dy=y, width=w)
                    for a in angles
                    for x, y in moves
                    for w in widths
                ]
            )
            for d in range(10)
        ]
    )


def read(kind: str, images: Sequence[Array]) -> Array:
    """Return probabilities (n, 10) of a stand-in network that compares with templates."""
    flat = _unit(images)
    scores = np.stack([(flat @ templates.T).max(axis=1) for templates in _templates(kind)], axis=1)
    powers = np.exp(25 * (scores - scores.max(axis=1, keepdims=True)))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
