"""`grader rubric`: look at a rubric, or find out what is wrong with one."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import json_option
from grader.texts.catalog import LANGUAGES, Texts

if TYPE_CHECKING:
    from grader.grading.criteria.base import CriterionSettings

DEFAULT = "handwritten-digits"
"""Rubric that is shown when none is named."""


@click.group()
def rubric() -> None:
    """Show a rubric or check a file of your own."""


@rubric.command()
@click.argument("name", default=DEFAULT)
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language.")
@json_option("Print everything in the file as JSON.")
def show(name: str, lang: str, as_json: bool) -> None:
    """Show what a rubric asks for and what it gives points for.

    NAME is a rubric that comes with the grader, or the path of a file.
    """
    import json

    from grader.grading.rubric import load_rubric

    loaded = load_rubric(name)
    if as_json:
        content = {"sha256": loaded.sha256, **loaded.model_dump(mode="json")}
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
        return

    from rich.table import Table
    from rich.text import Text

    from grader.cli.terminal import console_for_results

    said = Texts(lang)
    columns = ("id", "title", "kind", "points", "scale", "pass")
    table = Table(*(said(f"terminal.column.{column}") for column in columns))
    for column, shown in zip(columns, table.columns, strict=True):
        shown.overflow = "fold"
        shown.justify = "right" if column in ("points", "pass") else "left"
    for criterion in loaded.criteria:
        pass_mark = getattr(criterion, "pass_mark", None)
        cells = (
            criterion.id,
            criterion.title.localized()[lang],
            criterion.kind,
            str(criterion.points),
            _scale(criterion),
            "" if pass_mark is None else str(pass_mark),
        )
        table.add_row(*map(Text, cells))
    table.add_section()
    table.add_row("", said("terminal.total"), "", str(loaded.points_possible), "", "")
    click.echo(f"{loaded.title.localized()[lang]}\n\n{loaded.text.localized()[lang]}")
    console_for_results().print(table)


@rubric.command()
@click.argument("file", type=click.Path())
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language.")
def validate(file: str, lang: str) -> None:
    """Find every problem in the rubric FILE at once."""
    from grader.core.finding import Reason, Value
    from grader.grading.rubric import load_rubric

    loaded = load_rubric(Path(file))
    values: dict[str, Value] = {
        "file": file,
        "criteria": len(loaded.criteria),
        "points": str(loaded.points_possible),
    }
    click.echo(Texts(lang).told(Reason(slug="rubric-ok", values=values)))


def _scale(criterion: "CriterionSettings") -> str:
    from fractions import Fraction

    from grader.grading.criteria.base import ScaledSettings
    from grader.grading.scale import percent

    if not isinstance(criterion, ScaledSettings) or criterion.points == 0:
        return ""
    if criterion.linear:
        low, high = Fraction(criterion.linear.zero_at), Fraction(criterion.linear.full_at)
        return f"{percent(low)} → 0 … {percent(high)} → {criterion.points}"
    return ", ".join(f"≥ {percent(Fraction(band.at_least))} → {band.points}" for band in criterion.bands)
