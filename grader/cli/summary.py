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
from grader.cli.terminal import console_for_results, safe
from grader.cli.words import words
from grader.core.evidence import Evidence
from grader.core.finding import Finding, Reason
from grader.core.grade import CriterionStatus, Grade, SubmissionStatus
from grader.core.submission import page_id
from grader.export.results import results_text
from grader.grading.score import passed_all_automatic
from grader.messages.catalog import catalog, placeholders, text
from grader.pipeline import Run

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
        click.echo(results_text(run.results), nl=False)
        return
    said = words(run.language)
    console = console_for_results()
    names = [safe(grade.name) for grade in run.grades]
    widest = min(max(map(cell_len, names)), _WIDEST_NAME)
    table = Table(show_edge=False, header_style="bold")
    table.add_column(said["submission"], overflow="fold", min_width=widest)
    table.add_column(said["status"], no_wrap=True)
    table.add_column(said["points"], justify="right", no_wrap=True)
    table.add_column(said["open"], justify="right", no_wrap=True)
    table.add_column(said["attention"], overflow="fold", ratio=1)
    for name, grade, evidence in zip(names, run.grades, run.evidence, strict=True):
        points = "–" if grade.points is None else _number(grade.points)
        table.add_row(
            Text(name),
            Text(said[grade.status.value]),
            said["of"].format(points=points, possible=_number(grade.points_possible)),
            _number(grade.points_open),
            Text("\n".join(_attention(grade, evidence, run.language))),
        )
    console.print(table)
    _print_totals(run, console)
    if moved:
        _print_moved(run, console)
    single = len(run.grades) == 1
    page = f"students/{page_id(run.grades[0].submission_id)}.html" if single else "index.html"
    console.print(
        Text(f"{said['student_pages' if single else 'class_page']} {run.folder / page}"), soft_wrap=True
    )
    if not single:
        console.print(Text(f"{said['student_pages']} {run.folder / 'students'}"), soft_wrap=True)
    tables = f"{run.folder / 'grades.csv'}, {run.folder / 'results.json'}"
    console.print(Text(f"{said['tables']} {tables}"), soft_wrap=True)


def _print_moved(run: Run, console: Console) -> None:
    said = words(run.language)
    if not run.moved:
        console.print(said["nothing_moved"])
    for grade, before in run.moved:
        after = "–" if grade.points is None else _number(grade.points)
        earlier = "–" if before is None else _number(Decimal(str(before)))
        console.print(Text(said["moved"].format(name=safe(grade.name), before=earlier, after=after)))


def _print_totals(run: Run, console: Console) -> None:
    said = words(run.language)
    statuses = Counter(grade.status for grade in run.grades)
    parts = [f"{n} {said[status.value]}" for status in SubmissionStatus if (n := statuses[status])]
    console.print(f"\n{said['summary'].format(n=len(run.grades))} {', '.join(parts)}.")
    undecided = sum(
        bool(what_to_look_at(grade, evidence))
        for grade, evidence in zip(run.grades, run.evidence, strict=True)
    )
    waiting = sum(
        any(each.status is CriterionStatus.WAITING for each in grade.criteria) for grade in run.grades
    )
    if undecided:
        console.print(said["undecided"].format(n=undecided))
    if waiting:
        console.print(said["waiting"].format(n=waiting))


def _attention(grade: Grade, evidence: Evidence, language: str) -> list[str]:
    """Say what a person has to look at, the gravest first; the page has the rest."""
    reasons = what_to_look_at(grade, evidence)
    shown = [safe(_told(reason, language)) for reason in reasons[:_MOST_REASONS]]
    hidden = len(reasons) - len(shown)
    return [*shown, f"+ {hidden}"] if hidden else shown


def _told(reason: Finding | Reason, language: str) -> str:
    if isinstance(reason, Finding):
        return f"{_place(reason)}{text(reason.slug, language, reason.named)} [{reason.slug}]"
    return text(reason.slug, language, reason.values)


def _place(finding: Finding) -> str:
    """Return the file in front of messages that do not name it themselves."""
    names_file = "file" in placeholders(catalog("en")[finding.slug]["text"])
    return "" if finding.file is None or names_file else f"{finding.file}: "


def _number(points: Decimal) -> str:
    return f"{points.normalize():f}"
