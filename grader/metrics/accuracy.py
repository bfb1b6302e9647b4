"""How many of each class are read rightly."""

import numpy as np
import numpy.typing as npt

from grader.core.count import Count
from grader.core.measurement import Cell, Measurement, MeasurementStatus


def accuracy_per_class(
    name: str,
    predictions: npt.NDArray[np.integer],
    labels: npt.NDArray[np.integer],
    counted: npt.NDArray[np.bool_] | None = None,
) -> Measurement:
    """Count right answers by class.

    Args:
        name: key of the measurement.
        predictions: predicted class, (n,).
        labels: true class, (n,).
        counted: which images count, (n,); all of them by default.

    Returns:
        One cell (class,) for each class that occurs among the counted images; not applicable when none counts.
    """
    kept = np.ones(len(labels), bool) if counted is None else counted
    cells = tuple(
        Cell(
            at=(float(label),),
            count=_count(predictions[kept & (labels == label)] == label),
        )
        for label in np.unique(labels[kept])
    )
    status = MeasurementStatus.MEASURED if cells else MeasurementStatus.NOT_APPLICABLE
    return Measurement(name=name, status=status, cells=cells)


def accuracy_per_transform(
    name: str,
    at: tuple[tuple[float, ...], ...],
    predictions: npt.NDArray[np.integer],
    labels: npt.NDArray[np.integer],
    counted: npt.NDArray[np.bool_] | None = None,
) -> Measurement:
    """Count right answers by transform.

    Args:
        name: key of the measurement.
        at: place of each transform: (angle_degrees,) or (dx_pixels, dy_pixels).
        predictions: predicted class, (transforms, n).
        labels: true class, (n,).
        counted: which images count at which transform, (transforms, n); all by default.

    Returns:
        One cell for each transform, also where nothing counts; not applicable when nothing counts anywhere.
    """
    right = predictions == labels
    kept = np.ones(right.shape, bool) if counted is None else counted
    cells = tuple(
        Cell(at=place, count=_count(right_here[kept_here]))
        for place, right_here, kept_here in zip(at, right, kept, strict=True)
    )
    if not kept.any():
        return Measurement(name=name, status=MeasurementStatus.NOT_APPLICABLE)
    return Measurement(name=name, status=MeasurementStatus.MEASURED, cells=cells)


def _count(right: npt.NDArray[np.bool_]) -> Count:
    return Count(correct=int(right.sum()), total=len(right))
