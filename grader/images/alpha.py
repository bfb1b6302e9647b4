"""Transparent picture → opaque picture on which the visible ink can be seen."""

import numpy as np
from PIL import Image

_PROBE_SIDE = 64
"""Longest side in pixels of the small copy on which the colors are judged."""

_SEE_THROUGH = 0.35
"""Largest difference in [0, 1] between visible pixels that still counts as one color."""


def flatten_alpha(image: Image.Image) -> Image.Image:
    """Lay a picture over the background on which its content can be seen.

    Pixels hidden under full transparency carry arbitrary colors, so dropping the alpha channel (as
    `convert("L")` does) may show something that nobody drew. If the visible pixels share one color, the shape
    is in the alpha
    channel: it is laid on white, or on black where the color is nearly white. If they differ, the picture
    holds its own background: a mostly opaque picture is laid on the color of its visible border, any other on
    white.

    Args:
        image: mode RGBA.

    Returns:
        Mode RGB, same size.
    """
    if np.asarray(image.getchannel("A")).min() == 255:
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (*_ground_color(image), 255))
    return Image.alpha_composite(ground, image).convert("RGB")


def _ground_color(image: Image.Image) -> tuple[int, int, int]:
    probe = image.copy()
    probe.thumbnail((_PROBE_SIDE, _PROBE_SIDE), Image.Resampling.BOX)
    values = np.asarray(probe, dtype=np.float32) / 255
    visible = values[..., 3] > 0.5
    if not visible.any():
        visible = values[..., 3] > 0
    if not visible.any():
        return 255, 255, 255
    colors = values[..., :3][visible]
    low, high = np.percentile(colors, [2, 98], axis=0)
    if float((high - low).max()) <= _SEE_THROUGH:
        is_light = float(np.median(colors, axis=0).min()) > 1 - _SEE_THROUGH
        return (0, 0, 0) if is_light else (255, 255, 255)
    if visible.mean() < 0.5:
        return 255, 255, 255
    inner = np.zeros_like(visible)
    inner[2:-2, 2:-2] = True
    edge = visible & ~inner
    red, green, blue = np.median(values[..., :3][edge] if edge.any() else colors, axis=0)
    return round(255 * float(red)), round(255 * float(green)), round(255 * float(blue))
