"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from grader.cli.main import default_language
from grader.texts.catalog import LANGUAGES

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def language_option(*, default: bool) -> Decorator:
    """`--lang`, with the environment's language as the default where `default` is set."""
    return click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        default=default_language if default else None,
        help="Language of pages and messages.  [default: "
        + ("from the environment]" if default else "as the run has it]"),
    )


sandbox_option: Decorator = click.option(
    "--sandbox",
    type=click.Choice(["required", "reduced"]),
    default="required",
    show_default=True,
    help="Where the lock around opened files is not whole: refuse, or go on with your own work.",
)
"""For one's own work the parts that `grader doctor` calls missing can be left out."""


def json_option(help_: str = "Print results.json instead of the summary.") -> Decorator:
    """`--json`, and what it prints."""
    return click.option("--json", "as_json", is_flag=True, help=help_)


def limit_option(default: float, help_: str | None = None) -> Decorator:
    """`--limit-seconds`."""
    seconds = click.FloatRange(1, 3600)
    return click.option("--limit-seconds", type=seconds, default=default, show_default=True, help=help_)


NEW_FILE = click.Path(path_type=Path, dir_okay=False)
"""A file to write."""
NEW_FOLDER = click.Path(path_type=Path, file_okay=False)
"""A folder to write into, or that a run was written to."""


dataset_option = click.option(
    "--dataset",
    default="mnist",
    show_default=True,
    metavar="NAME",
    help="Data set that the model was trained on; see `grader dataset list`.",
)
"""`--dataset`."""
