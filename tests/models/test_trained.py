"""Which convention a network was trained with, asked of networks that were trained under each of them."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.core.submission import Role, SubmittedFile
from grader.models.inference import infer_convention
from grader.models.student import MODEL_JOB, open_student_model
from grader.sandbox.zygotes import Zygote
from tests.digits import MNIST, load_test_set
from tests.models import trained
from tests.models.trained import Trained, networks

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]
ROOT = Path(__file__).parents[2]


def submitted(path: Path) -> SubmittedFile:
    content = path.read_bytes()
    return SubmittedFile(
        name=path.name,
        role=Role.MODEL,
        path=path,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def outcome(wanted: Trained, path: Path, zygote: Zygote) -> str:
    """Return "right", "cannot tell", or what was taken instead."""
    images, labels = load_test_set()
    if not trained.MNIST:
        images, labels = images[1::2], labels[1::2]
    with open_student_model(submitted(path), zygote, dataset=MNIST, limit_seconds=120) as model:
        found = infer_convention(model, images, labels, MNIST)
        if found.chosen.id == wanted.convention:
            return "right"
        polarity, scale, *fit = wanted.convention.split("/")
        own = type(found.chosen)(polarity=polarity, scale=scale, fit=fit[0] if fit else "resize")
        answers = model.scores(own.apply(images, model.layout)).argmax(axis=1)
    same = not found.is_certain and np.array_equal(answers, found.predictions)
    wrong = "polarity" if found.chosen.polarity != polarity else "convention"
    return (
        "cannot tell"
        if same
        else f"wrong {wrong}: {found.chosen.id}, {found.accuracies[found.chosen.id]:.3f}"
    )


def test_infer_when_networks_were_trained_under_every_convention_then_98_of_100_are_told_and_polarity_always(
    tmp_path: Path,
) -> None:
    subprocess.run(
        [sys.executable, ROOT / "tests" / "models" / "trained.py", tmp_path],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with Zygote(MODEL_JOB) as zygote:
        outcomes = {each: outcome(each, tmp_path / each.file, zygote) for each in networks()}
    wrong = {each.file: told for each, told in outcomes.items() if told.startswith("wrong")}
    assert len(outcomes) >= 40
    assert not [told for told in wrong.values() if told.startswith("wrong polarity")], wrong
    assert len(wrong) <= 0.02 * len(outcomes), wrong
