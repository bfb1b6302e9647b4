"""How well strangers' models read under the convention that is inferred for them, beside what is known of them.

GRADER_REAL_DATA=FOLDER python benchmarks/real_models.py --mnist FOLDER

`FOLDER/models/manifest.csv` holds, for each model that its author's Keras could be made to load, the accuracy on MNIST's
10,000 test digits under five conventions. The convention is inferred here from the shipped 1,000 test images, which are
among them; then all 10,000 are asked under it.
"""

import argparse
import csv
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from grader.core.submission import Role
from grader.datasets.card import find_dataset
from grader.datasets.mnist.files import load_mnist
from grader.datasets.test_set import as_images, load_test_set
from grader.intake.collect import collect
from grader.models.inference import infer_convention
from grader.models.student import MODEL_JOB, ModelUnusable, open_student_model
from grader.sandbox.zygotes import Zygote

MNIST = find_dataset("mnist")

KNOWN = ("acc_wb01", "acc_wb255", "acc_bw01", "acc_bw255", "acc_wb_l2axis1")


def main() -> None:
    """Print one line for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", type=Path, required=True, help="folder of MNIST's IDX files")
    mnist = load_mnist(parser.parse_args().mnist)
    digits, labels = as_images(mnist.test_images), mnist.test_labels
    test_set = load_test_set(MNIST)
    models = Path(os.environ["GRADER_REAL_DATA"]) / "models"
    with (models / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["copied"] == "yes"]
    print(f"{'model':60} {'inferred':26} {'of 10,000':>9} {'best known':>10} {'points':>7}")
    with tempfile.TemporaryDirectory() as folder, Zygote(MODEL_JOB) as zygote:
        for number, row in enumerate(rows):
            source = models / row["repo"].replace("/", "+") / row["path"].replace("/", "__")
            target = Path(folder) / f"{number:02}" / source.name
            target.parent.mkdir()
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
            (submission,) = collect([target.parent], Path(folder) / f"{number:02}.spool")
            (model_file,) = submission.having(Role.MODEL)
            try:
                with open_student_model(model_file, zygote, dataset=MNIST, limit_seconds=300) as model:
                    found = infer_convention(model, *test_set, MNIST)
                    scores = model.scores(found.chosen.apply(digits, model.layout))
            except ModelUnusable as unusable:
                print(f"{source.name:60} {unusable.finding.slug}")
                continue
            accuracy = float(np.mean(found.probabilities(scores).argmax(axis=1) == labels))
            known = max((float(row[name]) for name in KNOWN if row[name]), default=None)
            best = f"{known:10.4f} {100 * (accuracy - known):+7.2f}" if known is not None else f"{'–':>10}"
            print(f"{source.name[:60]:60} {found.chosen.id:26} {accuracy:9.4f} {best}", flush=True)


if __name__ == "__main__":
    main()
