"""Real pictures; needs GRADER_REAL_DATA."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from grader.core.finding import Severity
from grader.datasets.child import read_one
from grader.datasets.mnist.normalize import normalize_picture
from grader.images.codes import PictureFlag, PictureStatus
from grader.images.reader import is_usable, picture_findings
from grader.images.record import PictureRecord, parse_record
from tests.digits import MNIST
from tests.loops import every

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif("GRADER_REAL_DATA" not in os.environ, reason="GRADER_REAL_DATA is not set"),
]


def folder() -> Path:
    return Path(os.environ["GRADER_REAL_DATA"]) / "handwriting"


@pytest.fixture(scope="module")
def records() -> dict[str, PictureRecord]:
    with (folder() / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        files = [row["file"] for row in csv.DictReader(lines)]
    return {file: parse_record(read_one(folder() / file, MNIST.form), MNIST.shape) for file in files}


def odd(name: str) -> PictureRecord:
    return parse_record(read_one(folder() / "_odd" / name, MNIST.form), MNIST.shape)


def test_real_pictures_when_read_are_all_usable(records):
    assert records
    assert [file for file, record in records.items() if not is_usable(record)] == []
    assert all(record.status is PictureStatus.READABLE for record in records.values())


def test_real_pictures_when_normalized_again_stay_the_same(records):
    changes = [
        float(np.abs(normalize_picture(np.repeat(r.normalized, 3, axis=2)).image - r.normalized).max())
        for r in records.values()
    ]
    assert np.mean(np.array(changes) <= 2 / 255) >= 0.99


def test_real_single_digits_are_hardly_ever_called_suspicious(records):
    suspicious = [
        file
        for file, record in records.items()
        if any(f.severity is Severity.SUSPICIOUS for f in picture_findings(record, file=file))
    ]
    assert len(suspicious) <= 0.01 * len(records), suspicious


@every("name", ["dFAk0__2026.png", "dFAk0__6666.png"])
def test_several_digits_in_one_picture_are_noticed(name):
    assert PictureFlag.SEVERAL_DIGITS in odd(name).flags


def test_an_empty_picture_is_not_used():
    assert not is_usable(odd("guiem__background.png"))


def test_a_traffic_cone_is_no_digit():
    assert PictureFlag.NOT_A_DIGIT in odd("daviid-wang__digit6.png").flags
