"""Deliberate failures: the run stops, and the person who started it is told what to do."""

from collections.abc import Mapping


class GraderError(Exception):
    """A failure of the set-up, not of a student's work: a bad rubric, a missing reference model.

    What a student handed in never raises this; it becomes a `grader.core.finding.Finding`.
    """

    def __init__(self, slug: str, /, **values: str | int | float) -> None:
        super().__init__(slug, values)
        self.slug = slug
        """Key of the message in `grader.texts`, in both languages."""
        self.values: Mapping[str, str | int | float] = values
        """What the message names: the file, the value found, the value needed."""


class GraderErrors(GraderError):
    """Several failures found in one pass, reported together."""

    def __init__(self, problems: list[GraderError]) -> None:
        super().__init__(problems[0].slug, **problems[0].values)
        self.problems = tuple(problems)
        """Every problem found, in reading order."""
