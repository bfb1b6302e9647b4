"""Time and memory of a class whose pictures are large and in color: `python benchmarks/own_classes.py [--students 40]`.

Makes a data set of two classes (128x128x3, 500 test pictures), a class of students who hand in ten pictures and the same
kind of network (three convolutions, one sigmoid; other weights for each, so that nothing is measured once for all), and
runs the real commands. Prints wall-clock seconds of the class, the same for each student, and the peak memory of the
largest process that the command waited for (locked children are bounded by their own limit).
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from grader.resources import resource_folder

_MODELS = """
import sys, keras
layers = keras.layers
for number in range(int(sys.argv[2])):
    keras.utils.set_random_seed(number)
    keras.Sequential([
        layers.Input((128, 128, 3)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(1, activation="sigmoid"),
    ]).save(f"{sys.argv[1]}/{number:03}.keras")
"""


def picture(random: np.random.Generator, label: int) -> Image.Image:
    """A noisy picture with stripes, level for class 0 and upright for class 1."""
    waves = np.sin(np.arange(160) / random.uniform(2, 5) + random.uniform(0, 6))
    stripes = np.tile(
        waves[:, np.newaxis] if label == 0 else waves[np.newaxis, :], (1, 160) if label == 0 else (160, 1)
    )
    color = random.uniform(0.2, 0.8, 3)
    values = color + 0.2 * stripes[..., np.newaxis] + random.normal(0, 0.05, (160, 160, 3))
    return Image.fromarray(np.uint8(255 * np.clip(values, 0, 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=40)
    n_students = parser.parse_args().students
    grader = [sys.executable, "-m", "grader"]
    random = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        os.environ["GRADER_DATASETS"] = str(root / "cache")
        for label, word in enumerate(("cat", "dog")):
            (root / "source" / word).mkdir(parents=True)
            for number in range(250):
                picture(random, label).save(root / "source" / word / f"{number}.png")
        (root / "models").mkdir()
        subprocess.run(
            [sys.executable, "-c", _MODELS, root / "models", str(n_students)], check=True, capture_output=True
        )
        for student in range(n_students):
            folder = root / "class" / f"student{student:03}"
            folder.mkdir(parents=True)
            (root / "models" / f"{student:03}.keras").rename(folder / "model.keras")
            for number in range(10):
                label = number % 2
                picture(random, label).save(folder / f"{('cat', 'dog')[label]} {number}.png")
        prepare = [
            "dataset",
            "prepare",
            "cats-and-dogs",
            "--from",
            root / "source",
            "--classes",
            "cat,dog",
            "--side",
            "128",
        ]
        start = time.perf_counter()
        subprocess.run([*grader, *prepare], check=True, capture_output=True)
        print(f"prepared 500 test pictures in {time.perf_counter() - start:.1f} s")
        rubric = resource_folder("rubrics") / "own-classes.toml"
        start = time.perf_counter()
        done = subprocess.run(
            [*grader, "check", root / "class", "--rubric", rubric, "--out", root / "run"],
            capture_output=True,
            check=False,
            text=True,
        )
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in {0, 1}:
            raise SystemExit(done.stderr)
        print(
            f"class of {n_students} at 128x128x3: {seconds:.1f} s wall, {seconds / n_students:.2f} s a student"
        )
        print(f"largest process {after.ru_maxrss / 1024:.0f} MB")
        print(done.stdout[-600:])


if __name__ == "__main__":
    main()
