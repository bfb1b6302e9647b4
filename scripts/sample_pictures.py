"""MNIST digits → pictures that look like photos of paper, scans, paint drawings and chalk.

Every function is deterministic for a given generator. Pictures are made, not found: no
handwriting is in them but that of the writers of MNIST.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

_BLUE_INK = (28, 46, 120)
_BLACK_INK = (30, 28, 32)
_PAPER = (243, 240, 231)
_SLATE = (38, 52, 46)


def stroke(digit: Bytes, side_pixels: int, rng: np.random.Generator, *, tilt_degrees: float = 5.0) -> Floats:
    """Return a smooth stroke mask.

    Args:
        digit: uint8 (28, 28), ink 255 on background 0.
        side_pixels: side of the square result.
        rng: decides the tilt and the place.
        tilt_degrees: largest rotation to either side.

    Returns:
        float64 (side, side), 1 where there is ink.
    """
    large = Image.fromarray(digit).resize((side_pixels, side_pixels), Image.Resampling.BICUBIC)
    large = large.filter(ImageFilter.GaussianBlur(side_pixels / 60))
    large = large.rotate(float(rng.uniform(-tilt_degrees, tilt_degrees)), Image.Resampling.BICUBIC)
    edge = (np.asarray(large, dtype=np.float64) - 90) / 30
    return np.clip(edge + 0.5, 0, 1)


def _smooth_noise(shape: tuple[int, int], cells: int, rng: np.random.Generator) -> Floats:
    """Return noise in [-1, 1] that changes over 1/`cells` of the picture."""
    coarse = Image.fromarray(rng.integers(0, 256, (cells, cells), dtype=np.uint8))
    fine = coarse.resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(fine, dtype=np.float64) / 127.5 - 1


def _colored(ink: Floats, ink_color: tuple[int, int, int], paper: Floats) -> Image.Image:
    color = np.array(ink_color, dtype=np.float64)
    mixed = paper * (1 - ink[..., None]) + color * ink[..., None]
    return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))


def _perspective(picture: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    """Tilt a picture by moving its corners up to `strength` of its size inwards."""
    width, height = picture.size
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    inward = [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    rows, targets = [], []
    for (x, y), (sx, sy) in zip(corners, inward, strict=True):
        u = x + sx * float(rng.uniform(0, strength)) * width
        v = y + sy * float(rng.uniform(0, strength)) * height
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        targets += [u, v]
    coefficients = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(targets))
    return picture.transform(
        picture.size, Image.Transform.PERSPECTIVE, tuple(coefficients), Image.Resampling.BICUBIC
    )


def photo(digit: Bytes, rng: np.random.Generator, *, is_blue: bool) -> Image.Image:
    """Return a photo of pen on paper: shading, grain, perspective; RGB, 480 x 600 or 600 x 480."""
    height, width = (600, 480) if rng.random() < 0.5 else (480, 600)
    side = int(rng.integers(330, 420))
    ink = np.zeros((height, width))
    top = int(rng.integers(10, height - side - 10))
    left = int(rng.integers(10, width - side - 10))
    ink[top : top + side, left : left + side] = stroke(digit, side, rng)
    ink *= 0.9 + 0.1 * _smooth_noise(ink.shape, 40, rng)
    angle = float(rng.uniform(0, 2 * np.pi))
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 1 - 0.13 * (np.cos(angle) * x + np.sin(angle) * y) + 0.02 * _smooth_noise(ink.shape, 6, rng)
    grain = rng.normal(0, 2.0, (height, width, 1))
    paper = np.array(_PAPER, dtype=np.float64) * np.clip(light, 0.6, 1.04)[..., None] * 0.93 + grain
    return _perspective(_colored(ink, _BLUE_INK if is_blue else _BLACK_INK, paper), rng, 0.05)


def scan(digit: Bytes, rng: np.random.Generator) -> Image.Image:
    """Return a scan of pencil on grey-white paper: grey, 200 x 200."""
    pressure = 0.72 + 0.28 * _smooth_noise((200, 200), 80, rng)
    ink = stroke(digit, 200, rng, tilt_degrees=3) * np.clip(pressure, 0.35, 1)
    paper = 226 + 3 * _smooth_noise((200, 200), 5, rng) + rng.normal(0, 1.2, (200, 200))
    grey = paper * (1 - ink) + 104 * ink
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def drawing(digit: Bytes, rng: np.random.Generator, *, is_transparent: bool) -> Image.Image:
    """Return a drawing made with a hard brush: RGBA, 280 x 280, black on white or on nothing."""
    ink = stroke(digit, 280, rng, tilt_degrees=0) > 0.5
    pixels = np.zeros((280, 280, 4), dtype=np.uint8)
    if is_transparent:
        pixels[..., 3] = np.where(ink, 255, 0)
    else:
        pixels[...] = np.where(ink[..., None], (0, 0, 0, 255), 255)
    return Image.fromarray(pixels)


def chalk(digit: Bytes, rng: np.random.Generator) -> Image.Image:
    """Return chalk on a board, white on dark: RGB, 240 x 240."""
    grain = np.clip(0.78 + 0.5 * rng.normal(0, 0.5, (240, 240)), 0.25, 1)
    ink = stroke(digit, 240, rng) * grain
    board = np.array(_SLATE, dtype=np.float64) * (1 + 0.1 * _smooth_noise((240, 240), 4, rng))[..., None]
    return _colored(ink, (238, 238, 230), board)


def blend(first: Bytes, second: Bytes, share: float) -> Bytes:
    """Return a digit between two others; `share` is that of the first."""
    return np.clip(share * first.astype(np.float64) + (1 - share) * second, 0, 255).astype(np.uint8)


def accuracy_figure(training: list[float], validation: list[float]) -> Image.Image:
    """Return a plot of accuracy by epoch."""
    width, height, left, top, right, bottom = 560, 380, 70, 30, 540, 330
    picture = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(14)
    low = min(*training, *validation) - 0.01
    pen.rectangle((left, top, right, bottom), outline="black")
    for step in range(5):
        value = low + (1 - low) * step / 4
        y = bottom - (bottom - top) * step / 4
        pen.line((left - 5, y, left, y), fill="black")
        pen.text((8, y - 8), f"{value:.3f}", fill="black", font=font)
    for color, series, name, row in (
        ("#1f77b4", training, "training", 0),
        ("#ff7f0e", validation, "test", 1),
    ):
        points = [
            (
                left + 30 + (right - left - 60) * i / max(len(series) - 1, 1),
                bottom - (bottom - top) * (v - low) / (1 - low),
            )
            for i, v in enumerate(series)
        ]
        pen.line(points, fill=color, width=3)
        pen.text((right - 100, bottom - 50 + 20 * row), name, fill=color, font=font)
    pen.text((left + 150, bottom + 15), "epoch (accuracy upwards)", fill="black", font=font)
    return picture


def grid_figure(digits: Bytes, labels: list[int], predictions: list[int]) -> Image.Image:
    """Return 16 misread digits, four by four, each with "Label: 4, Prediction: 9" above."""
    cell_width, cell_height = 150, 130
    picture = Image.new("RGB", (4 * cell_width, 4 * cell_height), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(12)
    for i, (digit, label, prediction) in enumerate(zip(digits, labels, predictions, strict=True)):
        x, y = (i % 4) * cell_width, (i // 4) * cell_height
        pen.text((x + 8, y + 4), f"Label: {label}, Prediction: {prediction}", fill="black", font=font)
        picture.paste(Image.fromarray(digit).resize((100, 100), Image.Resampling.NEAREST), (x + 25, y + 24))
    return picture
