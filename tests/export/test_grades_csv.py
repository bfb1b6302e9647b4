import codecs
import csv
import io
from collections.abc import Mapping

from grader.core.evidence import Evidence
from grader.core.grade import Grade
from grader.export.base import GradedRun
from grader.export.grades_csv import grades_csv
from tests.export.objects import ASSIGNMENT, RUN, broken_grade, evidence, grade
from tests.loops import every


def table_of(*grades: Grade, evidences: Mapping[str, Evidence] | None = None) -> bytes:
    return grades_csv(
        GradedRun(run=RUN, assignment=ASSIGNMENT, grades=grades, evidences=evidences or {}, language="ko")
    )


def rows(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_grades_csv_when_written_then_a_spreadsheet_finds_its_columns() -> None:
    raw = table_of(broken_grade(), grade(), evidences={"kim": evidence()})
    assert raw.startswith(codecs.BOM_UTF8)
    head = "id,name,status,points,points_possible,points_open,handwriting,report,needs_person,findings"
    assert rows(raw) == [
        head.split(","),
        ["kim", "김민서", "incomplete", "7.1", "20", "2.5", "7.1", "", "yes", "1"],
        ["lee", "lee", "could_not_grade", "", "20", "20", "", "", "yes", ""],
    ]


@every("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1", "＝1+1", "＠x"])
def test_grades_csv_when_a_name_starts_like_a_formula_then_it_is_guarded(name: str) -> None:
    (_, row) = rows(table_of(grade(name, name)))
    assert row[:2] == [f"'{name}", f"'{name}"]


def test_grades_csv_when_a_name_holds_commas_quotes_and_lines_then_it_is_one_cell() -> None:
    name = 'Kim, "Minseo"\n<script>'
    (_, row) = rows(table_of(grade("kim", name)))
    assert row[1] == name
    assert len(row) == 10


def test_grades_csv_when_there_are_no_grades_then_only_the_head_is_written() -> None:
    assert len(rows(table_of())) == 1
