"""What finding out about a student's model costs, beside only using it.

python benchmarks/student_cost.py [--runs N] [--pictures N]

The model is `lecture-cnn-deep`, the largest network of the course, in a .keras file; it learns from the test images for
two passes, so that conventions can be told apart as in a trained network. Both ways run in the same locked child, through
the same `tf.function`, alternating in one run:
- bare: load the model and answer the full perturbation batch once, 0-1 white on black, in the order given;
- ours: load it, infer its convention, check that it answers alike, and answer the same batch in a mixed order.
The batch is what ten pictures give at the level `standard`: each unperturbed and under every perturbation of the
suite. The third way, "test_set", is ours with the perturbed test images answered as well, as `grader check` does.
"""

import argparse
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from grader.core.picture import Images
from grader.core.submission import Role, SubmittedFile
from grader.measuring.subjects import PerturbedDigits, TestSet
from grader.models.adapters import PLAIN
from grader.models.consistency import check_consistency
from grader.models.inference import infer_convention
from grader.models.student import MODEL_JOB, StudentPredictor, open_student_model
from grader.perturbations.perturb import perturb
from grader.perturbations.suite import SUITES
from grader.sandbox.zygotes import Zygote
from tests.digits import MNIST, load_test_set

MAKE = """
import sys
from grader.models.architectures import build
from tests.digits import load_test_set
images, labels = load_test_set()
model = build("lecture-cnn-deep")
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(images, labels, epochs=2, batch_size=50, verbose=0)
model.save(sys.argv[1])
"""


def batch(n_pictures: int) -> Images:
    """Return pictures upright and perturbed, (n * (1 + cells), 28, 28, 1)."""
    images, labels = load_test_set()
    rows = np.arange(n_pictures)
    return together(PerturbedDigits.of(images, rows, labels[rows], SUITES["standard"].own))


def together(digits: PerturbedDigits) -> Images:
    """Return digits and everything that became of them in one array."""
    changed = perturb(digits.digits, digits.parameter_sets, digits.border).images
    return np.concatenate([digits.digits, changed.reshape(-1, *changed.shape[2:])])


def bare(file: SubmittedFile, zygote: Zygote, images: Images) -> None:
    """Load, and answer once."""
    with open_student_model(file, zygote, dataset=MNIST, limit_seconds=600) as model:
        model.scores(PLAIN.apply(images, model.layout))


def ours(file: SubmittedFile, zygote: Zygote, *batches: Images) -> str:
    """Load, infer, check, answer; return what was found."""
    test_set, labels = load_test_set()
    with open_student_model(file, zygote, dataset=MNIST, limit_seconds=600) as model:
        found = infer_convention(model, test_set, labels, MNIST)
        predictor = StudentPredictor(model, found)
        inputs = found.chosen.apply(test_set, model.layout)
        check_consistency(predictor.answer, inputs, found.probabilities(found.scores), file.name)
        for images in batches:
            predictor.predict(images)
    asked = sum(found.digits.values())
    return f"{found.chosen.id}, {asked} answers, reads {100 * found.accuracies[found.chosen.id]:.1f} %"


def main() -> None:
    """Print medians, ranges and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--pictures", type=int, default=10)
    options = parser.parse_args()
    images = batch(options.pictures)
    on_test_set = together(
        TestSet.of(*load_test_set(), SUITES["standard"], 1000, MNIST.test_set_sha256).perturbed
    )
    times: dict[str, list[float]] = {"bare": [], "ours": [], "test_set": []}
    with tempfile.TemporaryDirectory() as folder, Zygote(MODEL_JOB) as zygote:
        path = Path(folder) / "model.keras"
        subprocess.run([sys.executable, "-c", MAKE, path], check=True, capture_output=True)
        content = path.read_bytes()
        file = SubmittedFile(
            name=path.name,
            role=Role.MODEL,
            path=path,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        for _ in range(options.runs):
            start = time.perf_counter()
            bare(file, zygote, images)
            times["bare"].append(time.perf_counter() - start)
            start = time.perf_counter()
            found = ours(file, zygote, images)
            times["ours"].append(time.perf_counter() - start)
            start = time.perf_counter()
            ours(file, zygote, images, on_test_set)
            times["test_set"].append(time.perf_counter() - start)
    print(f"{len(images)} images, {len(on_test_set)} of test images; {found}")
    for name, taken in times.items():
        print(f"{name:6} {statistics.median(taken):7.3f} s  ({min(taken):.3f}-{max(taken):.3f})")
    bare_median = statistics.median(times["bare"])
    print(f"ratio of medians {statistics.median(times['ours']) / bare_median:.2f}; at most 2")
    print(f"with perturbed test images {statistics.median(times['test_set']) / bare_median:.2f}")


if __name__ == "__main__":
    main()
