"""Digits drawn from pen movements: ways of writing that MNIST, written in the United States, hardly holds.

A prototype is one way of writing a digit: strokes given by points that a smooth curve passes through. Each
drawn digit moves the points a little, slants, stretches and turns the whole, varies pen width and pressure,
and places the result as MNIST does: longer side 20 pixels, center of mass in the middle of 28x28.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Stroke = tuple[tuple[float, float], ...]
"""Points in the order of writing: x right, y down, the digit 1 high. A point given twice is a corner."""

_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, kw_only=True)
class Prototype:
    """One way of writing a digit."""

    name: str
    """What is special about it."""
    weight: float
    """How often it is drawn, against the digit's other prototypes."""
    strokes: tuple[Stroke, ...]
    """In the order of writing."""


@cache
def prototypes() -> tuple[tuple[Prototype, ...], ...]:
    """Return the ways of writing each digit, by digit."""
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(
        tuple(
            Prototype(
                name=way["name"], weight=way["weight"], strokes=tuple(map(parse_stroke, way["strokes"]))
            )
            for way in tables[name]
        )
        for name in _NAMES
    )


def parse_stroke(text: str) -> Stroke:
    """Return "x,y x,y ..." as points; a point followed by "!" comes twice."""
    points: list[tuple[float, float]] = []
    for word in text.split():
        x, y = word.rstrip("!").split(",")
        points += [(float(x), float(y))] * (2 if word.endswith("!") else 1)
    return tuple(points)


Floats = npt.NDArray[np.float32]

SIDE = 28
"""Side of a drawn digit in pixels."""

BOX = 20.0
"""Longer side of the digit's frame in pixels; MNIST's convention."""

CLASS_SHARES = (0.06, 0.20, 0.06, 0.06, 0.15, 0.07, 0.06, 0.12, 0.06, 0.16)
"""How much of the drawn digits is 0, 1, ... 9: most where ways of writing differ most between countries."""

_PER_SPAN = 5
"""Points drawn between two given ones."""

_BATCH = 256
"""Digits drawn at once; bounds the memory to some 100 MB."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Curve:
    """A prototype as a linear map from its given points to the points drawn."""

    points: Floats
    """(k, 2): x right, y down; the digit is 1 high."""
    basis: Floats
    """(m, k)."""
    pen_down: npt.NDArray[np.bool_]
    """(m - 1,): whether the pen draws from a point to the next."""


def draw_digits(n: int, random: np.random.Generator) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Draw `n` digits, in shares of `CLASS_SHARES`.

    Args:
        n: how many; rounding may give a class one more than its share.
        random: source of all variation.

    Returns:
        Images, float32, (n, 28, 28), ink 1 on background 0; labels, uint8, (n,); ordered by prototype.
    """
    images: list[Floats] = []
    labels: list[int] = []
    bounds = np.rint(n * np.cumsum((0, *CLASS_SHARES))).astype(int).tolist()
    for digit, ways in enumerate(prototypes()):
        n_digit = bounds[digit + 1] - bounds[digit]
        weights = np.array([way.weight for way in ways])
        shares = random.multinomial(n_digit, weights / weights.sum()).tolist()
        for way, n_drawn in zip(ways, shares, strict=True):
            curve = _curve(way.strokes)
            sizes = [min(_BATCH, n_drawn - start) for start in range(0, n_drawn, _BATCH)]
            images += [_draw(curve, size, random) for size in sizes]
            labels += [digit] * n_drawn
    return np.concatenate(images), np.array(labels, np.uint8)


def _curve(strokes: tuple[Stroke, ...]) -> _Curve:
    """Join the strokes; where a point is given twice, the curve has a corner."""
    points = np.array([point for stroke in strokes for point in stroke], np.float32)
    rows: list[Floats] = []
    pen_down: list[bool] = []
    offset = 0
    for stroke in strokes:
        corners = [i for i in range(1, len(stroke)) if stroke[i] == stroke[i - 1]]
        stroke_rows: list[Floats] = []
        for start, stop in zip([0, *corners], [*corners, len(stroke)], strict=True):
            stroke_rows += _catmull_rom(offset + start, stop - start, len(points))
        pen_down += [False] * bool(rows) + [True] * (len(stroke_rows) - 1)
        rows += stroke_rows
        offset += len(stroke)
    return _Curve(points=points, basis=np.stack(rows), pen_down=np.array(pen_down))


def _catmull_rom(first: int, n: int, n_all: int) -> list[Floats]:
    """Return the basis rows of a Catmull-Rom spline through points `first` to `first + n - 1` of `n_all`.

    Source: Catmull & Rom 1974; beyond the ends the points are mirrored.
    """

    def unit(i: int) -> Floats:
        row = np.zeros(n_all, np.float32)
        if i < 0:
            row[first], row[first + 1] = 2, -1
        elif i >= n:
            row[first + n - 1], row[first + n - 2] = 2, -1
        else:
            row[first + i] = 1
        return row

    rows: list[Floats] = []
    for span in range(n - 1):
        before, left, right, after = (unit(span + i) for i in (-1, 0, 1, 2))
        linear = right - before
        square = 2 * before - 5 * left + 4 * right - after
        cubic = 3 * left - before - 3 * right + after
        rows += [
            (left + (linear * t + square * t**2 + cubic * t**3) / 2).astype(np.float32)
            for t in np.arange(_PER_SPAN) / _PER_SPAN
        ]
    return [*rows, unit(n - 1)]


