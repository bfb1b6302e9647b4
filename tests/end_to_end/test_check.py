"""`grader check` on a class where some things go wrong: each costs only itself, and is told with slug and remedy."""

import csv
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from grader.texts.catalog import LANGUAGES, messages
from tests.end_to_end.conftest import Ran, check, grader, write_digits, write_good
from tests.sandbox.locked import children_of, inside

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
    write_good(class_ / "08-<script>alert(1)<")
    return class_


@pytest.fixture(scope="module")
def mixed_run(mixed_class: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return check(mixed_class, tmp_path_factory.mktemp("run") / "run", "--limit-seconds", "20", "--jobs", "2")


def test_check_when_the_class_is_mixed_then_everyone_has_an_outcome(mixed_run: Ran) -> None:
    assert mixed_run.code == 1, mixed_run.err
    assert {id_: entry["status"] for id_, entry in mixed_run.by_id.items()} == {
        "01-good": "graded",
        "02-endless": "incomplete",
        "03-truncated-model": "incomplete",
        "04-lambda": "incomplete",
        "05-eleven-classes": "incomplete",
        "06-truncated-picture": "incomplete",
        "07-empty": "not_submitted",
        "08-<script>alert(1)<": "graded",
    }


@pytest.mark.parametrize(
    ("id_", "slug"),
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


def test_check_when_a_neighbour_hangs_then_a_good_submission_scores_as_alone(
    mixed_run: Ran, mixed_class: Path, tmp_path: Path
) -> None:
    alone = check(mixed_class / "01-good", tmp_path / "alone")
    together = {**mixed_run.by_id["01-good"], "seconds": None}
    assert {**alone.by_id["01-good"], "seconds": None} == together


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
    assert len(rows) == 8


def test_summary_when_printed_then_names_who_needs_a_person_and_where_the_pages_are(mixed_run: Ran) -> None:
    assert "Submissions: 8." in mixed_run.out
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
    again = check(mixed_class, mixed_run.folder, "--limit-seconds", "20")
    assert again.code == 1, again.err
    after = stored(mixed_run.folder)
    assert before.keys() == after.keys()
    # Only what ended by chance is tried again.
    assert {id_ for id_ in before if before[id_] != after[id_]} <= {"02-endless"}


def test_check_when_the_model_child_is_killed_then_only_that_submission_suffers(
    model_files: Path, tmp_path: Path
) -> None:
    class_ = tmp_path / "class"
    write_digits(class_ / "a-endless", seed=3)
    (class_ / "a-endless" / "model.keras").write_bytes((model_files / "endless.keras").read_bytes())
    write_good(class_ / "b-good")
    command = [sys.executable, "-m", "grader", "check", class_, "--out", tmp_path / "run", "--lang", "en"]
    command += ["--jobs", "1", "--limit-seconds", "120"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        os.kill(busy_model_child(running.pid), signal.SIGKILL)
        _, err = running.communicate()
    ran = Ran(code=running.returncode, out="", err=err, folder=tmp_path / "run")
    assert ran.code == 1, err
    assert "model-killed" in ran.slugs("a-endless")
    assert ran.by_id["b-good"]["status"] == "graded"


def stored(folder: Path) -> dict[str, bytes]:
    """What the evidence file says of each submission, its times included."""
    try:
        file = sqlite3.connect(f"file:{folder / 'evidence.sqlite'}?mode=ro", uri=True)
        return {id_.decode(): body for id_, body in file.execute("SELECT id, body FROM submissions")}
    except sqlite3.OperationalError:
        return {}


def busy_model_child(pid: int) -> int:
    """Wait until a child of the TensorFlow zygote has computed for two seconds; return its process id."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for helper in children_of(pid):
            if "grader.models.child" not in command_line(helper):
                continue
            for child in children_of(inside(helper)):
                if processor_seconds(child) > 2:
                    return child
        time.sleep(0.1)
    raise AssertionError("no model child was seen at work")


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_results_when_jobs_differ_then_bytes_are_the_same_apart_from_times(tmp_path: Path) -> None:
    class_ = tmp_path / "class"
    for number in range(4):
        write_good(class_ / f"student-{number}", seed=number)
    documents = []
    for jobs in ("1", "4"):
        (tmp_path / jobs).mkdir()
        ran = check(class_, tmp_path / jobs / "run", "--jobs", jobs)
        for entry in (document := ran.results)["submissions"]:
            entry["seconds"] = None
        documents.append(json.dumps(document))
    assert documents[0] == documents[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("arguments", "slug"),
    [
        (["no-such-folder"], "path-not-found"),
        (["class", "--rubric", "no-such-rubric"], "rubric-not-found"),
        (["class", "--rubric", "unknown-key.toml"], "rubric-unknown-key"),
        (["empty"], "no-submissions"),
        (["class", "--student", "nobody"], "student-not-found"),
    ],
)
def test_check_when_it_cannot_start_then_says_why_and_exits_with_2(
    tmp_path: Path, arguments: list[str], slug: str, language: str
) -> None:
    from grader.resources import resource_folder

    write_good(tmp_path / "class" / "a")
    (tmp_path / "empty").mkdir()
    rubric = (resource_folder("rubrics") / "handwritten-digits.toml").read_text(encoding="utf-8")
    (tmp_path / "unknown-key.toml").write_text("pionts_step = 1\n" + rubric, encoding="utf-8")
    code, out, err = grader(["check", *arguments, "--lang", language, "--json"], tmp_path)
    assert code == 2, err
    assert f"[{slug}]" in err
    assert json.loads(out)["errors"][0]["slug"] == slug
    assert not (tmp_path / "reports").exists()


def test_self_check_when_every_automatic_part_passes_then_exits_with_0(tmp_path: Path) -> None:
    write_good(tmp_path / "mine")
    ran = check(tmp_path / "mine", tmp_path / "run", "--self")
    assert ran.code == 0, ran.out + ran.err
    page = (tmp_path / "run" / "students" / "mine.html").read_text(encoding="utf-8")
    assert "not a grade" in page.casefold()
    assert grader(["regrade", tmp_path / "run"], tmp_path)[0] == 0


def test_self_check_when_the_model_is_missing_then_exits_with_1(tmp_path: Path) -> None:
    write_digits(tmp_path / "mine", seed=1)
    assert check(tmp_path / "mine", tmp_path / "run", "--self").code == 1


# a shell that starts the tests in the background has its children ignore interrupts
HEED_INTERRUPTS = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from grader.cli.main import run
run()
"""


def test_check_when_interrupted_then_the_same_command_goes_on(tmp_path: Path) -> None:
    class_ = tmp_path / "class"
    for number in range(4):
        write_good(class_ / f"student-{number}", seed=number)
    command = [sys.executable, "-c", HEED_INTERRUPTS, "check", "class", "--lang", "en", "--jobs", "1"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        deadline = time.monotonic() + 120
        while not any(map(stored, tmp_path.glob("reports/*"))) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(running.pid, signal.SIGINT)
        _, err = running.communicate()
    assert running.returncode == 130, err
    assert "[interrupted]" in err
    (folder,) = tmp_path.glob("reports/*")
    code, _, err = grader(["regrade", folder, "--lang", "en"], tmp_path)
    assert (code, "[run-not-finished]" in err) == (2, True)
    kept = stored(folder)
    code, _, err = grader(["check", "class", "--lang", "en"], tmp_path)
    assert code == 1, err
    assert list(tmp_path.glob("reports/*")) == [folder]
    assert kept
    assert stored(folder).items() >= kept.items()
    assert len(json.loads((folder / "results.json").read_text(encoding="utf-8"))["submissions"]) == 4


def test_check_when_terminated_then_no_copy_of_a_students_file_stays(tmp_path: Path) -> None:
    write_good(tmp_path / "class" / "a")
    (tmp_path / "temporary").mkdir()
    command = [sys.executable, "-m", "grader", "check", "class", "--lang", "en", "--out", "run"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("temporary/*/1/*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(running.pid, signal.SIGTERM)
        _, err = running.communicate()
    assert (running.returncode, "[interrupted]" in err) == (130, True)
    assert list((tmp_path / "temporary").glob("grader-*")) == []


def test_check_when_the_disk_is_full_then_says_so_without_a_traceback(tmp_path: Path) -> None:
    write_good(tmp_path / "class" / "a")
    done = subprocess.run(
        [sys.executable, "-m", "grader", "check", "class", "--lang", "en", "--out", "run"],
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "[storage-failed]" in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_check_when_out_holds_other_files_then_nothing_is_touched(tmp_path: Path) -> None:
    write_good(tmp_path / "class" / "a")
    (tmp_path / "thesis" / "students").mkdir(parents=True)
    (tmp_path / "thesis" / "students" / "draft.html").write_text("mine")
    code, _, err = grader(["check", "class", "--out", "thesis", "--lang", "en"], tmp_path)
    assert code == 2
    assert "[out-not-a-run]" in err
    assert [path.name for path in (tmp_path / "thesis").rglob("*")] == ["students", "draft.html"]


def test_regrade_when_the_folder_is_no_run_then_says_so(tmp_path: Path) -> None:
    code, _, err = grader(["regrade", tmp_path, "--lang", "en"], tmp_path)
    assert (code, "[run-not-found]" in err) == (2, True)


def test_check_when_out_holds_another_class_then_its_evidence_is_kept(tmp_path: Path) -> None:
    for name in ("x", "y"):
        write_digits(tmp_path / name / "a", seed=1)
    assert check(tmp_path / "x", tmp_path / "run").code == 1
    before = (tmp_path / "run" / "evidence.sqlite").read_bytes()
    other = check(tmp_path / "y", tmp_path / "run")
    self_check = check(tmp_path / "x", tmp_path / "run", "--self", "--student", "a")
    for ran in (other, self_check):
        assert ran.code == 2
        assert "[out-other-run]" in ran.err
    assert (tmp_path / "run" / "evidence.sqlite").read_bytes() == before


def test_check_when_many_models_are_handed_in_then_three_are_tried(model_files: Path, tmp_path: Path) -> None:
    write_digits(tmp_path / "class" / "a", seed=1)
    for number in range(5):
        (tmp_path / "class" / "a" / f"model{number}.keras").write_bytes(
            (model_files / "truncated.keras").read_bytes()
        )
    ran = check(tmp_path / "class", tmp_path / "run")
    damaged = [each["file"] for each in ran.by_id["a"]["findings"] if each["slug"] == "model-damaged"]
    assert damaged == ["model0.keras", "model1.keras", "model2.keras"]
    assert "models-not-tried" in ran.slugs("a")
