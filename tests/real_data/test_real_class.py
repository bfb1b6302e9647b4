"""Strangers' handwriting and strangers' models, paired into a class and graded by the real command."""

import csv
import itertools
import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Ran, check

pytestmark = [pytest.mark.realdata, pytest.mark.tensorflow]


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = os.environ.get("GRADER_REAL_DATA", "")
    if not folder and "GRADER_REQUIRE_ALL" not in os.environ:
        pytest.skip("GRADER_REAL_DATA names no folder")
    assert Path(folder, "handwriting", "manifest.csv").is_file()
    return Path(folder)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def real_run(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One submission for each person's set of pictures, with a model in turn; and one with the odd pictures."""
    class_ = tmp_path_factory.mktemp("real") / "class"
    models = [
        real_data / "models" / row["repo"].replace("/", "+") / row["path"].replace("/", "__")
        for row in rows(real_data / "models" / "manifest.csv")
        if row["copied"] == "yes" and row["loads_keras_3_15"] == "yes"
    ]
    assert len(models) >= 7
    in_turn = itertools.cycle(models)
    labels: dict[Path, list[str]] = {}
    for row in rows(real_data / "handwriting" / "manifest.csv"):
        folder = class_ / f"{row['source']}--{row['submission']}"
        if folder not in labels:
            folder.mkdir(parents=True)
            shutil.copy(model := next(in_turn), folder / f"model{model.suffix}")
        name = Path(row["file"]).name
        shutil.copy(real_data / "handwriting" / row["file"], folder / name)
        labels.setdefault(folder, []).append(f"{json.dumps(name)} = {row['label']}")
    for folder, lines in labels.items():
        (folder / "submission.toml").write_text("[labels]\n" + "\n".join(lines), encoding="utf-8")
    odd = class_ / "odd"
    shutil.copytree(real_data / "handwriting" / "_odd", odd, ignore=shutil.ignore_patterns("*.csv"))
    shutil.copy(model := next(in_turn), odd / f"model{model.suffix}")
    return check(class_, class_.parent / "run", "--jobs", "2")


def test_class_when_every_source_is_graded_then_nothing_of_ours_fails(real_run: Ran) -> None:
    assert real_run.code == 1, real_run.err
    assert len(real_run.by_id) > 18
    statuses = Counter(entry["status"] for entry in real_run.results["submissions"])
    assert set(statuses) <= {"graded", "incomplete"}, statuses


def test_models_when_they_load_today_then_their_convention_is_found(real_run: Ran) -> None:
    for id_, entry in real_run.by_id.items():
        assert entry["model"]["test_set_accuracy"] >= 0.93, id_


def test_referee_when_it_reads_labelled_pictures_then_at_least_88_percent(real_run: Ran) -> None:
    pictures = [
        image
        for id_, entry in real_run.by_id.items()
        if id_ != "odd"
        for image in entry["images"]
        if image["label"] is not None
    ]
    right = sum(image["reference"]["referee"]["prediction"] == image["label"] for image in pictures)
    assert len(pictures) == 394
    assert right / len(pictures) >= 0.88


def test_odd_pictures_when_graded_then_each_has_a_finding_or_is_truly_a_digit(real_run: Ran) -> None:
    """The screenshot of an MNIST digit is a digit; everything else is told to the reader."""
    noticed = {finding["file"] for finding in real_run.by_id["odd"]["findings"]}
    files = {image["file"] for image in real_run.by_id["odd"]["images"]}
    assert files - noticed <= {"daviid-wang__digit3.png"}


def test_odd_pictures_when_blank_then_have_no_prediction(real_run: Ran) -> None:
    images = {image["file"]: image for image in real_run.by_id["odd"]["images"]}
    assert images["guiem__background.png"]["student"]["prediction"] is None
