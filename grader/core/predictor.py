"""The seam between measuring and whatever answers: a student's locked model, a reference network, a fake."""

from typing import Protocol

from grader.core.picture import Images, Probabilities


class Predictor(Protocol):
    """Anything that reads images."""

    @property
    def id(self) -> str:
        """Either "student" or the id of a reference model."""
        ...

    def predict(self, images: Images) -> Probabilities:
        """Return class probabilities.

        Args:
            images: float32, (n, 28, 28, 1), ink = 1, background = 0. Adapters turn them into what the network expects.

        Returns:
            float32, (n, classes), rows sum to 1.
        """
        ...
