"""`grader check`."""

import os
from pathlib import Path

import click

from grader.cli.options import NEW_FOLDER, json_option, language_option, limit_option, sandbox_option


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--rubric",
    default="handwritten-digits",
    show_default=True,
    help="Name of a rubric that ships, or a file.",
)
@click.option("--out", type=NEW_FOLDER, help="Run folder.  [default: reports/...]")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=lambda: os.cpu_count() or 1,
    help="Submissions measured at a time.  [default: one for each core]",
)
@language_option(default=True)
@click.option("--student", metavar="ID", help="Only this submission.")
@click.option(
    "--self", "is_self_check", is_flag=True, help="Try your own work; the page says it is not a grade."
)
@click.option(
    "--resume/--fresh",
    "resume",
    default=True,
    help="Keep what an earlier run has measured of the same files, or measure everything again.  [default: resume]",
)
@limit_option(20.0, "Processor time for each student's model.")
@sandbox_option
@json_option()
def check(
    paths: tuple[Path, ...],
    rubric: str,
    out: Path | None,
    jobs: int,
    language: str,
    student: str | None,
    is_self_check: bool,
    resume: bool,
    limit_seconds: float,
    sandbox: str,
    as_json: bool,
) -> int:
    """Grade one submission, a folder of submissions, or a zip of either.

    Pages, results.json, grades.csv and the evidence go into a folder below reports/. An interrupted run goes on where
    it stopped when the same command is given again.

    \b
    Exit code: 0 all graded (with --self: every automatic part passed), 1 finished and something needs a person,
    2 not started, 3 a bug.
    """
    from grader.cli.summary import exit_code, print_run
    from grader.cli.terminal import progress_bar
    from grader.pipeline import CheckOptions
    from grader.pipeline import check as run_check

    options = CheckOptions(
        paths=paths,
        rubric=rubric,
        out=out,
        jobs=jobs,
        language=language,
        student=student,
        is_self_check=is_self_check,
        fresh=not resume,
        limit_seconds=limit_seconds,
        is_sandbox_reduced=sandbox == "reduced",
    )
    with progress_bar(language) as progress:
        run = run_check(options, progress)
    print_run(run, as_json=as_json)
    return exit_code(run)
