"""`grader regrade`: points again, from stored evidence."""

from pathlib import Path

import click

from grader.cli.options import NEW_FOLDER, json_option, language_option


@click.command()
@click.argument("run", type=NEW_FOLDER, metavar="RUN")
@click.option("--rubric", help="Name of a rubric that ships, or a file.  [default: the run's own]")
@language_option(default=False)
@json_option()
def regrade(run: Path, rubric: str | None, language: str | None, as_json: bool) -> int:
    """Grade the stored evidence of RUN again and print whose points moved.

    RUN is a folder that `grader check` wrote. Points, bands and texts of the rubric may have changed; no model runs.
    """
    from grader.cli.summary import exit_code, print_run
    from grader.pipeline import regrade as run_regrade

    result = run_regrade(run, rubric, language)
    print_run(result, as_json=as_json, moved=True)
    return exit_code(result)
