"""Pictures, a trained model and a report → fair points and a page that teaches."""

from importlib.metadata import version

__version__ = version("digit-grader")
