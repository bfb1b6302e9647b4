"""Images → changed images; one file per perturbation, registered by name."""

from grader.perturbations import (
    blur,
    contrast,
    equalization,
    grid,
    lecture,
    noise,
    rotation,
    scale,
    shear,
    shift,
    thickness,
)

__all__ = [
    "blur",
    "contrast",
    "equalization",
    "grid",
    "lecture",
    "noise",
    "rotation",
    "scale",
    "shear",
    "shift",
    "thickness",
]
