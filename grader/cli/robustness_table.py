"""What `robustness` prints: the numbers of a model and of the referee beside it."""

from typing import Any

from rich.table import Table
from rich.text import Text

from grader.analysis.robustness import (
    OTHERS,
    DigitRobustness,
    Robustness,
    count_at,
    digit_robustness,
    robustness,
)
from grader.cli.pictures import print_findings
from grader.cli.terminal import console_for_results
from grader.core.count import Count, Estimate, share_text
from grader.core.model_trial import ModelTrial
from grader.core.perturbed import PerturbedPredictions
from grader.export.robustness import count_of, digit_of, numbers_of, plain
from grader.texts.catalog import Texts, safe

Cells = list[str]


def robustness_json(trial: ModelTrial) -> dict[str, Any]:
    """Return the document of `grader robustness --json`; docs/results-format.md explains it."""
    document: dict[str, Any] = {
        "model": trial.model,
        "convention": trial.convention,
        "level": trial.level,
        **_set_json(trial.test_set, trial.subject, trial.referee),
    }
    if trial.own is not None and trial.images is not None:
        files = {picture.index: picture.file for picture in trial.images.pictures}
        document["own"] = {
            **_set_json(trial.own, trial.subject, trial.referee),
            "images": [
                {
                    "file": files[digit.row],
                    "label": digit.label,
                    **digit_of(digit),
                }
                for digit in digit_robustness(trial.own, trial.subject)
            ],
            "findings": [{"slug": each.slug, "file": each.file} for each in trial.findings],
        }
    return document


def _set_json(predictions: PerturbedPredictions, subject: str, referee: str) -> dict[str, Any]:
    everything = robustness(predictions, subject, only_valid=False)
    return {
        "digits": len(predictions.rows),
        "clean": None if everything is None else count_of(everything.clean),
        "curve": _places_json(predictions, subject, "rotation"),
        "shift": _places_json(predictions, subject, "shift"),
        "grid": _places_json(predictions, subject, "grid"),
        "worst": None if everything is None else count_of(everything.grid_worst),
        "all": numbers_of(everything),
        "counted": numbers_of(robustness(predictions, subject)),
        "referee": numbers_of(robustness(predictions, referee, only_valid=False)),
    }


def _places_json(predictions: PerturbedPredictions, subject: str, name: str) -> dict[str, Any] | None:
    if name not in predictions.parameter_sets:
        return None
    right, counted = predictions.is_right(subject, name), predictions.valid[name]
    return {
        "at": [plain(place) for place in predictions.parameter_sets[name].tolist()],
        "correct": right.sum(axis=1).tolist(),
        "total": [right.shape[1]] * len(right),
        "counted_correct": (right & counted).sum(axis=1).tolist(),
        "counted_total": counted.sum(axis=1).tolist(),
    }


def robustness_tables(trial: ModelTrial, language: str) -> None:
    """Print the numbers on test images and, where there are any, on the pictures of a folder."""
    said = Texts(language)
    console = console_for_results()
    if trial.convention is not None:
        console.print(Text(f"{said('terminal.convention')} {trial.convention}"))
    _print_set(
        trial, trial.test_set, said("terminal.robustness.on_test_set", n=len(trial.test_set.rows)), said
    )
    if trial.own is None or trial.images is None:
        return
    console.print()
    _print_set(trial, trial.own, said("terminal.robustness.on_own", n=len(trial.own.rows)), said)
    files = {picture.index: picture.file for picture in trial.images.pictures}
    table = Table(show_edge=False, header_style="bold")
    table.add_column(said("terminal.picture"), overflow="fold")
    for key in ("digit", "angles", "shift_reach", "cells_read"):
        table.add_column(said(f"terminal.robustness.{key}"), overflow="fold")
    for digit in digit_robustness(trial.own, trial.subject):
        table.add_row(*(Text(cell) for cell in (safe(files[digit.row]), *_reach(digit, said))))
    console.print()
    console.print(table)
    print_findings(trial.findings, language)


def _reach(digit: DigitRobustness, said: Texts) -> Cells:
    if digit.angles_degrees is None:
        nowhere = said("terminal.robustness.not_upright")
        return [str(digit.label), nowhere, nowhere, _counted(digit.cells)]
    low, high = digit.angles_degrees
    reach = "–" if digit.shift_pixels is None else f"{digit.shift_pixels} px"
    return [str(digit.label), f"{low:+g}° … {high:+g}°", reach, _counted(digit.cells)]


def _print_set(trial: ModelTrial, predictions: PerturbedPredictions, title: str, said: Texts) -> None:
    table = Table(show_edge=False, header_style="bold", title=title, title_justify="left", title_style="bold")
    table.add_column(said("terminal.robustness.tried"), overflow="fold")
    is_referee = trial.subject == trial.referee
    columns = [(trial.subject, False, "model_all"), (trial.subject, True, "model_counted")]
    if not is_referee:
        columns.append((trial.referee, False, "referee_all"))
    for _, _, key in columns:
        table.add_column(said(f"terminal.robustness.{key}"), justify="right")
    told = [_rows(predictions, subject, said, only_valid=only_valid) for subject, only_valid, _ in columns]
    for name in told[0]:
        table.add_row(Text(name), *(Text(each.get(name, "–")) for each in told))
    console = console_for_results()
    console.print(table)
    console.print(Text(said("terminal.robustness.note")))


def _rows(
    predictions: PerturbedPredictions, subject: str, said: Texts, *, only_valid: bool
) -> dict[str, str]:
    """Return every number as text, by its name in words."""
    found = robustness(predictions, subject, only_valid=only_valid)
    if found is None:
        return {}
    rows = {
        said("terminal.robustness.clean"): _counted(found.clean),
        said("terminal.robustness.rotation_30"): _estimated(found.rotation),
        said("terminal.robustness.rotation_90"): _estimated(found.rotation_wide),
        said("terminal.robustness.shift_3"): _estimated(found.shift),
    }
    for pixels in (3.0, 5.0):
        count = count_at(predictions, subject, "shift", (pixels, 0.0), only_valid=only_valid)
        rows[said("terminal.robustness.shift_right", n=f"{pixels:g}")] = _counted(count)
    rows |= _lecture(found, said)
    if found.grid is not None:
        n_cells = len(predictions.parameter_sets["grid"])
        rows[said("terminal.robustness.grid_mean", n=n_cells)] = _estimated(found.grid)
        rows[said("terminal.robustness.grid_worst", n=n_cells)] = _counted(found.grid_worst)
    rows[said("terminal.robustness.flips")] = _estimated(found.flip_rate)
    for name in OTHERS:
        if name in found.others:
            rows[said(f"terminal.perturbation.{name}")] = _estimated(found.others[name])
    return rows


def _lecture(found: Robustness, said: Texts) -> dict[str, str]:
    rows = {}
    for (angle, dx, dy), count in found.lecture:
        shifted = said("terminal.robustness.and_shift", dx=f"{dx:g}", dy=f"{dy:g}") if dx or dy else ""
        rows[said("terminal.robustness.turned", angle=f"{angle:g}") + shifted] = _counted(count)
    return rows


def _counted(count: Count | None) -> str:
    return (
        "–" if count is None or count.total == 0 else f"{count.percent_text} ({count.correct}/{count.total})"
    )


def _estimated(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    few = f", n = {estimate.n}" if estimate.is_small else ""
    return f"{share_text(estimate.value)} % [{share_text(estimate.low)}, {share_text(estimate.high)}]{few}"
