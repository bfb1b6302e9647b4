"""Normalized pictures → what turns each upright, as the referee sees it."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from grader.core.dataset import Dataset
from grader.core.picture import Images
from grader.measuring.ink import NO_TURN, Turn, turn
from grader.measuring.search import Predict

STEP_DEGREES = 10
"""Angles are tried all round in these steps."""

NEAR_DEGREES = 30
"""A digit that stands upright is read at this tilt to either side, too; one that lies on its side only by chance."""

_LEAST_TILT, _MOST_TILT = 20, 40
"""Tilts in degrees that are put right. The middle of the range in which the referee reads a digit says how it is tilted;
its standard deviation over upright test images is 10 degrees, so less says nothing."""

_CLEARLY = 0.2
"""Mean probability of the label by which another way round must beat the picture as it is."""

_ANGLES = tuple(range(-180, 180, STEP_DEGREES))
_NEAR = tuple(range(-NEAR_DEGREES, NEAR_DEGREES + 1, STEP_DEGREES))
_TRIED = (
    *(Turn(angle_degrees=float(angle)) for angle in _ANGLES),
    *(Turn(is_mirrored=True, angle_degrees=float(angle)) for angle in _NEAR),
)
_WAYS = (*(Turn(angle_degrees=float(angle)) for angle in (0, 90, 180, 270)), Turn(is_mirrored=True))
"""Ways round in which a camera or a screen may have put a picture, from little to much."""


def find_turns(
    normalized: Images, labels: Sequence[int], referee_predict: Predict, dataset: Dataset
) -> tuple[Turn, ...]:
    """Ask the referee how each picture has to be turned to be surest of its label; one call, 43 predictions a picture.

    How sure it is at one angle says little: it reads most digits at a tilt of 30 degrees as surely as upright. What is
    compared is the mean over a range of angles, and a tilt is the middle of the range in which it reads the label.

    Args:
        normalized: (n, 28, 28, 1), ink 1 on background 0.
        labels: their true classes.
        referee_predict: the referee.
        dataset: says which classes look like one the other way round: there that way says nothing.

    Returns:
        A quarter turn, mirroring, or a tilt of 20 to 40 degrees; no turn at all where none is clearly better.
    """
    if len(normalized) == 0:
        return ()
    turned = [
        turn(image[..., 0].astype(np.float64), by, keeps_sides=True) for image in normalized for by in _TRIED
    ]
    batch = np.clip(np.stack(turned), 0, 1).astype(np.float32)[..., None]
    sure = referee_predict(batch).reshape(len(normalized), len(_TRIED), -1)
    return tuple(_best(each[:, label], label, dataset) for each, label in zip(sure, labels, strict=True))


def _best(sure: npt.NDArray[np.float32], label: int, dataset: Dataset) -> Turn:
    known = dict(zip(_TRIED, sure.tolist(), strict=True))
    silent = {Turn(angle_degrees=180): dataset.turned, Turn(is_mirrored=True): dataset.mirrored}
    allowed = [way for way in _WAYS if label not in silent.get(way, ())]
    means = {way: _mean_near(known, way) for way in allowed}
    best = max(allowed, key=lambda way: means[way])
    if means[best] > means[NO_TURN] + _CLEARLY:
        return best
    tilt = _tilt([known[Turn(angle_degrees=float(angle))] for angle in _UPPER])
    return Turn(angle_degrees=tilt) if abs(tilt) >= _LEAST_TILT else NO_TURN


_UPPER = tuple(range(-90, 91, STEP_DEGREES))
"""Angles over which the range of a tilted digit is looked for."""


def _mean_near(known: Mapping[Turn, float], way: Turn) -> float:
    angles = ((way.angle_degrees + near + 180) % 360 - 180 for near in _NEAR)
    near = [known[Turn(is_mirrored=way.is_mirrored, angle_degrees=angle)] for angle in angles]
    return sum(near) / len(near)


def _tilt(sure: Sequence[float]) -> float:
    """Return the middle, in whole steps, of the angles round the surest at which the label is read; 0 for none."""
    reach = _MOST_TILT // STEP_DEGREES
    middle = len(sure) // 2
    first = last = max(
        range(middle - reach, middle + reach + 1), key=lambda at: (sure[at], -abs(at - middle))
    )
    if sure[first] < _READ:
        return 0.0
    while first > 0 and sure[first - 1] >= _READ:
        first -= 1
    while last < len(sure) - 1 and sure[last + 1] >= _READ:
        last += 1
    degrees = STEP_DEGREES * int((first + last) / 2 - middle)
    return float(np.clip(degrees, -_MOST_TILT, _MOST_TILT))


_READ = 0.5
"""Probability from which a label counts as read."""
