"""The tracks through the code, from outside the package: a distribution adds parts, and a graded class shows each."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grader.resources import resource_folder
from tests.end_to_end.conftest import Ran, write_digits

pytestmark = pytest.mark.tensorflow

PERTURBATION = '''
import numpy as np

from grader.perturbations.base import Perturbation, register, since


def spot(images, side_pixels=0.0):
    """Cover a square in the upper left corner with ink."""
    changed = images.copy()
    changed[:, : round(side_pixels), : round(side_pixels)] = 1
    return changed


register(
    Perturbation(
        name="spot",
        does=spot,
        title={"en": "ink blot in a corner", "ko": "모서리의 잉크 자국"},
        order=95,
        limits=((0.0, 14.0),),
        own=since("quick", (3.0,), (9.0,)),
        test_set=since("quick", (3.0,)),
    )
)
'''

CRITERION = '''
from grader.grading.criteria.base import AutomaticSettings, criterion, decided
from grader.texts.catalog import add_texts


class Tidy(AutomaticSettings):
    """Settings of `tidy`."""

    at_most: int
    """Largest number of files."""


@criterion("tidy", Tidy, anchor="provenance")
def grade_tidy(settings, evidence, classes):
    """Give all points for few files."""
    n = len(evidence.files)
    return decided(n <= settings.at_most, "reason-tidy", n=n)


add_texts(
    {
        "en": {"message": {"reason-tidy": {"text": "{n} files were handed in, counted from outside."}}},
        "ko": {"message": {"reason-tidy": {"text": "파일 {n}개가 제출되었습니다(외부 세기)."}}},
    }
)
'''

EXPORTER = '''
from grader.export.base import exporter


@exporter("names", file="names.txt")
def write_names(graded):
    """One line a submission: its id and points."""
    return "".join(f"{each.submission_id} {each.points:f}\\n" for each in graded.grades).encode()
'''

ENTRY_POINTS = """
[grader.perturbations]
course = course_perturbation

[grader.criteria]
course = course_criterion

[grader.exporters]
course = course_exporter
"""

CRITERION_IN_RUBRIC = """
[[criteria]]
id = "few-files"
kind = "tidy"
points = 1
at_most = 12
title.ko = "파일이 적음"
title.en = "Few files"
guidance.ko = "필요한 파일만 제출하세요."
guidance.en = "Hand in only what is needed."
"""


CARD = """
format = 1
title.ko = "선"
title.en = "Bars, from outside"
shape = [28, 28, 1]
preparation = "plain"
fit = "crop"
is_ink = true
perturbations = ["shift", "contrast"]
test_set = "shipped"
test_set_sha256 = "{sha256}"

[[classes]]
name = "across"
title.ko = "가로"
title.en = "lying bar"

[[classes]]
name = "upright"
title.ko = "세로"
title.en = "standing bar"
"""

RUBRIC_OF_BARS = """
format = 2
id = "bars"
points_possible = 4
points_step = 1
dataset = "bars"
test_set_size = 60
references = []
title = { ko = "선", en = "Bars" }
text = { ko = "선 두 개를 그리세요.", en = "Draw two bars." }

[robustness]
level = "quick"

[[criteria]]
id = "model-loads"
kind = "model_loads"
points = 1
title = { ko = "모델", en = "The model loads" }
guidance = { ko = "다시 저장하세요.", en = "Save it again." }

[[criteria]]
id = "test-accuracy"
kind = "test_accuracy"
points = 3
linear = { zero_at = 0.5, full_at = 1 }
title = { ko = "정확도", en = "Accuracy on test bars" }
guidance = { ko = "더 학습하세요.", en = "Train for longer." }
"""

DATASET = '''
from pathlib import Path


def bars():
    """Return the folder of the data set."""
    return Path(__file__).with_name("bars")
'''


def bars(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures, uint8 (n, 28, 28), of a lying and a standing bar in turn, somewhere near the middle; and classes."""
    images, labels = np.zeros((n, 28, 28), np.uint8), np.arange(n, dtype=np.uint8) % 2
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        at = 12 + number // 2 % 3
        (image if label == 0 else image.T)[at : at + 3, 4:24] = 255
    return images, labels


