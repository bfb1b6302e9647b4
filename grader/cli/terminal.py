"""A progress bar on stderr, with the name of the last submission and the time left."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from grader.texts.catalog import Texts, safe

_WIDTH_OF_FILES = 120


def console_for_results() -> Console:
    """Return a console on stdout; what goes into a file or a pipe is 120 columns wide, or as COLUMNS says."""
    is_told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(file=sys.stdout, width=None if is_told else _WIDTH_OF_FILES)


class _Bar:
    def __init__(self, progress: Progress, language: str) -> None:
        self._progress = progress
        self._words = Texts(language)
        self._task = progress.add_task(self._words("terminal.collecting"), total=None, name="")

    def started(self, ids: Sequence[str]) -> None:
        self._progress.update(self._task, description=self._words("terminal.measuring"), total=len(ids))

    def finished(self, submission_id: str, *, reused: bool) -> None:
        name = safe(submission_id) + (f" ({self._words('terminal.reused')})" if reused else "")
        self._progress.update(self._task, advance=1, name=name)
        if not self._progress.console.is_terminal:
            self._progress.console.print(Text(name))


@contextlib.contextmanager
def progress_bar(language: str) -> Iterator[_Bar]:
    """Show a bar while the block runs; where stderr is no terminal, one line for each submission."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Bar(progress, language)
