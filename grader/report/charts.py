"""Counts → coordinates of the drawings; the templates only place them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from grader.core.count import Count
from grader.core.measurement import Cell
from grader.report.numbers import angle_text, number_text, place_text

Rgb = tuple[int, int, int]
"""sRGB, 0 to 255."""

PALE: Rgb = (244, 248, 252)
"""0 %."""
DEEP: Rgb = (8, 64, 129)
"""100 %."""
BLACK: Rgb = (0, 0, 0)
WHITE: Rgb = (255, 255, 255)


def scale_color(count: Count) -> Rgb:
    """Return the color of a share between `PALE` (0 %) and `DEEP` (100 %); `WHITE` for an empty count."""
    share = count.share
    if share is None:
        return WHITE
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(PALE, DEEP, strict=True))
    return red, green, blue


def text_color(background: Rgb) -> Rgb:
    """Return black or white, whichever contrasts more; the better of the two is never under 4.58:1."""
    return max((BLACK, WHITE), key=lambda ink: contrast(ink, background))


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colors, 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def hex_color(color: Rgb) -> str:
    """Return "#rrggbb"."""
    return "#" + "".join(f"{channel:02x}" for channel in color)


def _luminance(color: Rgb) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


WIDTH, HEIGHT = 720, 300
"""View box of curves and bars."""
LEFT, RIGHT, TOP, BOTTOM = 52, 704, 26, 250
"""Plot area inside it."""
COUNT_ROOM = 20
"""Room above the tallest bar, for its count and the name of the median."""
CELL = 30
"""Side of a heat-map cell."""
HEAT_LEFT, HEAT_TOP = 46, 34
"""Corner of the heat map's first cell."""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One tick: where it is along its axis, and its text."""

    at: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The marker of one point."""

    x: str
    y: str
    is_clean: bool = False
    """Whether it is the picture as it is, neither turned nor moved."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line: an SVG path and its markers."""

    path: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A stretch of the horizontal axis."""

    x: str
    width: str
    middle: str


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Accuracy against angle, 0 to 100 %."""

    student: Series | None
    reference: Series | None
    band: str
    """SVG path of the shaded interval; "" for none."""
    scored: Zone
    reported: Zone
    threshold: str
    """Height of the rubric's line; "" for none."""
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


@dataclass(frozen=True, kw_only=True)
class HeatCell:
    """One cell of a heat map."""

    x: str
    y: str
    text_x: str
    text_y: str
    fill: str
    ink: str
    text: str
    mark: str
    """SVG path: a corner where the cell counts for fewer pictures, a frame where it counts for none, else ""."""


@dataclass(frozen=True, kw_only=True)
class HeatGroup:
    """Texts and marks of one color, drawn together, as that takes far less room in the page."""

    color: str
    path: str
    """SVG path of all marks; "" for none."""
    cells: tuple[HeatCell, ...]
    """Cells whose text has this color."""


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """Accuracy by shift: dx along, dy down."""

    width: str
    height: str
    cells: tuple[HeatCell, ...]
    fills: Mapping[str, str]
    """By color: SVG path of the cells that have it."""
    inks: tuple[HeatGroup, ...]
    """Texts and marks by their color."""
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    scored_x: str
    scored_y: str
    scored_side: str
    middle_x: str
    middle_y: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of a histogram."""

    x: str
    y: str
    width: str
    height: str
    text_x: str
    text_y: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Counts by interval."""

    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    median_x: str
    """Where the median is; "" for none."""


def _height(share: float) -> float:
    return BOTTOM - share * (BOTTOM - TOP)


def _line(points: Sequence[tuple[float, float | None]], x: Callable[[float], float]) -> str:
    """Return an SVG path through `points` (angle, share), broken where there is no share."""
    path, pen_down = [], False
    for angle, share in points:
        if share is None:
            pen_down = False
            continue
        path.append(f"{'L' if pen_down else 'M'}{place_text(x(angle))} {place_text(_height(share))}")
        pen_down = True
    return "".join(path)


def _series(points: Sequence[tuple[float, float | None]], x: Callable[[float], float]) -> Series:
    marks = tuple(
        Mark(x=place_text(x(angle)), y=place_text(_height(share)), is_clean=angle == 0)
        for angle, share in points
        if share is not None
    )
    return Series(path=_line(points, x), marks=marks)


def _band(
    low: Sequence[tuple[float, float]], high: Sequence[tuple[float, float]], x: Callable[[float], float]
) -> str:
    corners = [*high, *reversed(low)]
    points = [f"{place_text(x(angle))} {place_text(_height(share))}" for angle, share in corners]
    return "M" + "L".join(points) + "Z" if points else ""


def angle_curve(
    *,
    student: Sequence[tuple[float, float | None]],
    reference: Sequence[tuple[float, float | None]],
    low: Sequence[tuple[float, float]],
    high: Sequence[tuple[float, float]],
    scored_degrees: float,
    reported_degrees: float,
    threshold: float | None,
) -> Curve:
    """Return the drawing of accuracy against angle.

    Args:
        student: (angle_degrees, share in [0, 1]) by angle; empty for none; share None where nothing was looked at.
        reference: the same for the reference model.
        low: lower edge of the shaded interval.
        high: upper edge of the shaded interval.
        scored_degrees: half width of the scored zone.
        reported_degrees: half width of the zone that is reported, not scored.
        threshold: share that the rubric asks for, or None.
    """
    angles = [angle for angle, _ in (*student, *reference)]
    first, last = min(angles), max(angles)
    span = (last - first) or 1.0

    def x(angle: float) -> float:
        return LEFT + (min(max(angle, first), last) - first) / span * (RIGHT - LEFT)

    def zone(half: float) -> Zone:
        left, right = x(-half), x(half)
        return Zone(x=place_text(left), width=place_text(right - left), middle=place_text((left + right) / 2))

    ticks = [angle for angle in sorted(set(angles)) if angle % 30 == 0]
    return Curve(
        student=_series(student, x) if student else None,
        reference=_series(reference, x) if reference else None,
        band=_band(low, high, x),
        scored=zone(scored_degrees),
        reported=zone(reported_degrees),
        threshold="" if threshold is None else place_text(_height(threshold)),
        x_ticks=tuple(Tick(at=place_text(x(angle)), text=angle_text(angle)) for angle in ticks),
        y_ticks=tuple(Tick(at=place_text(_height(p / 100)), text=f"{p} %") for p in (0, 25, 50, 75, 100)),
    )


