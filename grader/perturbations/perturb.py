"""Images and parameter sets → every image under every perturbation."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from grader.core.picture import Images
from grader.perturbations.base import PERTURBATIONS, Border, Parameters, ParameterSets, Perturbation
from grader.perturbations.geometry import (
    Matrix,
    Transform,
    ink_of,
    lost_matrix,
    multiply,
    share_lost,
    warp_matrix,
)

MAX_SIDE = 256
"""Largest height or width, in pixels."""
_MOST_BYTES = 64 * 2**20
"""Of the pixels of one batch."""
_STEP_PIXELS = 32 * 28 * 28
"""So many pixels of an image's perturbed versions are made by one matrix; from 4 to 200 versions of 28x28 are equally
fast."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Perturbed:
    """Every image under every perturbation; a cell is one parameter set, in the order asked for."""

    images: npt.NDArray[np.float32]
    """(cells, n, height, width, channels), values in [0, 1] but for rounding (1e-5)."""
    ink_lost: npt.NDArray[np.float64]
    """(cells, n), in [0, 1]: the share of ink that was moved out of the frame; 0 where nothing moves, for an image
    without ink, and where the border is not background. See `grader.perturbations.geometry.lost_matrix`."""
    slices: Mapping[str, slice]
    """The cells of each perturbation by its name."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """A part of what `Perturbed` holds."""

    cells: slice
    """Which cells."""
    rows: slice
    """Which images."""
    images: npt.NDArray[np.float32]
    """(cells, n, height, width, channels) of these."""
    ink_lost: npt.NDArray[np.float64]
    """(cells, n) of these."""


def perturb(images: Images, parameter_sets: ParameterSets, border: Border = "background") -> Perturbed:
    """Change every image in every way asked for, always from the original.

    Args:
        images: float32, (n, height, width, channels), 1 or 3 channels, sides up to `MAX_SIDE`, values in [0, 1]; with
            background outside, ink is 1 and background 0; n may be 0.
        parameter_sets: as in a `grader.perturbations.suite.Suite`.
        border: what lies outside the frame.

    Returns:
        A cell for each parameter set. What becomes of an image does not depend on the other images, and `images` stays
        as it is.

    Raises:
        GraderError: `name-unknown`: there is no such perturbation.
        ValueError: `images` has another shape or type; a parameter set has another number of parameters than its
            perturbation, or one outside its limits.
    """
    steps = _steps(images, parameter_sets)
    n_cells = sum(map(len, parameter_sets.values()))
    whole = _batch(images, steps, slice(0, n_cells), slice(0, len(images)), border)
    return Perturbed(images=whole.images, ink_lost=whole.ink_lost, slices=slices_of(parameter_sets))


def perturb_in_batches(
    images: Images,
    parameter_sets: ParameterSets,
    border: Border = "background",
    most_bytes: int = _MOST_BYTES,
) -> Iterator[Batch]:
    """Do as `perturb`, a batch at a time, for images that are too large to hold all of it.

    Args:
        images: see `perturb`.
        parameter_sets: see `perturb`.
        border: see `perturb`.
        most_bytes: for the pixels of a batch; a batch has at least one image.

    Yields:
        Batches that make up the whole, cell by cell: of several cells with all images, or of a part of the images where
        one cell with all of them is too large.

    Raises:
        GraderError: see `perturb`.
        ValueError: see `perturb`.
    """
    most = max(1, most_bytes // max(1, images[:1].nbytes))
    together: list[_Step] = []
    for step in _steps(images, parameter_sets, most):
        if together and (step.cells.stop - together[0].cells.start) * len(images) > most:
            yield from _batches(images, together, most, border)
            together = []
        together.append(step)
    if together:
        yield from _batches(images, together, most, border)


def slices_of(parameter_sets: ParameterSets) -> dict[str, slice]:
    """Return the cells of each perturbation by its name."""
    ends = np.cumsum([0, *map(len, parameter_sets.values())]).tolist()
    return dict(zip(parameter_sets, map(slice, ends, ends[1:]), strict=False))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Step:
    """Neighbouring cells that are made together."""

    cells: slice
    perturbation: Perturbation
    ats: tuple[Parameters, ...]


def _steps(
    images: Images, parameter_sets: ParameterSets, most_cells: int = _STEP_PIXELS
) -> tuple[_Step, ...]:
    """Return what is to be done, each of at most `most_cells` cells, after a look at what was asked."""
    _check(images)
    size = max(1, min(most_cells, _STEP_PIXELS // (images.shape[1] * images.shape[2])))
    return _steps_of(tuple(parameter_sets.items()), size)


@lru_cache(maxsize=8)
def _steps_of(parameter_sets: tuple[tuple[str, tuple[Parameters, ...]], ...], size: int) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    first = 0
    for name, ats in parameter_sets:
        perturbation = PERTURBATIONS.get(name)
        for at in ats:
            perturbation.check(at)
        together = size if perturbation.is_affine else 1
        for start in range(0, len(ats), together):
            some = ats[start : start + together]
            cells = slice(first + start, first + start + len(some))
            steps.append(_Step(cells=cells, perturbation=perturbation, ats=some))
        first += len(ats)
    return tuple(steps)


def _check(images: Images) -> None:
    needed = f"float32 of shape (n, height, width, 1 or 3) with sides from 1 to {MAX_SIDE}"
    is_fine = images.dtype == np.float32 and images.ndim == 4 and images.shape[3] in {1, 3}
    if not is_fine or not all(1 <= side <= MAX_SIDE for side in images.shape[1:3]):
        raise ValueError(f"images are {images.dtype} of shape {images.shape}; {needed} is needed")


def _batches(images: Images, steps: Sequence[_Step], most: int, border: Border) -> Iterator[Batch]:
    """Yield the cells of `steps`, with as many images at once as make at most `most` perturbed ones, at least one."""
    cells = slice(steps[0].cells.start, steps[-1].cells.stop)
    at_once = max(1, most // (cells.stop - cells.start))
    for start in range(0, len(images), at_once):
        yield _batch(images, steps, cells, slice(start, min(start + at_once, len(images))), border)


def _batch(images: Images, steps: Sequence[_Step], cells: slice, rows: slice, border: Border) -> Batch:
    some = images[rows]
    n, height, width, channels = some.shape
    n_cells = cells.stop - cells.start
    batch = Batch(
        cells=cells,
        rows=rows,
        images=np.empty((n_cells, n, height, width, channels), np.float32),
        ink_lost=np.zeros((n_cells, n)),
    )
    ink = ink_of(some) if border == "background" else None
    make = _kept_matrices if 2 * height * width <= _STEP_PIXELS else _matrices
    for step in steps if n else ():
        here = slice(step.cells.start - cells.start, step.cells.stop - cells.start)
        if step.perturbation.is_affine:
            matrix, lost = make(step.perturbation.does, step.ats, height, width, border)
            multiply(matrix, some, batch.images[here])
            if ink:
                batch.ink_lost[here] = share_lost(ink, lost)
        else:
            batch.images[here] = step.perturbation.change(some, step.ats[0], border)
    return batch


def _matrices(
    transform: Callable[..., Transform], ats: tuple[Parameters, ...], height: int, width: int, border: Border
) -> tuple[Matrix, Matrix | None]:
    """Everything about the cells of a step that does not depend on the images; see `warp_matrix` and `lost_matrix`."""
    transforms = [transform(*at) for at in ats]
    lost = lost_matrix(transforms, height, width) if border == "background" else None
    return warp_matrix(transforms, height, width, border), lost


_kept_matrices = lru_cache(maxsize=64)(_matrices)
"""For small images, of which one submission after the other needs the same; 60 MB at most. Of large ones every cell would
take megabytes, and making them takes less time than using them."""
