"""One-hue scale of the heat maps, and the contrast of two colors."""

from grader.core.count import Count

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