def write_network(path: Path) -> None:
    """A network that compares how even rows and columns are: the largest row sum against the largest column sum."""
    import onnx

    helper, shapes = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node("ReduceSum", ["images", "columns"], ["by_row"], keepdims=0),
        helper.make_node("ReduceSum", ["images", "rows"], ["by_column"], keepdims=0),
        helper.make_node("ReduceMax", ["by_row", "first"], ["lying"], keepdims=1),
        helper.make_node("ReduceMax", ["by_column", "first"], ["standing"], keepdims=1),
        helper.make_node("Concat", ["lying", "standing"], ["scores"], axis=1),
        helper.make_node("Softmax", ["scores"], ["answers"], axis=1),
    ]
    constants = {"columns": [2, 3], "rows": [1, 3], "first": [1]}
    graph = helper.make_graph(
        nodes,
        "bars",
        [helper.make_tensor_value_info("images", shapes.FLOAT, ["n", 28, 28, 1])],
        [helper.make_tensor_value_info("answers", shapes.FLOAT, ["n", 2])],
        [onnx.numpy_helper.from_array(np.array(value, np.int64), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installed distribution, a class of one, and the rubric that asks for the new criterion."""
    folder = tmp_path_factory.mktemp("course")
    site = folder / "site"
    site.mkdir()
    for name, source in (("perturbation", PERTURBATION), ("criterion", CRITERION), ("exporter", EXPORTER)):
        (site / f"course_{name}.py").write_text(source, encoding="utf-8")
    info = site / "course_parts-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: course-parts\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    write_digits(folder / "class" / "a", seed=1)
    model = resource_folder("reference_models") / "lecture-cnn-small" / "model.onnx"
    (folder / "class" / "a" / "model.onnx").write_bytes(model.read_bytes())
    rubric = (resource_folder("rubrics") / "handwritten-digits.toml").read_text(encoding="utf-8")
    rubric = rubric.replace("points_possible = 20", "points_possible = 21", 1) + CRITERION_IN_RUBRIC
    (folder / "rubric.toml").write_text(rubric, encoding="utf-8")
    return folder


def grader_with(course: Path, *arguments: str) -> tuple[int, str]:
    """Run the command as whoever has installed the distribution."""
    done = subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(course / "site"), "NO_COLOR": "1", "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ran(course: Path) -> Ran:
    code, told = grader_with(
        course, "check", "class", "--rubric", "rubric.toml", "--out", "run", "--lang", "en"
    )
    return Ran(code=code, out=told, err="", folder=course / "run")


def test_perturbation_when_it_comes_from_outside_then_page_terminal_and_results_have_it(
    course: Path, ran: Ran
) -> None:
    assert ran.code == 1, ran.out
    page = (ran.folder / "students" / "a.html").read_text(encoding="utf-8")
    assert "ink blot in a corner" in page
    for digits in ("own", "test_set"):
        assert ran.by_id["a"]["robustness"][digits]["numbers"]["spot"]["student"]["n"] > 0
    code, told = grader_with(course, "robustness", "lecture-cnn-small", "--digits", "10", "--lang", "en")
    assert (code, "ink blot in a corner" in told) == (0, True), told


def test_criterion_when_it_comes_from_outside_then_page_terminal_and_results_have_it(
    course: Path, ran: Ran
) -> None:
    (found,) = [each for each in ran.by_id["a"]["criteria"] if each["id"] == "few-files"]
    assert (found["points"], found["points_possible"]) == (1, 1)
    page = (ran.folder / "students" / "a.html").read_text(encoding="utf-8")
    assert "11 files were handed in, counted from outside." in page
    code, told = grader_with(course, "rubric", "show", "rubric.toml", "--lang", "en")
    assert (code, "few-files" in told) == (0, True), told


def test_exporter_when_it_comes_from_outside_then_its_file_lies_beside_the_others(ran: Ran) -> None:
    id_, points = (ran.folder / "names.txt").read_text().split()
    assert (id_, float(points)) == ("a", ran.by_id["a"]["points"])
    assert (ran.folder / "grades.csv").exists()


def test_command_when_a_part_from_outside_fails_then_it_is_named_and_nothing_starts(
    course: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "site"
    broken.mkdir()
    for path in (course / "site").rglob("*.*"):
        if path.is_file():
            target = broken / path.relative_to(course / "site")
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    (broken / "course_exporter.py").write_text("1 / 0\n")
    write_digits(tmp_path / "class" / "a", seed=1, digits=[3])
    code, told = grader_with(tmp_path, "check", "class", "--lang", "en", "--out", "run")
    assert (code, "[plug-in-broken]" in told) == (2, True), told
    assert "course" in told


@pytest.fixture(scope="module")
def course_of_bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    package = folder / "site" / "course_bars"
    (package / "bars").mkdir(parents=True)
    (package / "__init__.py").write_text(DATASET)
    images, labels = bars(60)
    np.savez_compressed(package / "bars" / "test_set.npz", images=images, labels=labels)
    sha256 = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    (package / "bars" / "card.toml").write_text(CARD.format(sha256=sha256), encoding="utf-8")
    info = folder / "site" / "course_bars-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: course-bars\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[grader.datasets]\nbars = course_bars:bars\n")
    (folder / "rubric.toml").write_text(RUBRIC_OF_BARS, encoding="utf-8")
    handed_in = folder / "class" / "a"
    handed_in.mkdir(parents=True)
    for label, name in enumerate(("across", "upright")):
        picture = Image.fromarray(255 - images[label]).resize((112, 112), Image.Resampling.NEAREST)
        picture.save(handed_in / f"{name}.png")
    write_network(handed_in / "model.onnx")
    return folder


def test_dataset_when_it_comes_from_outside_then_page_terminal_and_results_have_it(
    course_of_bars: Path,
) -> None:
    code, told = grader_with(course_of_bars, "dataset", "list")
    assert (code, "bars" in told) == (0, True), told
    code, told = grader_with(
        course_of_bars, "check", "class", "--rubric", "rubric.toml", "--out", "run", "--lang", "en"
    )
    assert code == 0, told
    ran = Ran(code=code, out=told, err="", folder=course_of_bars / "run")
    entry = ran.by_id["a"]
    assert [(image["file"], image["label"]) for image in entry["images"]] == [
        ("across.png", 0),
        ("upright.png", 1),
    ]
    points = {each["id"]: each["points"] for each in entry["criteria"]}
    assert points == {"model-loads": 1, "test-accuracy": 3}, "all 60 bars are read"
    page = (ran.folder / "students" / "a.html").read_text(encoding="utf-8")
    assert "lying bar" in page
