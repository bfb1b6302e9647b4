"""Every kind of model file that students save: made with real TensorFlow, taken in, loaded in a real locked child."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader.core.submission import Role, Submission, SubmittedFile
from grader.intake.collect import collect
from grader.models.facts import Leftover, Repair
from grader.models.formats import model_format
from grader.models.inference import infer_convention
from grader.models.references import load_reference
from grader.models.student import (
    MODEL_JOB,
    ModelUnusable,
    architecture_beside,
    open_student_model,
)
from grader.sandbox.zygotes import Zygote
from tests.digits import MNIST, load_test_set
from tests.loops import every
from tests.models.format_cases import CASES, Case

pytestmark = pytest.mark.tensorflow

_READ = [case for case in CASES if case.slug is None]
_REFUSED = [case for case in CASES if case.slug is not None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("formats")
    factory = Path(__file__).with_name("format_factory.py")
    subprocess.run(
        [sys.executable, factory, root / "models", root / "canary"], check=True, capture_output=True
    )
    return root


@pytest.fixture(scope="module")
def submissions(made: Path) -> dict[str, Submission]:
    return {item.id: item for item in collect([made / "models"], made / "spool", MNIST)}


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(MODEL_JOB) as started:
        yield started


def submission_of(case: Case, submissions: dict[str, Submission]) -> Submission:
    return submissions[case.name.removesuffix(".zip")]


def the_model(submission: Submission) -> SubmittedFile:
    (file,) = submission.having(Role.MODEL)
    return file


def opened(submission: Submission, zygote: Zygote, network: str | None = None):
    file = the_model(submission)
    return open_student_model(
        file,
        zygote,
        dataset=MNIST,
        limit_seconds=60,
        architecture=architecture_beside(file, submission.files),
        network=network,
    )


@every("case", _READ, ids=lambda case: case.name)
def test_open_when_students_save_it_so_then_it_reads_as_the_network_it_was_made_from(
    submissions: dict[str, Submission], zygote: Zygote, case: Case
) -> None:
    images, labels = load_test_set()
    if case.name != "model.keras":  # one in full; the way from file to predictor is the same for all
        images, labels = images[::10], labels[::10]
    with opened(submission_of(case, submissions), zygote) as model:
        found = infer_convention(model, images, labels, MNIST)
    original = load_reference("lecture-cnn-small").predict(images).argmax(axis=1)
    repairs = Repair(0)
    for name in filter(None, case.repairs.split("|")):
        repairs |= Repair[name]
    assert (found.predictions == original).mean() >= case.agreement
    assert model_format(the_model(submission_of(case, submissions)).path) == case.format
    assert (model.facts.repairs, model.facts.images_per_call) == (repairs, case.per_call)
    assert model.facts.input_shape == case.shape


@every("case", _REFUSED, ids=lambda case: case.name)
def test_open_when_it_cannot_be_graded_then_the_finding_says_why_and_nothing_was_written(
    submissions: dict[str, Submission], zygote: Zygote, made: Path, case: Case
) -> None:
    with pytest.raises(ModelUnusable) as unusable, opened(submission_of(case, submissions), zygote) as model:
        model.scores(np.zeros((1, *model.layout.image_shape), np.float32))
    assert unusable.value.finding.slug == case.slug
    assert unusable.value.finding.file == the_model(submission_of(case, submissions)).name
    assert not (made / "canary").exists()


@every("name", ["trained.h5", "exported", "float.tflite", "model.onnx"])
def test_scores_when_images_are_grouped_differently_then_answers_are_the_same_bits(
    submissions: dict[str, Submission], zygote: Zygote, name: str
) -> None:
    images, _ = load_test_set()
    with opened(submissions[name], zygote) as model:
        together = model.scores(images[:200].astype(np.float32))
        apart = np.concatenate([model.scores(images[i : i + 1].astype(np.float32)) for i in range(10)])
    assert np.array_equal(together[:10], apart)


@every(
    "name",
    [
        "model.keras",
        "model.h5",
        "keras-2.2.4.h5",
        "exported",
        "float.tflite",
        "model.onnx",
        "lecture.weights.h5",
    ],
)
def test_facts_when_it_is_the_lecture_network_then_it_has_the_lectures_number_of_weights(
    submissions: dict[str, Submission], zygote: Zygote, name: str
) -> None:
    with opened(submissions[name], zygote) as model:
        assert model.facts.parameters == 50_186


def test_facts_when_a_keras_file_is_read_then_shapes_version_and_leftovers_are_told(
    submissions: dict[str, Submission], zygote: Zygote
) -> None:
    with opened(submissions["trained.h5"], zygote) as model:
        trained = model.facts
    with opened(submissions["keras-2.2.4-tf.h5"], zygote) as model:
        old = model.facts
    assert trained.leftovers == Leftover.OPTIMIZER | Leftover.COMPILE
    assert old.leftovers == Leftover(0)
    assert old.keras_version == (2, 2, 4)
    assert [layer.output_shape for layer in trained.layers] == [
        (28, 28, 32), (14, 14, 32), (14, 14, 64), (7, 7, 64), (3136,), (10,),
    ]  # fmt: skip
    assert [layer.kind for layer in old.layers] == [layer.kind for layer in trained.layers]


def test_open_when_the_stated_network_has_other_weights_then_it_is_refused(
    submissions: dict[str, Submission], zygote: Zygote
) -> None:
    with (
        pytest.raises(ModelUnusable) as unusable,
        opened(submissions["lecture.weights.h5"], zygote, network="lecture-mlp"),
    ):
        pass
    assert unusable.value.finding.slug == "model-weights-misfit"


def test_collect_when_a_saved_model_is_a_folder_or_a_zip_then_it_is_one_file_with_one_hash(
    submissions: dict[str, Submission], made: Path
) -> None:
    folder, archive = the_model(submissions["exported"]), the_model(submissions["packed"])
    members = {
        path.relative_to(folder.path).as_posix(): path for path in folder.path.rglob("*") if path.is_file()
    }
    digest = hashlib.sha256()
    for name, path in sorted(members.items()):
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    assert {
        "saved_model.pb",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
    } <= members.keys()
    assert folder.name == "exported"
    assert archive.name.startswith("packed.zip")
    assert folder.sha256 == archive.sha256 == digest.hexdigest()
    assert folder.size_bytes == sum(path.stat().st_size for path in members.values())
