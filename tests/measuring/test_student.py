"""What is kept of a student's model, from loading to findings, in a real locked child."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from grader.core.evidence import STUDENT, MeasurementSettings
from grader.core.finding import Finding, Severity
from grader.core.measurement import MeasurementStatus
from grader.core.perturbed import PerturbedPredictions
from grader.core.picture import ImageSet, Picture
from grader.core.submission import LabelSource, Role, StatedModel, Submission, SubmittedFile
from grader.measuring.student import measure_student
from grader.measuring.subjects import PerturbedDigits, Readable, Reading, Task, Tools, perturb_test_set
from grader.models.references import load_reference
from grader.models.student import MODEL_JOB, ModelUnusable
from grader.perturbations.suite import Suite
from grader.sandbox.zygotes import Zygote
from tests.digits import MNIST, load_test_set

pytestmark = pytest.mark.tensorflow

MAKE = """
import sys, keras, numpy as np
from keras import layers
from grader.resources import resource_folder
trained = keras.models.load_model(resource_folder("reference_models") / "lecture-cnn-small" / "model.keras")
stack = [keras.Input((28, 28, 1)), layers.Rescaling(-1 / 255, 1), *trained.layers[:-1]]
last = layers.Dense(10, activation="softmax")
model = keras.Sequential([*stack, last])
kernel, bias = trained.layers[-1].get_weights()
order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
last.set_weights([kernel[:, order], bias[order]])
model.compile("adam", "sparse_categorical_crossentropy")
model.save(sys.argv[1])
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> SubmittedFile:
    """The shipped lecture network, made to expect dark ink from 0 to 255, output i standing for digit i + 1."""
    path = tmp_path_factory.mktemp("model") / "model.keras"
    subprocess.run([sys.executable, "-c", MAKE, path], check=True, capture_output=True)
    content = path.read_bytes()
    return SubmittedFile(
        name="model.keras",
        role=Role.MODEL,
        path=path,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@pytest.fixture(scope="module")
def tools() -> Iterator[Tools]:
    images, labels = load_test_set()
    settings = MeasurementSettings(
        classes=10,
        references=("referee",),
        referee="referee",
        level="standard",
        test_set_size=len(images),
        limit_seconds=60,
    )
    suite = Suite(
        own={"rotation": ((0.0,), (10.0,)), "shift": ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))},
        test_set={"rotation": ((0.0,), (10.0,))},
        test_set_size=20,
    )
    test_set_size = perturb_test_set(images, labels, suite)
    with Zygote(MODEL_JOB) as zygote:
        yield Tools(
            settings=settings,
            suite=suite,
            pictures=zygote,
            models=zygote,
            references={"referee": load_reference("referee")},
            test_set_images=images,
            test_set_labels=labels,
            reference_test_set_predictions={},
            test_set_size=test_set_size,
            test_set_predictions=all_readable(test_set_size),
            dataset=MNIST,
            provenance={},
        )


def all_readable(digits: PerturbedDigits) -> PerturbedPredictions:
    """A referee that reads everything."""
    labels = digits.labels.astype(np.int8)
    cells = {name: np.tile(labels, (len(each), 1)) for name, each in digits.parameter_sets.items()}
    return digits.predictions(Reading(upright=labels, cells=cells))


def task_and_readable(tools: Tools) -> tuple[Task, Readable]:
    """The first forty test images as pictures that were handed in dark on light; all can be read."""
    n = 40
    pictures = tuple(
        Picture(
            file=f"{i}.png",
            group=Role.PICTURE,
            label=int(tools.test_set_labels[i]),
            label_source=LabelSource.NAME,
            index=i,
        )
        for i in range(n)
    )
    digits = tools.test_set_images[:n]
    papers = [Image.fromarray(np.uint8(255 * (1 - digit[..., 0]))) for digit in digits]
    previews = np.stack([np.asarray(paper.resize((96, 96)).convert("RGB")) for paper in papers])
    images = ImageSet(pictures=pictures, normalized=digits, as_submitted=1 - digits, previews=previews)
    task = Task.of(images, tools.suite)
    return task, Readable(upright=np.ones(n, bool), own=all_readable(task.own))


