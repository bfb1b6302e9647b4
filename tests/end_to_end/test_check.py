"""`grader check` on a class where some things go wrong: each costs only itself, and is told with slug and remedy."""

import csv
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from grader.texts.catalog import LANGUAGES, messages
from tests.end_to_end.conftest import Ran, check, grader, stored, write_digits, write_good
from tests.loops import every

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def mixed_class(model_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    class_ = tmp_path_factory.mktemp("mixed") / "class"
    write_good(class_ / "01-good")
    for name, model in (
        ("02-endless", "endless.keras"),
        ("03-truncated-model", "truncated.keras"),
        ("04-lambda", "lambda.keras"),
        ("05-eleven-classes", "eleven.keras"),
    ):
        write_digits(class_ / name, seed=2)
        (class_ / name / "model.keras").write_bytes((model_files / model).read_bytes())
    write_good(class_ / "06-truncated-picture")
    picture = class_ / "06-truncated-picture" / "3.png"
    picture.write_bytes(picture.read_bytes()[:400])
    (class_ / "07-empty").mkdir()
    write_digits(class_ / "09-five-models", seed=1)
    for number in range(5):
        (class_ / "09-five-models" / f"model{number}.keras").write_bytes(
            (model_files / "truncated.keras").read_bytes()
        )
    write_good(class_ / "08-<script>alert(1)<")
    return class_


@pytest.fixture(scope="module")
def mixed_run(mixed_class: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return check(mixed_class, tmp_path_factory.mktemp("run") / "run", "--limit-seconds", "10", "--jobs", "2")


def test_check_when_the_class_is_mixed_then_everyone_has_an_outcome(mixed_run: Ran) -> None:
    assert mixed_run.code == 1, mixed_run.err
    assert list(mixed_run.by_id) == sorted(mixed_run.by_id)
    assert {id_: entry["status"] for id_, entry in mixed_run.by_id.items()} == {
        "01-good": "graded",
        "02-endless": "incomplete",
        "03-truncated-model": "incomplete",
        "04-lambda": "incomplete",
        "05-eleven-classes": "incomplete",
        "06-truncated-picture": "incomplete",
        "07-empty": "not_submitted",
        "08-<script>alert(1)<": "graded",
        "09-five-models": "incomplete",
    }


@every(
    "id_, slug",
    [
        ("02-endless", "model-timeout"),
        ("03-truncated-model", "model-damaged"),
        ("04-lambda", "model-unsafe"),
        ("05-eleven-classes", "model-output-size"),
        ("06-truncated-picture", "picture-truncated"),
        ("07-empty", "submission-empty"),
    ],
)
def test_check_when_something_is_wrong_then_the_finding_has_a_remedy_in_both_languages(
    mixed_run: Ran, id_: str, slug: str
) -> None:
    assert slug in mixed_run.slugs(id_)
    assert all(messages(language)[slug]["remedy"] for language in LANGUAGES)


def test_check_when_many_models_are_handed_in_then_three_are_tried(mixed_run: Ran) -> None:
    findings = mixed_run.by_id["09-five-models"]["findings"]
    damaged = [each["file"] for each in findings if each["slug"] == "model-damaged"]
    assert damaged == ["model0.keras", "model1.keras", "model2.keras"]


def test_self_check_when_every_automatic_part_passes_then_exits_with_0_and_bytes_are_those_among_others(
    mixed_run: Ran, mixed_class: Path, tmp_path: Path
) -> None:
    alone = check(mixed_class / "01-good", tmp_path / "alone", "--self")
    assert alone.code == 0, alone.out + alone.err
    entries = [{**ran.by_id["01-good"], "seconds": None} for ran in (alone, mixed_run)]
    assert json.dumps(entries[0]) == json.dumps(entries[1]), "one at a time or two, beside a model that hangs"
    page = (alone.folder / "students" / "01-good.html").read_text(encoding="utf-8")
    assert "not a grade" in page.casefold()
    assert grader(["regrade", alone.folder], tmp_path)[0] == 0


def test_check_when_a_model_cannot_be_used_then_its_points_are_open_and_not_zero(mixed_run: Ran) -> None:
    for id_ in ("02-endless", "03-truncated-model"):
        criteria = {each["id"]: each for each in mixed_run.by_id[id_]["criteria"]}
        assert criteria["test-accuracy"]["status"] == "not_measured"
        assert criteria["test-accuracy"]["points"] is None
        assert criteria["model-loads"]["points"] == (None if id_ == "02-endless" else 0)
        assert criteria["pictures"]["points"] == 2


def test_check_when_a_picture_is_truncated_then_it_has_no_prediction(mixed_run: Ran) -> None:
    images = {each["file"]: each for each in mixed_run.by_id["06-truncated-picture"]["images"]}
    assert images["3.png"]["student"]["prediction"] is None
    assert images["3.png"]["reference"]["referee"]["prediction"] is None
    assert images["4.png"]["student"]["prediction"] is not None


def test_run_when_it_is_over_then_record_and_pages_say_what_the_lock_was(mixed_run: Ran) -> None:
    record = tomllib.loads((mixed_run.folder / "run.toml").read_text(encoding="utf-8"))
    said = record["provenance"]["sandbox"]
    assert said.startswith("full: Landlock ")
    for page in (mixed_run.folder / "index.html", *(mixed_run.folder / "students").iterdir()):
        assert said in page.read_text(encoding="utf-8"), page.name


def test_manual_criteria_when_nobody_has_looked_then_they_wait(mixed_run: Ran) -> None:
    entry = mixed_run.by_id["01-good"]
    waiting = {each["id"]: each["points"] for each in entry["criteria"] if each["status"] == "waiting"}
    manual = ("accuracy-curve", "misread-grid", "analysis", "ambiguous-experiment")
    assert waiting == dict.fromkeys(manual)
    assert (entry["points"], entry["points_open"], entry["points_possible"]) == (12, 8, 20)


def test_tables_when_a_name_is_hostile_then_it_stays_text(mixed_run: Ran) -> None:
    page = (mixed_run.folder / "index.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    with (mixed_run.folder / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows["07-empty"]["status"] == "not_submitted"
    assert len(rows) == 9


def test_summary_when_printed_then_names_who_needs_a_person_and_where_the_pages_are(mixed_run: Ran) -> None:
    assert "Submissions: 9." in mixed_run.out
    assert "model-timeout" in mixed_run.out
    assert str(mixed_run.folder / "index.html") in mixed_run.out
    assert "Traceback" not in mixed_run.err


def test_regrade_when_nothing_changed_then_results_are_the_same_bytes_and_no_model_runs(
    mixed_run: Ran,
) -> None:
    before = (mixed_run.folder / "results.json").read_bytes()
    watched = (
        "import sys; from grader.cli.main import main\n"
        f"code = main(['regrade', {str(mixed_run.folder)!r}])\n"
        "assert not {'tensorflow', 'keras', 'onnxruntime'} & set(sys.modules)\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert (mixed_run.folder / "results.json").read_bytes() == before
    assert "Nobody's points moved." in done.stdout


def test_regrade_when_the_rubric_is_kinder_then_says_who_moved(mixed_run: Ran, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(mixed_run.folder, folder)
    rubric = (folder / "rubric.toml").read_text(encoding="utf-8")
    kinder = rubric.replace(
        "linear = { zero_at = 0, full_at = 1 }", "linear = { zero_at = 0, full_at = 0.9 }"
    )
    assert kinder != rubric
    (tmp_path / "kinder.toml").write_text(kinder, encoding="utf-8")
    code, out, err = grader(
        ["regrade", folder, "--rubric", tmp_path / "kinder.toml", "--lang", "en"], tmp_path
    )
    assert code == 1, err
    moved = [line for line in out.splitlines() if "→" in line]
    assert len(moved) == 1
    assert moved[0].startswith("06-truncated-picture: ")


def test_report_when_the_language_changes_then_pages_are_korean(mixed_run: Ran, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(mixed_run.folder, folder)
    code, _, err = grader(["report", folder, "--lang", "ko"], tmp_path)
    assert code == 1, err
    assert '<html lang="ko"' in (folder / "index.html").read_text(encoding="utf-8")
    assert '<html lang="ko"' in (folder / "students" / "01-good.html").read_text(encoding="utf-8")


def test_check_when_given_again_then_nothing_is_measured_again(mixed_run: Ran, mixed_class: Path) -> None:
    before = stored(mixed_run.folder)
    again = check(mixed_class, mixed_run.folder, "--limit-seconds", "10")
    assert again.code == 1, again.err
    after = stored(mixed_run.folder)
    assert before.keys() == after.keys()
    # Only what ended by chance is tried again.
    assert {id_ for id_ in before if before[id_] != after[id_]} <= {"02-endless"}


def test_check_when_out_holds_another_class_then_its_evidence_is_kept(
    mixed_run: Ran, mixed_class: Path, tmp_path: Path
) -> None:
    write_digits(tmp_path / "other" / "01-good", seed=1)
    before = (mixed_run.folder / "evidence.sqlite").read_bytes()
    other = check(tmp_path / "other", mixed_run.folder)
    self_check = check(mixed_class, mixed_run.folder, "--self", "--student", "01-good")
    for ran in (other, self_check):
        assert ran.code == 2
        assert "[out-other-run]" in ran.err
    assert (mixed_run.folder / "evidence.sqlite").read_bytes() == before
