"""Fainter or stronger ink."""

import numpy as np

from grader.core.picture import Images
from grader.perturbations.base import change


@change("contrast", neutral=(1.0,), limits=((0.0, 100.0),))
def contrast(images: Images, factor: float) -> Images:
    """Multiply the ink by `factor`; background stays 0, and what exceeds 1 becomes 1."""
    changed: Images = np.minimum(images * np.float32(factor), np.float32(1))
    return changed
