"""The sample class gives the outcomes that its README promises, submission by submission."""

import re
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Ran, check
from tests.loops import every

pytestmark = pytest.mark.tensorflow

SUBMISSIONS = Path(__file__).parents[2] / "submissions"
MANUAL = {"accuracy-curve", "misread-grid", "analysis", "ambiguous-experiment"}
POINTS = {
    # id: status, points so far, open points, criteria below full marks with their points (None: not measured)
    "20250001-kim-minseo": ("graded", 12, 8, {}),
    "20250002-lee-jihun": ("graded", 8, 8, {"cnn": 0, "test-accuracy": 1}),
    "20250003-park-seoyeon": ("graded", 12, 8, {}),
    "20250004-choi-haram": ("graded", 12, 8, {}),
    "20250005-정하늘": ("incomplete", 10.6, 8, {"cnn": 0, "pictures": 1.6}),
    "20250006-yoon-seojun": (
        "incomplete",
        3,
        8,
        {"model-loads": 0, "cnn": 0, "test-accuracy": 0, "handwriting": 0},
    ),
    "20250007-han-yuna": (
        "incomplete",
        3,
        16,
        {"model-loads": 0, "cnn": None, "test-accuracy": None, "handwriting": None},
    ),
    "20250008-baek-doyun": (
        "not_submitted",
        0,
        8,
        {"model-loads": 0, "cnn": 0, "test-accuracy": 0, "pictures": 0, "handwriting": 0, "report": 0},
    ),
}
SLUGS = {
    "20250003-park-seoyeon": {"model-other-convention"},
    "20250004-choi-haram": {"model-other-convention"},
    "20250005-정하늘": {"digits-missing"},
    "20250007-han-yuna": {"model-damaged"},
    "20250008-baek-doyun": {"submission-empty"},
}
CONVENTIONS = {
    "20250001-kim-minseo": "white-on-black/0-1",
    "20250002-lee-jihun": "white-on-black/0-1",
    "20250003-park-seoyeon": "white-on-black/0-255",
    "20250004-choi-haram": "black-on-white/0-1",
    "20250005-정하늘": "white-on-black/0-1",
}
RESEMBLES = {
    # id: nearest lecture network, whether it is the same
    "20250001-kim-minseo": ("lecture-cnn-small", True),
    "20250002-lee-jihun": ("lecture-mlp", False),
    "20250003-park-seoyeon": ("lecture-cnn-small", True),
    "20250004-choi-haram": ("lecture-cnn-small", True),
    "20250005-정하늘": ("lecture-mlp", False),
    "20250007-han-yuna": (None, False),
}


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return check(SUBMISSIONS, tmp_path_factory.mktemp("sample") / "run", "--limit-seconds", "60")


def test_sample_class_when_checked_then_exits_with_1_because_people_are_needed(sample_run: Ran) -> None:
    assert sample_run.code == 1, sample_run.err
    assert list(sample_run.by_id) == sorted(POINTS)


@every("id_", sorted(POINTS))
def test_submission_when_checked_then_points_are_as_promised(sample_run: Ran, id_: str) -> None:
    entry = sample_run.by_id[id_]
    below = {
        each["id"]: each["points"]
        for each in entry["criteria"]
        if each["id"] not in MANUAL and each["points"] != each["points_possible"]
    }
    assert (entry["status"], entry["points"], entry["points_open"], below) == POINTS[id_]
    assert entry["points_possible"] == 20


@every("id_", sorted(POINTS))
def test_submission_when_checked_then_its_findings_are_as_promised(sample_run: Ran, id_: str) -> None:
    told = {
        finding["slug"]
        for finding in sample_run.by_id[id_]["findings"]
        if not finding["slug"].startswith("picture-") or finding["severity"] in {"refused", "suspicious"}
    }
    assert told == SLUGS.get(id_, set())


@every("id_", sorted(CONVENTIONS))
def test_model_when_trained_its_own_way_then_the_convention_is_found(sample_run: Ran, id_: str) -> None:
    assert sample_run.by_id[id_]["model"]["convention"] == CONVENTIONS[id_]


def test_pages_when_written_then_everyone_has_one_in_both_languages(sample_run: Ran) -> None:
    assert {path.stem for path in (sample_run.folder / "students").glob("*.html")} == set(POINTS)


def test_readme_of_the_sample_class_when_read_then_promises_what_is_tested_here() -> None:
    rows = re.findall(
        r"^\| `(\S+)` \|(.*)\|$", (SUBMISSIONS / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [id_ for id_, _ in rows] == sorted(POINTS)
    for id_, rest in rows:
        cells = [cell.strip() for cell in rest.split("|")]
        status, points, open_points, below = POINTS[id_]
        assert cells[1] == f"`{status}`"
        assert cells[2] == f"{points} + {open_points}"
        assert all(f"`{criterion}`" in rest for criterion in below)


def test_model_when_checked_then_the_lecture_network_it_is_near_to_is_named(sample_run: Ran) -> None:
    found = {id_: entry["model"] for id_, entry in sample_run.by_id.items() if entry["model"]}
    assert {id_: (m["resembles"], m["resembles_exactly"]) for id_, m in found.items()} == RESEMBLES


@every("id_", sorted(CONVENTIONS))
def test_model_when_checked_then_how_it_holds_up_is_told_of_own_and_test_images(
    sample_run: Ran, id_: str
) -> None:
    entry = sample_run.by_id[id_]
    shared, held_up = sample_run.results["robustness"], entry["robustness"]
    n_digits = 8 if id_ == "20250005-정하늘" else 10
    own = held_up["own"]
    assert own["digits"] == n_digits
    assert shared["test_set"]["digits"] == held_up["test_set"]["digits"] == 100
    for network in ("student", "lecture-cnn-small", "lecture-mlp"):
        numbers = {row: found[network] for row, found in own["numbers"].items()}
        assert numbers["clean"]["total"] <= n_digits
        assert numbers["grid"]["n"] == numbers["grid worst"]["total"] == numbers["clean"]["total"]
        told = held_up if network == "student" else shared
        test_set = {row: found[network] for row, found in told["test_set"]["numbers"].items()}
        assert 95 <= test_set["clean"]["total"] <= 100
        assert test_set["clean"]["correct"] >= 0.7 * test_set["clean"]["total"]
        assert "grid" not in test_set
        assert test_set["shift"]["n"] == test_set["clean"]["total"]
    assert own["numbers"]["clean"]["referee"]["total"] == n_digits
    read = [image for image in entry["images"] if image["robustness"]]
    assert len(read) == n_digits
    assert sum(image["robustness"]["cells"]["total"] for image in read) > 100 * n_digits


def test_pictures_when_misread_as_handed_in_then_a_reason_is_given_that_the_model_confirmed(
    sample_run: Ran,
) -> None:
    """Dark on light in every picture: a network of light ink misreads most of them until they are inverted."""
    images = sample_run.by_id["20250001-kim-minseo"]["images"]
    diagnoses = [image["diagnosis"] for image in images if image["diagnosis"]]
    assert len(diagnoses) >= 5
    assert {each["cause"] for each in diagnoses} == {"picture"}
    assert sum("polarity" in each["repairs"] for each in diagnoses) >= 0.8 * len(diagnoses)