def test_measure_when_convention_and_order_are_unusual_then_found_used_and_said(
    file: SubmittedFile, tools: Tools
) -> None:
    task, readable = task_and_readable(tools)
    submission = Submission(id="kim", name="kim", files=(file,), stated=StatedModel(scale="0-1"))
    measured = measure_student(submission, task, readable, tools)
    model, student, findings = measured.model, measured.subject, measured.findings
    assert model is not None
    assert (model.convention, model.convention_is_certain) == ("black-on-white/0-255", True)
    assert model.label_order == (9, 0, 1, 2, 3, 4, 5, 6, 7, 8)
    assert model.convention_stated == "0-1"
    assert model.convention_digits["black-on-white/0-255"] == 1000
    assert [finding.slug for finding in findings] == [
        "model-stated-otherwise",
        "model-other-convention",
        "model-label-order",
    ]
    test_set = student.measurements["test_set"].count
    assert (test_set.correct, test_set.total) == (
        round(1000 * model.convention_accuracies[model.convention]),
        1000,
    )
    assert student.normalized is not None
    assert (student.normalized.argmax(axis=1) == task.labels).mean() >= 0.9
    own = measured.own
    upright = student.normalized.argmax(axis=1)[own.rows]
    assert np.array_equal(own.unperturbed[STUDENT], upright)
    assert np.array_equal(own.perturbed[STUDENT]["rotation"][0], upright)
    assert np.array_equal(own.perturbed[STUDENT]["shift"][0], upright)
    assert measured.test_set.perturbed[STUDENT]["rotation"].shape == (2, 20)
    assert (measured.test_set.unperturbed[STUDENT] == measured.test_set.labels).mean() >= 0.9
    assert np.bincount(measured.test_set.labels, minlength=10).tolist() == [2] * 10


def test_measure_when_fed_as_submitted_then_values_are_0_to_1_whatever_the_model_expects(
    file: SubmittedFile, tools: Tools
) -> None:
    """A model that takes 0-255 sees nearly the same black square in every picture, and answers alike."""
    task, readable = task_and_readable(tools)
    submission = Submission(id="kim", name="kim", files=(file,))
    student = measure_student(submission, task, readable, tools).subject
    assert student.as_submitted is not None
    assert len(set(student.as_submitted.argmax(axis=1).tolist())) == 1
    assert student.measurements["handwriting_as_submitted"].status is MeasurementStatus.MEASURED


def test_misses_when_the_model_ends_while_it_is_asked_why_then_what_it_read_before_counts(
    file: SubmittedFile, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seam is the diagnosis, which here meets a model that has just used up its time."""
    late = Finding(slug="model-timeout", severity=Severity.REFUSED, file="model.keras")

    def out_of_time(*_: object, **__: object) -> None:
        raise ModelUnusable(late)

    monkeypatch.setattr("grader.measuring.student.diagnose", out_of_time)
    task, readable = task_and_readable(tools)
    submission = Submission(id="kim", name="kim", files=(file,))
    measured = measure_student(submission, task, readable, tools)
    assert measured.diagnoses == ()
    assert measured.subject.measurements["handwriting"].status is MeasurementStatus.MEASURED
    slugs = [finding.slug for finding in measured.findings]
    assert "misses-not-explained" in slugs
    assert "model-timeout" not in slugs


def test_changes_when_the_model_ends_while_it_is_asked_then_what_it_read_before_counts(
    file: SubmittedFile, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seam is the asking of perturbed digits, for which here the time no longer suffices."""
    late = Finding(slug="model-timeout", severity=Severity.REFUSED, file="model.keras")

    def out_of_time(*_: object) -> None:
        raise ModelUnusable(late)

    monkeypatch.setattr(PerturbedDigits, "read_by", out_of_time)
    task, readable = task_and_readable(tools)
    measured = measure_student(Submission(id="kim", name="kim", files=(file,)), task, readable, tools)
    assert measured.model is not None
    assert measured.model.loaded
    handwriting = measured.subject.measurements["handwriting"]
    assert (handwriting.status, handwriting.count.total) == (MeasurementStatus.MEASURED, 40)
    assert measured.subject.measurements["test_set"].status is MeasurementStatus.MEASURED
    for name in ("rotation", "rotation_readable", "shift", "shift_readable"):
        found = measured.subject.measurements[name]
        assert found.status is MeasurementStatus.FAILED
        assert found.reason is not None
        assert found.reason.slug == "unmeasured-changes-not-tried"
    assert STUDENT not in measured.own.perturbed
    assert STUDENT not in measured.test_set.perturbed
    assert measured.first_failures == ()
    slugs = [finding.slug for finding in measured.findings]
    assert "changes-not-tried" in slugs
    assert "model-timeout" not in slugs


def test_misses_when_the_model_expects_another_scale_then_its_convention_is_the_reason(
    file: SubmittedFile, tools: Tools
) -> None:
    """The model expects 0-255: fed 0-1 as handed in it reads next to nothing, fed as it was trained nearly all."""
    task, readable = task_and_readable(tools)
    measured = measure_student(Submission(id="kim", name="kim", files=(file,)), task, readable, tools)
    reasons = [each.repairs for each in measured.diagnoses if each.reads_normalized]
    assert len(reasons) >= 30
    assert reasons.count(("convention",)) >= 0.9 * len(reasons)
    assert all("convention" in each and "polarity" not in each for each in reasons)
