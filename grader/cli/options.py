"""Options that several commands share."""

from collections.abc import Callable
from typing import Any

import click

from grader.cli.main import default_language

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def language_option(*, default: bool) -> Decorator:
    """`--lang`, with the environment's language as the default where `default` is set."""
    return click.option(
        "--lang",
        "language",
        type=click.Choice(["ko", "en"]),
        default=default_language if default else None,
        help="Language of pages and messages.  [default: "
        + ("from the environment]" if default else "as the run has it]"),
    )


json_option: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print results.json instead of the summary."
)
