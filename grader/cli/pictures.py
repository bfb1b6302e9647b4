"""What `normalize` and `predict` print about pictures."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.table import Table
from rich.text import Text

from grader.cli.terminal import console_for_results
from grader.core.finding import Finding
from grader.core.picture import ImageSet, Picture
from grader.texts.catalog import Texts, safe
from grader.tryout import Readings

_TOP = 3
_ALMOST_ONE = 0.9995


def top_three(readings: Readings, picture: Picture) -> list[dict[str, float]]:
    """Return the most likely classes of a picture with their probabilities; nothing where it could not be used."""
    if picture.index is None:
        return []
    probabilities = readings.probabilities[picture.index]
    order = np.argsort(-probabilities, kind="stable")[:_TOP]
    return [{"prediction": int(each), "probability": round(float(probabilities[each]), 4)} for each in order]


def picture_findings_table(images: ImageSet, language: str, *, readings: Readings | None = None) -> None:
    """Print a row for each picture: its size, what a model reads, and what was noticed."""
    said = Texts(language)
    table = Table(show_edge=False, header_style="bold")
    table.add_column(said("terminal.picture"), overflow="fold")
    table.add_column(said("terminal.size"), no_wrap=True)
    if readings is not None:
        table.add_column(said("terminal.reading"), no_wrap=True)
    table.add_column(said("terminal.noticed"), overflow="fold", ratio=1)
    for picture in images.pictures:
        size = "–" if picture.width_pixels is None else f"{picture.width_pixels} × {picture.height_pixels}"
        noticed = [finding.slug for finding in images.findings if finding.file == picture.file]
        cells = [Text(safe(picture.file)), Text(size)]
        if readings is not None:
            cells.append(Text(_told(readings, picture, said("terminal.not_read"))))
        table.add_row(*cells, Text(", ".join(noticed)))
    console = console_for_results()
    console.print(table)
    print_findings(images.findings, language)
    if readings is not None and readings.convention is not None:
        console.print(Text(f"\n{said('terminal.convention')} {readings.convention}"))


def print_findings(findings: Sequence[Finding], language: str) -> None:
    """Print each message once, whatever the number of files it is about."""
    console, said = console_for_results(), Texts(language)
    first_of_each = {finding.slug: finding for finding in reversed(findings)}
    for finding in sorted(first_of_each.values(), key=lambda finding: finding.slug):
        told = said.message(replace(finding, file="…"))
        console.print(Text(f"\n{safe(told)}"))


def _told(readings: Readings, picture: Picture, not_read: str) -> str:
    top = top_three(readings, picture)
    return "  ".join(f"{each['prediction']:.0f} {_percent(each['probability'])}" for each in top) or not_read


def _percent(probability: float) -> str:
    """Return a percentage; 0 and 100 are never rounded to."""
    if probability >= _ALMOST_ONE:
        return ">99.9 %"
    return "<0.1 %" if probability < 1 - _ALMOST_ONE else f"{100 * probability:.1f} %"
