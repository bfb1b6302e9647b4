"""`grader check` that does not come to its end, or does not begin: what it says, leaves behind and goes on with."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.resources import resource_folder
from tests.end_to_end.conftest import Ran, grader, stored, write_digits, write_good
from tests.loops import every
from tests.sandbox.locked import children_of, inside

pytestmark = pytest.mark.tensorflow


# a shell that starts the tests in the background has its children ignore interrupts
HEED_INTERRUPTS = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from grader.cli.main import run
run()
"""


def test_check_when_interrupted_then_the_same_command_goes_on(tmp_path: Path) -> None:
    class_ = tmp_path / "class"
    for number in range(2):
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
    assert len(json.loads((folder / "results.json").read_text(encoding="utf-8"))["submissions"]) == 2


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


@every(
    "arguments, language, slug",
    [
        (["no-such-folder"], "ko", "path-not-found"),
        (["class", "--rubric", "no-such-rubric"], "en", "rubric-not-found"),
        (["class", "--rubric", "unknown-key.toml"], "ko", "rubric-unknown-key"),
        (["empty"], "en", "no-submissions"),
        (["class", "--student", "nobody"], "ko", "student-not-found"),
    ],
)
def test_check_when_it_cannot_start_then_says_why_and_exits_with_2(
    tmp_path: Path, arguments: list[str], language: str, slug: str
) -> None:
    write_good(tmp_path / "class" / "a")
    (tmp_path / "empty").mkdir()
    rubric = (resource_folder("rubrics") / "handwritten-digits.toml").read_text(encoding="utf-8")
    (tmp_path / "unknown-key.toml").write_text("pionts_step = 1\n" + rubric, encoding="utf-8")
    code, out, err = grader(["check", *arguments, "--lang", language, "--json"], tmp_path)
    assert code == 2, err
    assert f"[{slug}]" in err
    assert json.loads(out)["errors"][0]["slug"] == slug
    assert not (tmp_path / "reports").exists()


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
