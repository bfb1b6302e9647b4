"""What `robustness` prints: the numbers of a model and of the referee beside it."""

from typing import Any

from rich.table import Table
from rich.text import Text

from grader.analysis.robustness import RobustRadius, robust_radii
from grader.analysis.rows import Number, Reader, n_of, rows
from grader.cli.pictures import print_findings
from grader.cli.terminal import console_for_results
from grader.core.count import Count, share_text
from grader.core.model_trial import ModelTrial
from grader.core.perturbed import PerturbedPredictions
from grader.export.robustness import (
    parameter_sets_document,
    radius_document,
    rows_document,
    set_document,
)
from grader.report.view.rows import row_title
from grader.texts.catalog import Texts, safe


def robustness_json(trial: ModelTrial) -> dict[str, Any]:
    """Return the document of `grader robustness --json`; docs/results-format.md explains it."""
    document: dict[str, Any] = {
        "model": trial.model,
        "convention": trial.convention,
        "level": trial.level,
        "rows": rows_document(rows(trial.test_set, (), trial.zone)),
        "parameter_sets": parameter_sets_document(trial.test_set),
        "test_set": _set_json(trial, trial.test_set),
    }
    if trial.own is not None and trial.images is not None:
        files = {picture.index: picture.file for picture in trial.images.pictures}
        document["own"] = {
            **(_set_json(trial, trial.own) or {"digits": 0}),
            "images": [
                {"file": files[digit.row], "label": digit.label, **radius_document(digit)}
                for digit in robust_radii(trial.own, trial.subject, trial.zone)
            ],
            "findings": [{"slug": each.slug, "file": each.file} for each in trial.findings],
        }
    return document


def _readers(trial: ModelTrial) -> dict[str, Reader]:
    """Return the columns by their name: the model over everything and where it counts, the referee over everything."""
    found = {
        "model_all": Reader(network=trial.subject, only_valid=False),
        "model_counted": Reader(network=trial.subject),
    }
    if trial.referee not in {"", trial.subject}:
        found["referee_all"] = Reader(network=trial.referee, only_valid=False)
    return found


def _set_json(trial: ModelTrial, predictions: PerturbedPredictions) -> dict[str, Any] | None:
    return set_document(predictions, _readers(trial), trial.zone, counted=[trial.subject])


def robustness_tables(trial: ModelTrial, language: str) -> None:
    """Print the numbers on test images and, where there are any, on the pictures of a folder."""
    said = Texts(language, preparation=trial.preparation)
    console = console_for_results()
    if trial.convention is not None:
        console.print(Text(f"{said('terminal.convention')} {trial.convention}"))
    _print_set(trial, trial.test_set, "on_test_set", said)
    if trial.own is None or trial.images is None:
        return
    console.print()
    _print_set(trial, trial.own, "on_own", said)
    files = {picture.index: picture.file for picture in trial.images.pictures}
    table = Table(show_edge=False, header_style="bold")
    table.add_column(said("terminal.picture"), overflow="fold")
    for key in ("digit", "angles", "shift_reach", "cells_read"):
        table.add_column(said(f"terminal.robustness.{key}"), overflow="fold")
    for digit in robust_radii(trial.own, trial.subject, trial.zone):
        angles, shift = _radius(digit, said("terminal.robustness.not_upright"))
        cells = (safe(files[digit.row]), str(digit.label), angles, shift, _number_text(digit.cells))
        table.add_row(*map(Text, cells))
    console.print()
    console.print(table)
    print_findings(trial.findings, language)


def _radius(digit: RobustRadius, not_upright: str) -> tuple[str, str]:
    if digit.angles_degrees is None:
        return not_upright, not_upright
    low, high = digit.angles_degrees
    return f"{low:+g}° … {high:+g}°", "–" if digit.shift_pixels is None else f"{digit.shift_pixels} px"


def _print_set(trial: ModelTrial, predictions: PerturbedPredictions, key: str, said: Texts) -> None:
    readers = _readers(trial)
    table = Table(
        show_edge=False,
        header_style="bold",
        title=said(f"terminal.robustness.{key}", n=len(predictions.rows)),
        title_justify="left",
        title_style="bold",
    )
    table.add_column(said("terminal.robustness.tried"), overflow="fold")
    for name in readers:
        table.add_column(said(f"terminal.robustness.{name}"), justify="right")
    for row in rows(predictions, tuple(readers.values()), trial.zone):
        table.add_row(Text(row_title(row, said)), *(Text(_number_text(each)) for each in row.numbers))
    console = console_for_results()
    console.print(table)
    console.print(Text(said("terminal.robustness.note")))


def _number_text(number: Number) -> str:
    if number is None or n_of(number) == 0:
        return "–"
    if isinstance(number, Count):
        return f"{number.percent_text} ({number.correct}/{number.total})"
    few = f", n = {number.n}" if number.is_small else ""
    return f"{share_text(number.value)} % [{share_text(number.low)}, {share_text(number.high)}]{few}"
