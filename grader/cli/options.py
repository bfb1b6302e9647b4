"""Options that several commands share."""

from collections.abc import Callable
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

json_option: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print results.json instead of the summary."
)

dataset_option = click.option(
    "--dataset",
    default="mnist",
    show_default=True,
    metavar="NAME",
    help="Data set that the model was trained on; see `grader dataset list`.",
)
"""`--dataset`."""
