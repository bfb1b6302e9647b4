"""`grader report`: the pages again, from stored evidence."""

from pathlib import Path

import click

from grader.cli.options import NEW_FOLDER, json_option, language_option


@click.command()
@click.argument("run", type=NEW_FOLDER, metavar="RUN")
@language_option(default=False)
@json_option()
def report(run: Path, language: str | None, as_json: bool) -> int:
    """Write the pages and tables of RUN again from its stored evidence, for example in the other language."""
    from grader.cli.summary import exit_code, print_run
    from grader.pipeline import report as run_report

    result = run_report(run, language)
    print_run(result, as_json=as_json)
    return exit_code(result)
