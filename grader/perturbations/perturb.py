"""Images and places → every image at every place."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy import sparse

from grader.core.picture import Images
from grader.perturbations.base import PERTURBATIONS, Affine, Change, Linear
from grader.perturbations.geometry import (
    Block,
    Matrix,
    checked,
    chunks,
    lost_matrix,
    multiply,
    share_lost,
    warp_matrix,
)
from grader.perturbations.suite import Parameters, ParameterSets


@dataclass(frozen=True, kw_only=True, eq=False)
class Perturbed:
    """Every image at every place; a cell is one place of one perturbation, in the order of the places asked for."""

    images: npt.NDArray[np.float32]
    """(cells, n, height, width, 1), values in [0, 1] but for rounding (1e-5), background 0."""
    ink_lost: npt.NDArray[np.float64]
    """(cells, n), in [0, 1]: the share of ink that was moved out of the frame; 0 where nothing moves, and for an image
    without ink. See `grader.perturbations.geometry.lost_matrix`."""
    slices: Mapping[str, slice]
    """The cells of each perturbation by its name."""


def perturb(images: Images, parameter_sets: ParameterSets) -> Perturbed:
    """Change every image in every way asked for, always from the original.

    Args:
        images: float32, (n, height, width, 1), values in [0, 1], ink 1 on background 0; n may be 0.
        places: places by name of the perturbation, as in a `grader.perturbations.suite.Suite`.

    Returns:
        A cell for each place. What becomes of an image does not depend on the other images, and `images` stays as it
        is.

    Raises:
        GraderError: `name-unknown`: there is no such perturbation.
        ValueError: `images` has another shape or type; a place has another number of parameters than its perturbation,
            or one outside its limits.
    """
    n, height, width, _ = checked(images).shape
    plan = _plan(tuple(parameter_sets.items()), height, width)
    perturbed = np.empty((plan.n_cells, n, height, width, 1), np.float32)
    multiply(plan.blocks, images, perturbed)
    if n:
        for cell, effect, at in plan.changes:
            perturbed[cell] = effect.change(images, *at)
    return Perturbed(images=perturbed, ink_lost=share_lost(images, plan.lost), slices=plan.slices)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Plan:
    """Everything about places that does not depend on the images."""

    n_cells: int
    blocks: tuple[Block, ...]
    """The cells that are linear in the pixels."""
    changes: tuple[tuple[int, Change, Parameters], ...]
    """The other cells."""
    lost: Matrix
    """float64, (cells, height * width): see `lost_matrix`."""
    slices: Mapping[str, slice]


@lru_cache(maxsize=8)
def _plan(parameter_sets: tuple[tuple[str, tuple[Parameters, ...]], ...], height: int, width: int) -> _Plan:
    blocks: list[Block] = []
    changes: list[tuple[int, Change, Parameters]] = []
    lost: list[Matrix] = [sparse.csr_array((0, height * width), dtype=np.float64)]
    slices: dict[str, slice] = {}
    first = 0
    for name, ats in parameter_sets:
        perturbation = PERTURBATIONS.get(name)
        for at in ats:
            perturbation.check(at)
        slices[name] = slice(first, first + len(ats))
        match perturbation.effect:
            case Affine(transform=transform):
                transforms = [transform(*at) for at in ats]
                blocks += [
                    Block(rows=_after(first, part), matrix=warp_matrix(transforms[part], height, width))
                    for part in chunks(len(ats))
                ]
                lost.append(lost_matrix(transforms, height, width))
            case Linear(matrix=matrix):
                blocks += [
                    Block(rows=slice(cell, cell + 1), matrix=matrix(height, width, *at))
                    for cell, at in enumerate(ats, start=first)
                ]
                lost.append(sparse.csr_array((len(ats), height * width), dtype=np.float64))
            case Change() as effect:
                changes += [(cell, effect, at) for cell, at in enumerate(ats, start=first)]
                lost.append(sparse.csr_array((len(ats), height * width), dtype=np.float64))
        first += len(ats)
    return _Plan(
        n_cells=first,
        blocks=tuple(blocks),
        changes=tuple(changes),
        lost=sparse.vstack(lost, format="csr"),
        slices=MappingProxyType(slices),
    )


def _after(first: int, part: slice) -> slice:
    """Return `part` counted from `first`."""
    return slice(first + part.start, first + part.stop)
