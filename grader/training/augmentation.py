"""Digits → the same digits as other pens, hands and cameras give them; only for training the referee.

All transforms work on whole batches; each digit is resampled once, so that nothing blurs twice.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SIDE = 28
"""Side of an image in pixels."""

LARGEST_ANGLE_DEGREES = 37.0
"""Rotation either way; the measured grid ends at 30."""

LARGEST_SHIFT_PIXELS = 4.0
"""Shift either way along each axis; the measured grid ends at 3."""

_BATCH = 2000
"""Images transformed at once; bounds the memory to some 150 MB."""

_ELASTIC_NODES = 5
"""Nodes along each side of the grid on which elastic displacements are drawn."""


def augment(images: Floats, random: np.random.Generator, *, wide_share: float) -> Floats:
    """Return one transformed copy of each image.

    Args:
        images: float32, (n, 28, 28), ink 1 on background 0.
        random: source of all variation.
        wide_share: share of the images that turn and shift over the whole range; the others move little, as
            handwriting does.

    Returns:
        float32, (n, 28, 28), values in [0, 1].
    """
    parts = [
        _augment_batch(images[start : start + _BATCH], random, wide_share)
        for start in range(0, len(images), _BATCH)
    ]
    return np.concatenate(parts) if parts else images.copy()


def _augment_batch(images: Floats, random: np.random.Generator, wide_share: float) -> Floats:
    images = images.copy()
    n = len(images)

    def some(share: float) -> npt.NDArray[np.int64]:
        return np.flatnonzero(random.random(n) < share)

    jagged = some(0.10)
    images[jagged] = images[jagged] > random.uniform(0.2, 0.65, (len(jagged), 1, 1))
    thicker = some(0.14)
    images[thicker] = thicken(images[thicker])
    thicker = some(0.03)
    images[thicker] = thicken(thicken(images[thicker]))
    thinner = some(0.14)
    images[thinner] = thin(images[thinner], random.uniform(0.3, 1, (len(thinner), 1, 1)).astype(np.float32))
    images = warp(images, random, wide_share)
    jagged = some(0.06)
    images[jagged] = images[jagged] > random.uniform(0.25, 0.6, (len(jagged), 1, 1))
    blurred = some(0.08)
    images[blurred] = blur(images[blurred])
    gapped = some(0.05)
    images[gapped] *= gaps(len(gapped), random)
    noisy = some(0.08)
    noise = random.standard_normal((len(noisy), SIDE, SIDE), np.float32)
    images[noisy] += noise * random.uniform(0, 0.12, (len(noisy), 1, 1)).astype(np.float32)
    gain = np.exp(random.normal(0.05, 0.25, (n, 1, 1))).astype(np.float32)
    result: Floats = np.clip(images * gain, 0, 1)
    return result


def warp(images: Floats, random: np.random.Generator, wide_share: float) -> Floats:
    """Rotate, scale, shear, bend and shift each image, bilinear, uncovered parts 0; see `augment`."""
    n = len(images)
    wide = random.random(n) < wide_share
    angle = np.where(wide, random.uniform(-1, 1, n) * LARGEST_ANGLE_DEGREES, random.normal(0, 7, n))
    shift = np.where(
        wide[:, None],
        random.uniform(-1, 1, (n, 2)) * LARGEST_SHIFT_PIXELS,
        random.normal(0, 0.8, (n, 2)),
    )
    scale = random.uniform(0.76, 1.15, n)
    aspect = np.exp(random.normal(0, 0.1, n))
    shear = random.normal(0, np.where(wide, 0.06, 0.12))
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    stretch = np.zeros((n, 2, 2), np.float64)
    stretch[:, 0, 0], stretch[:, 1, 1], stretch[:, 0, 1] = 1 / (scale * aspect), aspect / scale, shear
    to_source = stretch @ turn

    axis = np.arange(SIDE) - (SIDE - 1) / 2
    y, x = np.meshgrid(axis, axis, indexing="ij")
    target = np.stack([x.ravel(), y.ravel()]).astype(np.float32)
    source = to_source.astype(np.float32) @ (target[None] - shift[:, :, None].astype(np.float32))
    nodes = random.standard_normal((n, 2, _ELASTIC_NODES**2), np.float32)
    strength = random.uniform(0, 1.3, (n, 1, 1)).astype(np.float32)
    source += strength * (nodes @ _elastic_basis())
    parameter_sets: Floats = source + np.float32((SIDE - 1) / 2)
    return sample(images, parameter_sets)


def sample(images: Floats, parameter_sets: Floats) -> Floats:
    """Return `images` (n, 28, 28) read bilinearly at `places` (n, 2, 784), x and y; outside is 0."""
    n, side = len(images), SIDE + 3
    padded = np.zeros((n, side, side), np.float32)
    padded[:, 1 : SIDE + 1, 1 : SIDE + 1] = images
    flat = padded.reshape(-1)
    parameter_sets = np.clip(parameter_sets + 1, 0, SIDE + 1)
    left_top = parameter_sets.astype(np.int32)
    part = parameter_sets - left_top.astype(np.float32)
    index = left_top[:, 1] * side + left_top[:, 0] + (np.arange(n, dtype=np.int32) * side**2)[:, None]
    part_x, part_y = part[:, 0], part[:, 1]
    top = flat[index] * (1 - part_x) + flat[index + 1] * part_x
    bottom = flat[index + side] * (1 - part_x) + flat[index + side + 1] * part_x
    read: Floats = (top * (1 - part_y) + bottom * part_y).reshape(n, SIDE, SIDE)
    return read


def thicken(images: Floats) -> Floats:
    """Return the images with every line one pixel wider (largest of each 2x2 square)."""
    wider = np.maximum(images[:, :, :-1], images[:, :, 1:])
    result = images.copy()
    result[:, :, 1:] = wider
    result[:, 1:] = np.maximum(result[:, 1:], result[:, :-1].copy())
    return result


def thin(images: Floats, strength: Floats) -> Floats:
    """Return the images with every line up to one pixel narrower; `strength` (n, 1, 1) in [0, 1] mixes."""
    narrow = images.copy()
    narrow[:, :, 1:] = np.minimum(images[:, :, 1:], images[:, :, :-1])
    narrow[:, 1:] = np.minimum(narrow[:, 1:], narrow[:, :-1].copy())
    mixed = images + strength * (narrow - images)
    peak = mixed.max(axis=(1, 2), keepdims=True)
    lighter: Floats = mixed / np.maximum(peak, np.float32(0.2))
    return lighter


def blur(images: Floats) -> Floats:
    """Return the images averaged with weights 1 2 1 along both axes."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    rows = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    return np.asarray((rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 4, np.float32)


def gaps(n: int, random: np.random.Generator) -> Floats:
    """Return masks (n, 28, 28) that are 0 along a line one to two pixels wide and 1 elsewhere."""
    axis = np.arange(SIDE, dtype=np.float32) - (SIDE - 1) / 2
    angle = random.uniform(0, np.pi, (n, 1, 1)).astype(np.float32)
    offset = random.uniform(-8, 8, (n, 1, 1)).astype(np.float32)
    away = np.abs(axis[None, None, :] * np.cos(angle) + axis[None, :, None] * np.sin(angle) - offset)
    masks: Floats = np.clip(away - random.uniform(0.2, 0.6, (n, 1, 1)).astype(np.float32), 0, 1)
    return masks


def _elastic_basis() -> Floats:
    """Return (nodes, 784): how far each node moves each pixel; bell curves one node spacing wide."""
    nodes = np.linspace(0, SIDE - 1, _ELASTIC_NODES)
    spacing = nodes[1] - nodes[0]
    along = np.exp(-0.5 * ((np.arange(SIDE)[None, :] - nodes[:, None]) / (0.7 * spacing)) ** 2)
    return np.kron(along, along).astype(np.float32)
