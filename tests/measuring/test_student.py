"""What is kept of a student's model, from loading to findings, in a real locked child."""

import dataclasses
import hashlib
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from grader.core.evidence import STUDENT, Evidence, MeasurementSettings
from grader.core.finding import Finding, Severity
from grader.core.measurement import MeasurementStatus
from grader.core.picture import ImageSet, Picture
from grader.core.submission import LabelSource, Role, StatedModel, Submission, SubmittedFile
from grader.measuring import submission as submission_module
from grader.measuring.assembly import Assembly
from grader.measuring.subjects import PerturbedDigits, Tools
from grader.measuring.subjects import TestSet as KnownImages
from grader.measuring.submission import base_key, measure, measure_references
from grader.models.references import load_reference
from grader.models.student import MODEL_JOB, ModelUnusable
from grader.perturbations.suite import Suite
from grader.sandbox.zygotes import Zygote
from grader.store.evidence import Store
from tests.builders import counted
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


IMAGES, LABELS = load_test_set()
N = 40


@pytest.fixture(scope="module")
def tools() -> Iterator[Tools]:
    settings = MeasurementSettings(
        dataset="mnist",
        class_names=tuple("0123456789"),
        input_shape=(28, 28, 1),
        references=("referee",),
        referee="referee",
        level="standard",
        test_set_size=len(IMAGES),
        limit_seconds=60,
    )
    suite = Suite(
        own={"rotation": ((0.0,), (10.0,)), "shift": ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))},
        test_set={"rotation": ((0.0,), (10.0,))},
        test_set_size=20,
    )
    store, referee, base = Store(None), load_reference("referee"), base_key(settings, {})
    test_set = KnownImages.of(IMAGES, LABELS, suite, settings.test_set_size, MNIST.test_set_sha256)
    with Zygote(MODEL_JOB) as zygote:
        yield Tools(
            settings=settings,
            suite=suite,
            pictures=zygote,
            models=zygote,
            references={"referee": referee},
            dataset=MNIST,
            test_set=test_set,
            store=store,
            run=measure_references({"referee": (referee, "")}, test_set, suite, base, store),
            base_key=base,
            provenance={},
        )