def _draw(curve: _Curve, n: int, random: np.random.Generator) -> Floats:
    """Draw one prototype `n` times: float32 (n, 28, 28)."""
    points = _moved_points(curve, n, random)
    pen_down = np.broadcast_to(curve.pen_down, (n, len(curve.pen_down))).copy()
    _lift_pen(pen_down, random)
    radii = _radii(points, random)
    points, radii = _placed(points, radii, pen_down)
    return _inked(points, radii, pen_down)


def _moved_points(curve: _Curve, n: int, random: np.random.Generator) -> Floats:
    """Return the drawn points (n, m, 2) with a hand's variation."""
    jitter = random.uniform(0.008, 0.055, (n, 1, 1)) * random.standard_normal((n, *curve.points.shape))
    for i in range(1, len(curve.points)):
        if np.array_equal(curve.points[i], curve.points[i - 1]):
            jitter[:, i] = jitter[:, i - 1]
    points = np.einsum("mk,nkd->nmd", curve.basis, curve.points + jitter)
    shaking = np.where(random.random((n, 1, 1)) < 0.3, random.uniform(0, 0.016, (n, 1, 1)), 0)
    points += shaking * random.standard_normal(points.shape)
    angle = np.radians(random.normal(0, 9, n))
    slant = random.normal(0.08, 0.22, n)
    width = np.exp(random.normal(0, 0.22, n))
    x = (points[..., 0] * width[:, None]) - points[..., 1] * slant[:, None]
    y = points[..., 1]
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1).astype(np.float32)


def _lift_pen(pen_down: npt.NDArray[np.bool_], random: np.random.Generator) -> None:
    """Make every tenth digit lose a short piece of its line, as pale pencils do."""
    n, n_segments = pen_down.shape
    starts = random.integers(0, n_segments, size=(n,))
    lengths = random.integers(1, 4, size=(n,)) * (random.random(n) < 0.1)
    at = np.arange(n_segments)
    pen_down &= ~((at >= starts[:, None]) & (at < (starts + lengths)[:, None]))


def _radii(points: Floats, random: np.random.Generator) -> Floats:
    """Return half the line's width at each point (n, m) in pixels: pen, pressure, broad nib."""
    n, m, _ = points.shape
    radius = np.clip(np.exp(random.normal(np.log(1.35), 0.3, (n, 1))), 0.55, 2.2)
    phase = random.uniform(0, 2 * np.pi, (n, 1)) + np.linspace(0, 1, m) * random.uniform(1, 9, (n, 1))
    pressure = 1 + random.uniform(0, 0.28, (n, 1)) * np.sin(phase)
    along = np.gradient(points, axis=1)
    direction = np.arctan2(along[..., 1], along[..., 0])
    is_broad = random.random((n, 1)) < 0.2
    nib = 1 + is_broad * 0.45 * np.cos(2 * (direction - random.uniform(0, np.pi, (n, 1))))
    return np.maximum(radius * pressure * nib, 0.45).astype(np.float32)


def _placed(points: Floats, radii: Floats, pen_down: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Scale to the box of 20 pixels and bring the center of mass to (14, 14), the middle of 28x28."""
    extent = np.ptp(points, axis=1).max(axis=1)
    scale = (BOX - 2 * radii.max(axis=1)) / extent
    points = points * scale[:, None, None]
    steps = np.diff(points, axis=1)
    mass = np.hypot(steps[..., 0], steps[..., 1]) * (radii[:, 1:] + radii[:, :-1]) * pen_down
    middles = (points[:, 1:] + points[:, :-1]) / 2
    center = (middles * mass[..., None]).sum(axis=1) / np.maximum(mass.sum(axis=1), 1e-6)[:, None]
    return points - center[:, None] + np.float32(SIDE / 2), radii


def _inked(points: Floats, radii: Floats, pen_down: npt.NDArray[np.bool_]) -> Floats:
    """Draw the lines: a pixel is as dark as the line covers it along the way to its nearest point."""
    n = len(points)
    at = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
    depth = np.full((n, SIDE, SIDE), -1, np.float32)
    for i in range(points.shape[1] - 1):
        start, step = points[:, i], points[:, i + 1] - points[:, i]
        length2 = np.maximum((step**2).sum(axis=1), 1e-9)
        dx = at[None, :] - start[:, :1]
        dy = at[None, :] - start[:, 1:]
        along = dx[:, None, :] * (step[:, 0] / length2)[:, None, None]
        along = along + (dy * (step[:, 1] / length2)[:, None])[:, :, None]
        np.clip(along, 0, 1, out=along)
        off_x = dx[:, None, :] - along * step[:, 0, None, None]
        off_y = dy[:, :, None] - along * step[:, 1, None, None]
        radius = radii[:, i, None, None] + along * (radii[:, i + 1] - radii[:, i])[:, None, None]
        inside = radius - np.sqrt(off_x * off_x + off_y * off_y)
        inside[~pen_down[:, i]] = -1
        np.maximum(depth, inside, out=depth)
    ink: Floats = np.clip(depth + np.float32(0.5), 0, 1)
    return ink
