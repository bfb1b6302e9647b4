"""Grades → `grades.csv` for a spreadsheet."""

import csv
import io
from decimal import Decimal

from grader.export.base import GradedRun, exporter

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The wide forms start a formula in spreadsheets of East Asian languages."""


@exporter("grades", file="grades.csv")
def grades_csv(graded: GradedRun) -> bytes:
    """Return the table, UTF-8 with a byte order mark, one row per submission by id.

    Columns: id, name, status, points, points_possible, points_open, one per criterion (its id), needs_person
    (yes or no), findings (how many). A blank cell means that nobody knows the points yet; it is not 0.
    """
    criteria = list(dict.fromkeys(criterion.id for grade in graded.grades for criterion in grade.criteria))
    head = ["id", "name", "status", "points", "points_possible", "points_open"]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([*head, *map(_guarded, criteria), "needs_person", "findings"])
    for grade in sorted(graded.grades, key=lambda grade: grade.submission_id):
        by_id = {criterion.id: criterion.points for criterion in grade.criteria}
        evidence = graded.evidences.get(grade.submission_id)
        writer.writerow(
            [
                _guarded(grade.submission_id),
                _guarded(grade.name),
                grade.status.value,
                _number(grade.points),
                _number(grade.points_possible),
                _number(grade.points_open),
                *(_number(by_id.get(criterion)) for criterion in criteria),
                "yes" if grade.needs_person else "no",
                len(evidence.findings) if evidence else "",
            ]
        )
    return buffer.getvalue().encode("utf-8-sig")


def _guarded(cell: str) -> str:
    """Return `cell` so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell


def _number(points: Decimal | None) -> str:
    return "" if points is None else f"{points.normalize():f}"
