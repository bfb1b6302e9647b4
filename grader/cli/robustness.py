"""`grader robustness`."""

import json
from pathlib import Path

import click

from grader.cli.options import (
    NEW_FILE,
    dataset_option,
    json_option,
    language_option,
    limit_option,
    sandbox_option,
)


@click.command()
@click.argument("model", metavar="MODEL")
@click.option(
    "--images",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of your own pictures, named after their digits, tried as well.",
)
@click.option(
    "--level",
    type=click.Choice(["quick", "standard", "full"]),
    default="standard",
    show_default=True,
    help="How much is tried; docs/rubric.md says what the levels hold.",
)
@click.option(
    "--digits",
    "n_digits",
    type=click.IntRange(10, 1000),
    default=200,
    show_default=True,
    help="How many of the data set's test images are tried, as many of each class.",
)
@limit_option(300.0, "Processor time for a model file.")
@click.option("--page", type=NEW_FILE, help="Write a page with curves and tables to this file.")
@json_option("Print the numbers as JSON.")
@dataset_option
@sandbox_option
@language_option(default=True)
def robustness(
    model: str,
    folder: Path | None,
    level: str,
    n_digits: int,
    limit_seconds: float,
    page: Path | None,
    as_json: bool,
    dataset: str,
    sandbox: str,
    language: str,
) -> int:
    """Let MODEL read digits that are turned, moved and changed in other ways.

    MODEL is a model file, run in a locked process under the input convention it was trained with, or the id of a
    reference model (see `grader reference list`). The referee of the data set reads the same digits beside it, and says
    where a digit can still be read at all; without a referee every digit counts.
    """
    from grader.cli.main import EXIT_DONE
    from grader.cli.robustness_table import robustness_json, robustness_tables
    from grader.report.render import render_robustness
    from grader.store.evidence import write_whole
    from grader.tryout import try_robustness

    trial = try_robustness(
        model,
        dataset=dataset,
        folder=folder,
        level=level,
        n_digits=n_digits,
        limit_seconds=limit_seconds,
        is_sandbox_reduced=sandbox == "reduced",
    )
    if as_json:
        click.echo(json.dumps(robustness_json(trial), ensure_ascii=False, indent=1))
    else:
        robustness_tables(trial, language)
    if page is not None:
        write_whole(page, render_robustness(trial, language).encode())
        click.echo(str(page), err=True)
    return EXIT_DONE
