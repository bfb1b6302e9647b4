"""`grader check` on a class that holds every hostile submission and three honest ones."""

import os
import re

import pytest

from grader.core.submission import page_id
from grader.texts.catalog import LANGUAGES, messages
from tests.end_to_end.conftest import Ran
from tests.hostile import output
from tests.hostile.case import Case
from tests.hostile.cases import CASES
from tests.hostile.run import (
    CONTROLS,
    Graded,
    add_controls,
    build,
    grade,
    make_with_tensorflow,
    possible,
)
from tests.hostile.trap import Traps
from tests.loops import every
from tests.report.markup import parse

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]

REAL_CASES = [pytest.param(case, id=case.name) for case in CASES if possible(case)]


@pytest.fixture(scope="module")
def graded(armed: Traps, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("hostile")
    make_with_tensorflow(CASES, armed, folder / "factory")
    build(CASES, folder / "class", armed, folder / "factory")
    add_controls(folder / "class")
    return grade(folder / "class", folder / "run", armed)


def test_class_when_graded_then_the_run_ends_and_needs_a_person(graded: Graded) -> None:
    assert graded.code == 1, graded.err[-4000:]
    assert "Traceback" not in graded.err
    assert not list(graded.folder.rglob("*.error.txt"))
    assert {entry["status"] for entry in graded.entries.values()} <= {
        "graded", "incomplete", "rejected", "not_submitted",
    }  # fmt: skip


def test_class_when_graded_then_no_trap_was_touched(graded: Graded) -> None:
    assert not graded.sprung


def test_class_when_graded_then_nothing_is_left_behind(graded: Graded) -> None:
    assert not graded.left_processes
    assert not graded.left_files


@every("case", REAL_CASES)
def test_case_when_graded_then_says_what_was_wrong(graded: Graded, case: Case) -> None:
    assert case.id in graded.entries, [id_ for id_ in graded.entries if id_ not in {c.id for c in CASES}]
    slugs = graded.slugs(case.id)
    assert slugs <= set(messages("en"))
    assert not case.slugs or case.slugs & slugs, slugs
    if case.points is not None:
        assert graded.entries[case.id]["points"] == case.points, slugs


def test_findings_when_something_was_refused_then_both_languages_say_what_to_do(graded: Graded) -> None:
    told = {
        finding["slug"]
        for entry in graded.entries.values()
        for finding in entry["findings"]
        if finding["severity"] == "refused"
    }
    assert all(messages(language)[slug].get("remedy") for slug in told for language in LANGUAGES)


@every("id_", CONTROLS)
def test_honest_submission_when_its_neighbours_are_hostile_then_scores_as_alone(
    graded: Graded, honest_alone: Ran, id_: str
) -> None:
    together = {**graded.entries[id_], "seconds": None}
    assert together == {**honest_alone.by_id[id_], "seconds": None}
    assert together["points"] is not None


def test_outputs_when_written_then_hold_no_secret(graded: Graded, armed: Traps) -> None:
    ran = graded
    printed = [("stdout", ran.out.encode("utf-8", "replace")), ("stderr", ran.err.encode("utf-8", "replace"))]
    held = [
        name
        for name, content in [*output.all_bytes(ran.folder), *printed]
        for form in output.forms(armed.marker)
        if form in content
    ]
    assert not held


def test_outputs_when_printed_then_hold_no_hidden_characters(graded: Graded) -> None:
    assert not output.hidden_characters(graded.out)
    assert not output.hidden_characters(graded.err)


@every("name", ["grades.csv", "results.json", "run.toml"])
def test_tables_when_written_then_hold_no_hidden_characters(graded: Graded, name: str) -> None:
    text = (graded.folder / name).read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    assert not output.hidden_characters(text)


def test_table_when_written_then_no_cell_is_a_formula(graded: Graded) -> None:
    assert not output.formula_cells((graded.folder / "grades.csv").read_bytes())


def test_pages_when_written_then_everyone_has_one(graded: Graded) -> None:
    pages = {path.stem for path in (graded.folder / "students").iterdir()}
    assert pages == {page_id(id_) for id_ in graded.entries}
    assert all(len(os.fsencode(path.name)) <= 255 for path in graded.folder.rglob("*"))


def test_pages_when_written_then_hold_no_foreign_code(graded: Graded) -> None:
    pages = [graded.folder / "index.html", *(graded.folder / "students").glob("*.html")]
    scripts: dict[str, set[str]] = {"index": set(), "students": set()}
    for path in pages:
        html = path.read_text(encoding="utf-8")
        assert not output.hidden_characters(html), path.name
        page = parse(html)
        kind = "index" if path.name == "index.html" and path.parent == graded.folder else "students"
        scripts[kind].update(element.text for element in page.all("script"))
        for element in page.walk():
            assert element.tag not in {"iframe", "object", "embed", "base", "form", "template"}
            assert not [name for name in element.attributes if name.startswith("on") or name == "style"]
            for name in ("src", "href", "data", "action"):
                address = element.attributes.get(name, "")
                assert re.match(r"(data:image/png;base64,|#|(\.\./)?[^:]*$)", address), (path.name, address)
    assert all(len(different) == 1 for different in scripts.values())


def test_run_when_ended_then_the_time_is_what_the_limits_allow(graded: Graded) -> None:
    """Stated limits: processor time of a model, wall clock of a model that waits, pictures of a submission."""
    assert graded.seconds < 600


def test_suite_when_counted_then_has_the_promised_size() -> None:
    assert len(CASES) >= 80