@pytest.fixture(autouse=True)
def pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first forty test images stand for pictures that were handed in dark on light."""

    def read_pictures(files: list[SubmittedFile], _: object, form: object) -> ImageSet:
        digits = IMAGES[[int(file.sha256) for file in files]]
        papers = [Image.fromarray(np.uint8(255 * (1 - digit[..., 0]))) for digit in digits]
        return ImageSet(
            pictures=tuple(
                Picture(file=f.name, group=f.role, label=f.label, label_source=f.label_source, index=n)
                for n, f in enumerate(files)
            ),
            normalized=digits,
            as_submitted=1 - digits,
            previews=np.array(
                [np.asarray(paper.resize((96, 96)).convert("RGB")) for paper in papers], np.uint8
            ),
        )

    monkeypatch.setattr(submission_module, "read_pictures", read_pictures)


def measured(
    model: SubmittedFile, tools: Tools, stated: StatedModel | None = None, *, afresh: bool = False
) -> Evidence:
    """Measure one submission; afresh: in a store of its own, which knows the references alone."""
    if afresh:
        store, referee = Store(None), tools.references["referee"]
        measure_references({"referee": (referee, "")}, tools.test_set, tools.suite, tools.base_key, store)
        tools = dataclasses.replace(tools, store=store)
    files = tuple(
        dataclasses.replace(
            model,
            name=f"{n:02}.png",
            role=Role.PICTURE,
            sha256=str(n),
            label=int(LABELS[n]),
            label_source=LabelSource.NAME,
        )
        for n in range(N)
    )
    submission = Submission(id="kim", name="kim", files=(*files, model), stated=stated or StatedModel())
    return Assembly(tools.store).evidence(measure(submission, tools))


def test_measure_when_convention_and_order_are_unusual_then_found_used_and_said(
    file: SubmittedFile, tools: Tools
) -> None:
    evidence = measured(file, tools, StatedModel(scale="0-1"))
    model, student = evidence.model, evidence.student
    assert model is not None
    assert (model.convention, model.convention_is_certain) == ("black-on-white/0-255", True)
    assert model.label_order == (9, 0, 1, 2, 3, 4, 5, 6, 7, 8)
    assert model.convention_stated == "0-1"
    assert model.convention_digits["black-on-white/0-255"] == 1000
    assert [finding.slug for finding in evidence.findings if finding.file == file.name] == [
        "model-stated-otherwise",
        "model-other-convention",
        "model-label-order",
    ]
    test_set = counted(evidence, STUDENT, "test_set").count
    assert (test_set.correct, test_set.total) == (
        round(1000 * model.convention_accuracies[model.convention]),
        1000,
    )
    assert student is not None
    assert student.normalized is not None
    upright = student.normalized.argmax(axis=1)
    assert (upright == LABELS[:N]).mean() >= 0.9
    own = evidence.own
    assert np.array_equal(own.unperturbed[STUDENT], upright[own.rows])
    assert np.array_equal(own.perturbed[STUDENT]["rotation"][0], upright[own.rows])
    assert np.array_equal(own.perturbed[STUDENT]["shift"][0], upright[own.rows])
    assert evidence.test_set.perturbed[STUDENT]["rotation"].shape == (2, 20)
    assert (evidence.test_set.unperturbed[STUDENT] == evidence.test_set.labels).mean() >= 0.9
    assert np.bincount(evidence.test_set.labels, minlength=10).tolist() == [2] * 10


def test_measure_when_fed_as_submitted_then_values_are_0_to_1_and_the_convention_is_the_reason(
    file: SubmittedFile, tools: Tools
) -> None:
    """A model that takes 0-255 sees nearly the same black square in every picture, and answers alike."""
    evidence = measured(file, tools)
    assert evidence.student is not None
    assert evidence.student.as_submitted is not None
    assert len(set(evidence.student.as_submitted.argmax(axis=1).tolist())) == 1
    assert counted(evidence, STUDENT, "handwriting_as_submitted").status is MeasurementStatus.MEASURED
    reasons = [each.repairs for each in evidence.diagnoses if each.reads_normalized]
    assert len(reasons) >= 30
    assert reasons.count(("convention",)) >= 0.9 * len(reasons)
    assert all("convention" in each and "polarity" not in each for each in reasons)


def test_rest_when_the_model_ends_while_it_is_asked_then_what_it_read_before_counts(
    file: SubmittedFile, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seams are the diagnosis and the asking of perturbed digits, for which here the time no longer suffices."""
    late = Finding(slug="model-timeout", severity=Severity.REFUSED, file="model.keras")

    def out_of_time(*_: object, **__: object) -> None:
        raise ModelUnusable(late)

    def out_of_time_for_a_student(
        digits: PerturbedDigits, predict: object, columns: object = None
    ) -> np.ndarray:
        if "references" not in type(getattr(predict, "__self__", None)).__module__:
            raise ModelUnusable(late)
        return read_by(digits, predict, columns)

    read_by = PerturbedDigits.read_by
    with monkeypatch.context() as patched:
        patched.setattr("grader.measuring.student.diagnose", out_of_time)
        evidence = measured(file, tools, afresh=True)
    slugs = [finding.slug for finding in evidence.findings]
    assert evidence.diagnoses == ()
    assert ("misses-not-explained" in slugs, "model-timeout" in slugs) == (True, False)
    assert STUDENT in evidence.own.perturbed

    monkeypatch.setattr(PerturbedDigits, "read_by", out_of_time_for_a_student)
    evidence = measured(file, tools, afresh=True)
    assert evidence.model is not None
    assert evidence.model.loaded
    for question, n in (("handwriting", N), ("test_set", 1000)):
        assert counted(evidence, STUDENT, question).count.total == n
    for predictions in (evidence.own, evidence.test_set):
        assert STUDENT not in predictions.perturbed
    assert evidence.first_failures == ()
    slugs = [finding.slug for finding in evidence.findings]
    assert ("changes-not-tried" in slugs, "model-timeout" in slugs) == (True, False)
