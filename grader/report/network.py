"""The layers of a network → coordinates of its drawing; the template only places them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from grader.core.evidence import LayerEvidence
from grader.report.numbers import NOTHING, place_text, thousands

SLOT = 96
"""Width of one block's place."""
PER_ROW = 8
"""Blocks in a row; as wide as the other drawings at most."""
MOST_DRAWN = 24
"""Blocks drawn at most; of a longer network the first and the last are."""
TALLEST = 96
"""Height of the front of the largest block."""
LEAST = 6
"""Height of the front of the smallest block; less could not be seen."""
SKEW = 0.22
"""How far the top of a block leans, as a share of the height: a picture's second side seen at an angle."""
LINE = 15
"""Distance between lines of text."""
_TOP = 8
_AXIS = _TOP + TALLEST * (1 + SKEW) / 2
_TEXT = _TOP + TALLEST * (1 + SKEW) + 18
_THINNEST = 5
_PER_DOUBLING = 3.4
_THICKEST = 44
_BAR = 9
_LONGEST_WORD = 13

UNDRAWN = frozenset(
    {
        "InputLayer", "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout",
        "BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization", "Activation", "ReLU",
        "LeakyReLU", "PReLU", "ELU", "Softmax", "Rescaling", "Normalization", "RandomFlip", "RandomRotation",
        "RandomTranslation", "RandomZoom", "RandomContrast", "Masking", "ActivityRegularization", "Identity",
    }
)  # fmt: skip
"""Layers that leave the shape as it is and are left out of the drawing."""
BRANCHING = frozenset(
    {
        "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot", "Attention",
        "MultiHeadAttention",
    }
)  # fmt: skip
"""Layers that take several inputs: where there is one, the order of the layers is no chain."""
_WEIGHTED = ("Conv", "Dense", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed", "Embedding")


@dataclass(frozen=True, kw_only=True)
class Block:
    """What one layer gives: a box for pictures, a bar for a list of numbers."""

    look: str
    """Class of its colors: "input", "weighted" (it has weights of its own) or "plain"."""
    front: str
    """SVG path of the front."""
    sides: str
    """SVG path of top and side; "" for a bar."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One place of the drawing: a block, or an ellipsis where blocks were left out."""

    x: str
    """Middle of its texts."""
    name: str
    """Kind of the layer; "…" for an ellipsis."""
    words: tuple[tuple[str, str], ...]
    """Lines of its name: height, text."""
    shape: str
    """Shape of what it gives; "" for an ellipsis."""
    shape_y: str
    """Height of that line."""
    axis_y: str
    """Height of the middle of its block."""
    block: Block | None
    """None: an ellipsis."""
    arrow: str
    """SVG path of the arrow to it; "" for none."""


@dataclass(frozen=True, kw_only=True)
class NetworkDrawing:
    """The drawing."""

    width: str
    height: str
    points: tuple[Point, ...]
    undrawn: tuple[str, ...]
    """Kinds of layers that are left out, each once."""
    left_out: int
    """Blocks that an ellipsis stands for."""
    is_chain: bool
    """Whether every layer takes what the one before gives."""


@dataclass(frozen=True, kw_only=True)
class _Step:
    name: str
    shape: tuple[int, ...]
    look: str


def shape_text(shape: Sequence[int]) -> str:
    """Return "28 × 28 × 32", an open axis as "?"; a dash for an unknown shape."""
    return " × ".join("?" if axis < 0 else thousands(axis) for axis in shape) or NOTHING


def draw_network(
    layers: Sequence[LayerEvidence], input_shape: Sequence[int], *, input_name: str
) -> NetworkDrawing | None:
    """Return the drawing of a network, or None when a shape is unknown.

    The height of a block follows the side of the picture, the largest being `TALLEST`; its thickness follows the
    logarithm of the number of channels; the height of a bar follows the logarithm of the number of values. Rows hold
    `PER_ROW` blocks.

    Args:
        layers: in order.
        input_shape: shape of one image.
        input_name: word for the input.
    """
    if not layers or not input_shape or not all(layer.output_shape for layer in layers):
        return None
    undrawn = tuple(dict.fromkeys(layer.kind for layer in layers if layer.kind in UNDRAWN - {"InputLayer"}))
    is_chain = not any(layer.kind in BRANCHING for layer in layers)
    steps: list[_Step | None] = [_Step(name=input_name, shape=tuple(input_shape), look="input")]
    steps += [
        _Step(
            name=layer.kind,
            shape=layer.output_shape,
            look="weighted" if layer.parameters or layer.kind.startswith(_WEIGHTED) else "plain",
        )
        for layer in layers
        if layer.kind not in UNDRAWN
    ]
    left_out = 0
    if len(steps) > MOST_DRAWN:
        tail = PER_ROW
        left_out = len(steps) - (MOST_DRAWN - 1)
        steps = [*steps[: MOST_DRAWN - 1 - tail], None, *steps[-tail:]]
    side = max((_sides(step.shape)[0] for step in steps if step), default=1)
    length = max((step.shape[0] for step in steps if step and len(step.shape) == 1), default=1)
    points: list[Point] = []
    top = 0.0
    for start in range(0, len(steps), PER_ROW):
        row = steps[start : start + PER_ROW]
        reach: float | None = 0.0 if start else None
        for column, step in enumerate(row):
            place, right = _place(step, column, top, reach if is_chain else None, side=side, length=length)
            reach = right
            points.append(place)
        top += _TEXT + LINE * max(len(_split(step.name)) + 1 for step in row if step)
    return NetworkDrawing(
        width=str(min(len(steps), PER_ROW) * SLOT),
        height=place_text(top),
        points=tuple(points),
        undrawn=undrawn,
        left_out=left_out,
        is_chain=is_chain,
    )


def _place(
    step: _Step | None, column: int, top: float, reach: float | None, *, side: int, length: int
) -> tuple[Point, float]:
    """Return one place and where its block ends; `reach` is where the arrow to it begins, None for no arrow."""
    middle = (column + 0.5) * SLOT
    axis, text = top + _AXIS, top + _TEXT
    block, left, right = _block(step, middle, axis, side=side, length=length)
    words = [] if step is None else _split(step.name)
    arrow = "" if reach is None else _arrow(max(reach, left - SLOT) + 4, left - 4, axis)
    return Point(
        x=place_text(middle),
        name="…" if step is None else step.name,
        words=tuple((place_text(text + LINE * n), word) for n, word in enumerate(words)),
        shape="" if step is None else shape_text(step.shape).replace(" ", ""),
        shape_y=place_text(text + LINE * len(words)),
        axis_y=place_text(axis),
        block=block,
        arrow=arrow,
    ), right


def _block(
    step: _Step | None, middle: float, axis: float, *, side: int, length: int
) -> tuple[Block | None, float, float]:
    """Return the block of one layer, and its left and right end."""
    if step is None:
        return None, middle - 12, middle + 12
    if len(step.shape) == 1:
        share = math.log2(max(step.shape[0], 1) + 1) / math.log2(max(length, 1) + 1)
        height = max(TALLEST * share, LEAST)
        left = middle - _BAR / 2
        return (
            Block(look=step.look, front=_box(left, axis - height / 2, _BAR, height), sides=""),
            left,
            left + _BAR,
        )
    tall, wide, channels = _sides(step.shape)
    height = max(TALLEST * max(tall, 1) / max(side, 1), LEAST)
    lean = SKEW * TALLEST * wide / max(side, 1) if wide else 0.0
    lean = min(max(lean, 2.0), TALLEST * SKEW) if wide else 0.0
    thick = min(_THINNEST + _PER_DOUBLING * math.log2(max(channels, 1)), _THICKEST)
    left, top = middle - (thick + lean) / 2, axis - (height - lean) / 2
    right = left + thick
    x, y, low = place_text(left), place_text(top), place_text(top + height)
    x2, x3 = place_text(right), place_text(right + lean)
    y0, low0 = place_text(top - lean), place_text(top + height - lean)
    xl = place_text(left + lean)
    sides = (
        f"M{x} {y}L{xl} {y0}L{x3} {y0}L{x2} {y}ZM{x2} {y}L{x3} {y0}L{x3} {low0}L{x2} {low}Z" if lean else ""
    )
    return Block(look=step.look, front=_box(left, top, thick, height), sides=sides), left, right + lean


def _sides(shape: Sequence[int]) -> tuple[int, int, int]:
    """Return height, width and channels of what a layer gives; height 0 for a list of numbers.

    Channels are the last axis, or the first where only the other two are equal, as they are for a square picture.
    Steps of a sequence count as height.
    """
    if len(shape) == 1:
        return 0, 0, shape[0]
    if len(shape) == 2:
        return shape[0], 0, shape[1]
    if len(shape) == 3 and shape[1] == shape[2] != shape[0]:
        return shape[1], shape[2], shape[0]
    return shape[0], shape[1], math.prod(abs(axis) for axis in shape[2:])


def _split(kind: str) -> list[str]:
    """Return a layer's name in one line, or in two when it is long."""
    if len(kind) <= _LONGEST_WORD:
        return [kind]
    breaks = [n for n in range(1, len(kind)) if kind[n].isupper() and not kind[n - 1].isdigit()]
    at = min(breaks, key=lambda n: max(n, len(kind) - n), default=len(kind))
    return [part for part in (kind[:at], kind[at:]) if part]


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{place_text(x)} {place_text(y)}h{place_text(width)}v{place_text(height)}h{place_text(-width)}Z"


def _arrow(start: float, end: float, y: float) -> str:
    x, back, at = place_text(end), place_text(end - 4), place_text(y)
    return (
        f"M{place_text(start)} {at}L{x} {at}M{back} {place_text(y - 3)}L{x} {at}L{back} {place_text(y + 3)}"
    )
