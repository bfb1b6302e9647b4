"""Map of ink → the same at another size, averaged or interpolated, with NumPy alone."""

import numpy as np
import numpy.typing as npt

Ink = npt.NDArray[np.float64]
"""(h, w): 0 on the background, positive where there is ink, in units of grey levels in [0, 1]."""


def resample(ink: Ink, height: int, width: int) -> Ink:
    """Scale to (height, width): each axis averaged when it shrinks, interpolated linearly when it grows."""
    rows, columns = _weights(ink.shape[0], height), _weights(ink.shape[1], width)
    return np.asarray(rows @ ink @ columns.T)


def _weights(length: int, wanted: int) -> npt.NDArray[np.float64]:
    """Return the matrix (wanted, length) that scales one axis; its rows sum to 1."""
    if wanted < length:
        edges = np.arange(wanted + 1) * (length / wanted)
        cells = np.arange(length)
        covered = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
        return np.asarray(np.clip(covered, 0, None) * (wanted / length))
    places = np.clip((np.arange(wanted) + 0.5) * (length / wanted) - 0.5, 0, length - 1)
    return np.asarray(np.clip(1 - np.abs(places[:, None] - np.arange(length)), 0, None))


def enlarge(ink: Ink, times: int) -> Ink:
    """Return every pixel as `times` x `times` pixels."""
    return ink.repeat(times, axis=0).repeat(times, axis=1)


def reduce(ink: Ink, times: int) -> Ink:
    """Undo `enlarge`: the mean of each `times` x `times` pixels."""
    height, width = ink.shape[0] // times, ink.shape[1] // times
    return np.asarray(ink.reshape(height, times, width, times).mean(axis=(1, 3)))
