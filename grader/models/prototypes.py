"""Ways of writing each digit, read from `prototypes.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
