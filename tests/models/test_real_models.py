"""Strangers' models; needs GRADER_REAL_DATA."""

import csv
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.core.submission import Role
from grader.intake.collect import collect
from grader.models.facts import Repair
from grader.models.inference import infer_convention
from grader.models.student import MODEL_JOB, open_student_model
from grader.sandbox.zygotes import Zygote
from tests.digits import MNIST, load_test_set

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.tensorflow,
    pytest.mark.skipif("GRADER_REAL_DATA" not in os.environ, reason="GRADER_REAL_DATA is not set"),
]

_ACCURACIES = ("acc_wb01", "acc_wb255", "acc_bw01", "acc_bw255", "acc_wb_l2axis1")
_STANDARD_ERRORS = 3
_PROBE_DIGITS = 1_000
"""The manifest counted 10,000 test digits, which hold these."""
_NEAR_CHANCE = 0.2
_UNTRAINED = "hwdr.model"
"""Its biases are all 0 and its kernels within Glorot's bounds: it was saved before it was trained."""
_NO_INPUT_LAYER = "CNN-gnet-light-ultimate-data-15-epochs-128-batch-size.h5"


@dataclass(frozen=True, kw_only=True)
class Opened:
    accuracy: float
    parameters: int
    repairs: Repair


def rows() -> dict[str, dict[str, str]]:
    path = Path(os.environ["GRADER_REAL_DATA"]) / "models" / "manifest.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file) if row["copied"] == "yes"}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Opened]:
    root = tmp_path_factory.mktemp("real")
    models = Path(os.environ["GRADER_REAL_DATA"]) / "models"
    for number, (path, row) in enumerate(rows().items()):
        source = models / row["repo"].replace("/", "+") / path.replace("/", "__")
        target = root / "class" / f"student-{number:02}" / source.name
        target.parent.mkdir(parents=True)
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    images, labels = load_test_set()
    results = {}
    with Zygote(MODEL_JOB) as zygote:
        for submission, path in zip(
            sorted(collect([root / "class"], root / "spool", MNIST), key=lambda s: s.id), rows(), strict=True
        ):
            (file,) = submission.having(Role.MODEL)
            with open_student_model(file, zygote, dataset=MNIST, limit_seconds=60) as model:
                convention = infer_convention(model, images, labels, MNIST)
                results[path] = Opened(
                    accuracy=float((convention.predictions == labels).mean()),
                    parameters=model.facts.parameters,
                    repairs=model.facts.repairs,
                )
    return results


def test_open_when_a_stranger_saved_it_then_all_ten_load(found: dict[str, Opened]) -> None:
    assert len(found) == 10


def test_accuracy_when_the_manifest_knows_it_then_it_is_the_same(found: dict[str, Opened]) -> None:
    for path, row in rows().items():
        known = [float(row[name]) for name in _ACCURACIES if row[name]]
        if known:
            tolerance = _STANDARD_ERRORS * math.sqrt(max(known) * (1 - max(known)) / _PROBE_DIGITS)
            assert found[path].accuracy == pytest.approx(max(known), abs=tolerance), path


def test_accuracy_when_the_network_was_never_trained_then_it_is_chance(found: dict[str, Opened]) -> None:
    assert found[_UNTRAINED].accuracy < _NEAR_CHANCE
    assert found["handwritten.model"].accuracy > 0.94


def test_repairs_when_keras_2_2_wrote_it_then_only_that_one_was_mended(found: dict[str, Opened]) -> None:
    assert {path for path, item in found.items() if item.repairs} == {_NO_INPUT_LAYER}
    assert found[_NO_INPUT_LAYER].repairs == Repair.INPUT_LAYER


def test_parameters_when_the_manifest_knows_them_then_they_are_the_same(found: dict[str, Opened]) -> None:
    for path, row in rows().items():
        if row["params"]:
            assert found[path].parameters == int(row["params"])
