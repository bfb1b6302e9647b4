"""A class made on the spot: test images as pictures, the lecture's network as a model, and things that go wrong."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from grader.cli.main import main
from grader.resources import resource_folder
from tests.digits import load_test_set

FACTORY = Path(__file__).parents[1] / "models" / "factory.py"


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a command printed and left behind."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def results(self) -> dict[str, Any]:
        return json.loads((self.folder / "results.json").read_text(encoding="utf-8"))

    @property
    def by_id(self) -> Mapping[str, dict[str, Any]]:
        return {entry["id"]: entry for entry in self.results["submissions"]}

    def slugs(self, id_: str) -> set[str]:
        return {finding["slug"] for finding in self.by_id[id_]["findings"]}


def grader(arguments: Sequence[str | Path], cwd: Path) -> tuple[int, str, str]:
    """Run the real command in a process of its own."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "160"}
    done = subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


Command = Callable[[Sequence[str | Path], Path], tuple[int, str, str]]
"""Takes a command's words and the folder to be in; returns its exit code, what it printed and what it complained of."""


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in this process: a second cheaper than `grader`, for what opens no model."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")

    def run(arguments: Sequence[str | Path], cwd: Path) -> tuple[int, str, str]:
        monkeypatch.chdir(cwd)
        capsys.readouterr()
        return main([*map(str, arguments)]), *capsys.readouterr()

    return run


def check(class_: Path, folder: Path, *more: str) -> Ran:
    code, out, err = grader(["check", class_, "--out", folder, "--lang", "en", *more], folder.parent)
    return Ran(code=code, out=out, err=err, folder=folder)


@pytest.fixture(scope="session")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of every kind, from real Keras."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([sys.executable, FACTORY, folder], check=True, capture_output=True)
    return folder


def write_digits(folder: Path, *, seed: int, digits: Sequence[int] = range(10)) -> None:
    """Ten test images, black on white, 140 x 140, as `0.png` to `9.png`."""
    images, labels = load_test_set()
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for digit in digits:
        chosen = images[random.choice(np.flatnonzero(labels == digit)), :, :, 0]
        picture = Image.fromarray(np.uint8(255 * (1 - chosen))).resize((140, 140), Image.Resampling.BICUBIC)
        picture.save(folder / f"{digit}.png")


def write_good(folder: Path, *, seed: int = 1) -> None:
    """A submission with nothing missing."""
    write_digits(folder, seed=seed)
    model = resource_folder("reference_models") / "lecture-cnn-small" / "model.keras"
    (folder / "model.keras").write_bytes(model.read_bytes())
    (folder / "report.md").write_text("# Report\n\nAccuracy rose for five epochs; all my digits were read.\n")


def stored(folder: Path) -> dict[str, bytes]:
    """What the evidence file says of each submission, its times included."""
    try:
        file = sqlite3.connect(f"file:{folder / 'evidence.sqlite'}?mode=ro", uri=True)
        return {id_.decode(): body for id_, body in file.execute("SELECT id, body FROM submissions")}
    except sqlite3.OperationalError:
        return {}
