"""What an exporter is: a name, the file it fills in the run folder, and a function from a graded run to bytes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from grader.core.evidence import Evidence
from grader.core.grade import Grade
from grader.core.run import Assignment, RunInfo
from grader.registry import Registry


@dataclass(frozen=True, kw_only=True)
class GradedRun:
    """Everything that an exporter may write about."""

    run: RunInfo
    """What was run."""
    assignment: Assignment
    """What it was graded by."""
    grades: Sequence[Grade]
    """One for every submission, in any order."""
    evidences: Mapping[str, Evidence]
    """By id of the submission; one that failed before anything was measured may be absent."""
    language: str
    """"ko" or "en", for texts."""


Write = Callable[[GradedRun], bytes]
"""The content of the file, the same for the same run."""


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """A registered writer."""

    name: str
    """Name in messages."""
    file: str
    """Name of its file in the run folder."""
    write: Write
    """Returns what the file holds."""


EXPORTERS: Registry[Exporter] = Registry("exporters")
"""Every exporter by name; a run writes the files of all of them."""


def exporter(name: str, *, file: str) -> Callable[[Write], Write]:
    """Register the decorated function as the exporter `name`.

    Args:
        name: unique among exporters.
        file: name of its file in the run folder.
    """

    def register(write: Write) -> Write:
        EXPORTERS.add(name, Exporter(name=name, file=file, write=write))
        return write

    return register
