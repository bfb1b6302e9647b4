"""What `check`, `regrade` and `report` print at the end."""

from collections import Counter
from decimal import Decimal

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.analysis.attention import what_to_look_at
from grader.cli.main import EXIT_DONE, EXIT_PERSON
from grader.cli.terminal import console_for_results
from grader.core.evidence import Evidence
from grader.core.finding import Finding, Reason
from grader.core.grade import Grade, SubmissionStatus
from grader.core.submission import page_id
from grader.grading.score import passed_all_automatic
from grader.pipeline import Run
from grader.texts.catalog import Texts, safe

_MOST_REASONS = 3
_WIDEST_NAME = 32


def exit_code(run: Run) -> int:
    """Return 0 when nothing needs a person; with a self-check, when every automatic criterion passed."""
    if run.results["run"]["self_check"]:
        return EXIT_DONE if all(passed_all_automatic(grade) for grade in run.grades) else EXIT_PERSON
    return EXIT_PERSON if any(grade.needs_person for grade in run.grades) else EXIT_DONE


def print_run(run: Run, *, as_json: bool, moved: bool = False) -> None:
    """Print results.json, or a table and where the pages are."""
    if as_json:
        click.echo((run.folder / "results.json").read_text(encoding="utf-8"), nl=False)
        return
    said = Texts(run.language, preparation=run.assignment.preparation)
    console = console_for_results()
    names = [safe(grade.name) for grade in run.grades]
    widest = min(max(map(cell_len, names)), _WIDEST_NAME)
    table = Table(show_edge=False, header_style="bold")
    table.add_column(said("terminal.submission"), overflow="fold", min_width=widest)
    table.add_column(said("terminal.state"), no_wrap=True)
    table.add_column(said("terminal.points"), justify="right", no_wrap=True)
    table.add_column(said("terminal.open"), justify="right", no_wrap=True)
    table.add_column(said("terminal.attention"), overflow="fold", ratio=1)
    for name, grade, evidence in zip(names, run.grades, run.evidence, strict=True):
        points = "–" if grade.points is None else _number(grade.points)
        table.add_row(
            Text(name),
            Text(said(f"terminal.status.{grade.status}")),
            said("terminal.of", points=points, possible=_number(grade.points_possible)),
            _number(grade.points_open),
            Text("\n".join(_attention(grade, evidence, said))),
        )
    console.print(table)
    _print_totals(run, console, said)
    if moved:
        _print_moved(run, console, said)
    single = len(run.grades) == 1
    page = f"students/{page_id(run.grades[0].submission_id)}.html" if single else "index.html"
    console.print(
        Text(f"{said('terminal.student_pages' if single else 'terminal.class_page')} {run.folder / page}"),
        soft_wrap=True,
    )
    if not single:
        console.print(Text(f"{said('terminal.student_pages')} {run.folder / 'students'}"), soft_wrap=True)
    tables = f"{run.folder / 'grades.csv'}, {run.folder / 'results.json'}"
    console.print(Text(f"{said('terminal.tables')} {tables}"), soft_wrap=True)


def _print_moved(run: Run, console: Console, said: Texts) -> None:
    if not run.moved:
        console.print(said("terminal.nothing_moved"))
    for grade, before in run.moved:
        after = "–" if grade.points is None else _number(grade.points)
        earlier = "–" if before is None else _number(Decimal(str(before)))
        console.print(Text(said("terminal.moved", name=safe(grade.name), before=earlier, after=after)))


def _print_totals(run: Run, console: Console, said: Texts) -> None:
    statuses = Counter(grade.status for grade in run.grades)
    parts = [f"{n} {said(f'terminal.status.{each}')}" for each in SubmissionStatus if (n := statuses[each])]
    console.print(f"\n{said('terminal.summary', n=len(run.grades))} {', '.join(parts)}.")
    undecided = sum(
        bool(what_to_look_at(grade, evidence))
        for grade, evidence in zip(run.grades, run.evidence, strict=True)
    )
    waiting = sum(grade.is_waiting for grade in run.grades)
    if undecided:
        console.print(said("terminal.undecided", n=undecided))
    if waiting:
        console.print(said("terminal.waiting", n=waiting))


def _attention(grade: Grade, evidence: Evidence, said: Texts) -> list[str]:
    """Say what a person has to look at, the gravest first; the page has the rest."""
    reasons = what_to_look_at(grade, evidence)
    shown = [safe(_told(reason, said)) for reason in reasons[:_MOST_REASONS]]
    hidden = len(reasons) - len(shown)
    return [*shown, f"+ {hidden}"] if hidden else shown


def _told(reason: Finding | Reason, said: Texts) -> str:
    """Return a finding with its slug, and with its file in front where the message does not name it; or a reason."""
    if not isinstance(reason, Finding):
        return said.told(reason)
    names_file = "{file}" in said.template(f"message.{reason.slug}.text")
    place = "" if reason.file is None or names_file else f"{reason.file}: "
    return f"{place}{said.told(reason)} [{reason.slug}]"


def _number(points: Decimal) -> str:
    return f"{points.normalize():f}"