def percent_in_cell(count: Count) -> str:
    """Return a whole percentage without its sign; 0 and 100 only when exactly true, "" for an empty count."""
    if count.total == 0:
        return ""
    if count.correct in (0, count.total):
        return "0" if count.correct == 0 else "100"
    return str(min(max(round(100 * count.correct / count.total), 1), 99))


CORNER_MARK = "M{right} {top}h-8l8 8z"
"""The upper right corner of a cell."""
FRAME_MARK = "M{right} {top}h-30v30h30zm-2 2v26h-26v-26z"
"""The four edges of a cell."""


def heat_map(
    cells: Sequence[Cell], *, scored_pixels: float, counted: Mapping[tuple[float, ...], int] | None = None
) -> HeatMap:
    """Return the drawing of accuracy by shift.

    Args:
        cells: at=(dx_pixels, dy_pixels), at least one.
        scored_pixels: half width of the scored square.
        counted: by place, for how many pictures it counts; cells that count for fewer than others are marked. None or
            empty: nothing is marked.
    """
    most = max((counted or {}).values(), default=0)

    def mark(at: tuple[float, ...], x: int, y: int) -> str:
        n = (counted or {}).get(at, most)
        if n == most:
            return ""
        return (CORNER_MARK if n else FRAME_MARK).format(right=x + CELL, top=y)

    columns = sorted({cell.at[0] for cell in cells})
    rows = sorted({cell.at[1] for cell in cells})
    column_x = {dx: HEAT_LEFT + i * CELL for i, dx in enumerate(columns)}
    row_y = {dy: HEAT_TOP + i * CELL for i, dy in enumerate(rows)}
    drawn = []
    for cell in cells:
        x, y = column_x[cell.at[0]], row_y[cell.at[1]]
        fill = scale_color(cell.count)
        drawn.append(
            HeatCell(
                x=str(x),
                y=str(y),
                text_x=str(x + CELL // 2),
                text_y=str(y + CELL // 2 + 4),
                fill=hex_color(fill),
                ink=hex_color(text_color(fill)),
                text=percent_in_cell(cell.count),
                mark=mark(cell.at, x, y),
            )
        )
    scored_columns = [x for dx, x in column_x.items() if abs(dx) <= scored_pixels]
    scored_rows = [y for dy, y in row_y.items() if abs(dy) <= scored_pixels]
    return HeatMap(
        width=str(HEAT_LEFT + len(columns) * CELL + 6),
        height=str(HEAT_TOP + len(rows) * CELL + 6),
        cells=tuple(drawn),
        fills={
            color: "".join(f"M{c.x} {c.y}h{CELL}v{CELL}h-{CELL}z" for c in drawn if c.fill == color)
            for color in sorted({c.fill for c in drawn})
        },
        inks=tuple(
            HeatGroup(
                color=color,
                path="".join(c.mark for c in drawn if c.ink == color),
                cells=tuple(c for c in drawn if c.ink == color and c.text),
            )
            for color in sorted({c.ink for c in drawn})
        ),
        x_ticks=tuple(Tick(at=str(x + CELL // 2), text=number_text(dx)) for dx, x in column_x.items()),
        y_ticks=tuple(Tick(at=str(y + CELL // 2 + 4), text=number_text(dy)) for dy, y in row_y.items()),
        scored_x=str(min(scored_columns, default=0)),
        scored_y=str(min(scored_rows, default=0)),
        scored_side=str(len(scored_columns) * CELL),
        middle_x=str(HEAT_LEFT + len(columns) * CELL // 2),
        middle_y=str(HEAT_TOP + len(rows) * CELL // 2),
    )


def histogram(counts: Sequence[int], *, edges: Sequence[str], median_share: float | None) -> Histogram:
    """Return the drawing of a distribution.

    Args:
        counts: how many fall into each interval of equal width.
        edges: text of each edge, one more than intervals.
        median_share: where the median lies from the first edge (0) to the last (1), or None.
    """
    top = max(counts, default=0) or 1
    step = (RIGHT - LEFT) / len(counts)
    bars = []
    for i, n in enumerate(counts):
        height = n / top * (BOTTOM - TOP - COUNT_ROOM)
        x = LEFT + i * step
        bars.append(
            Bar(
                x=place_text(x + 1.5),
                y=place_text(BOTTOM - height),
                width=place_text(step - 3),
                height=place_text(height),
                text_x=place_text(x + step / 2),
                text_y=place_text(BOTTOM - height - 6),
                text=str(n) if n else "",
            )
        )
    return Histogram(
        bars=tuple(bars),
        x_ticks=tuple(Tick(at=place_text(LEFT + i * step), text=text) for i, text in enumerate(edges)),
        median_x="" if median_share is None else place_text(LEFT + median_share * (RIGHT - LEFT)),
    )
