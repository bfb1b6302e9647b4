"""Images → changed images: the registered perturbations, and the suites that are tried."""

from grader.perturbations import affine, pixels

__all__ = ["affine", "pixels"]
