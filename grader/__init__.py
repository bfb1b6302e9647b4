"""Pictures, a trained model and a report → fair points and a page that teaches."""

__version__ = "0.1.0"
