"""What is measured once is not asked again: by content, whoever handed it in, and never for another question."""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from grader.core.evidence import STUDENT, Evidence, MeasurementSettings
from grader.core.finding import Finding, Severity
from grader.core.picture import ImageSet, Picture
from grader.core.submission import LabelSource, Role, Submission, SubmittedFile
from grader.measuring import student as student_module
from grader.measuring import submission as submission_module
from grader.measuring.assembly import Assembly
from grader.measuring.subjects import TestSet as KnownImages
from grader.measuring.subjects import Tools
from grader.measuring.submission import base_key, evidence_key, measure, measure_references
from grader.models.adapters import find_layout
from grader.models.facts import LoadStatus, ModelFacts
from grader.models.references import load_reference
from grader.models.student import ModelUnusable
from grader.perturbations.suite import Suite
from grader.pipeline import is_current
from grader.store.evidence import Store
from tests.digits import MNIST, load_test_set

IMAGES, LABELS = load_test_set()
SUITE = Suite(own={"rotation": ((0.0,), (20.0,))}, test_set={"shift": ((1.0, 0.0),)}, test_set_size=10)
SETTINGS = MeasurementSettings(
    dataset="mnist",
    class_names=tuple("0123456789"),
    input_shape=(28, 28, 1),
    references=("referee",),
    referee="referee",
    level="standard",
    test_set_size=50,
    limit_seconds=20.0,
)


class Asked:
    """Stands for decoding pictures and for the student's model, which is the lecture's mlp, and counts what is asked."""

    def __init__(self) -> None:
        self.pictures = self.opened = self.images = 0
        self.network = load_reference("lecture-mlp")
        self.layout = find_layout((28, 28, 1), MNIST.shape)
        self.facts = ModelFacts(status=LoadStatus.LOADED, outputs=10, input_shape=(28, 28, 1), parameters=9)
        self.ends_after: int | None = None
        self.slug = "model-timeout"

    def read_pictures(self, files: list[SubmittedFile], spawner: object, form: object) -> ImageSet:
        self.pictures += len(files)
        rows = [int(file.sha256[:2], 16) for file in files]
        digits = IMAGES[rows] if rows else np.zeros((0, 28, 28, 1), np.float32)
        pictures = tuple(
            Picture(
                file=file.name, group=file.role, label=file.label, label_source=file.label_source, index=n
            )
            for n, file in enumerate(files)
        )
        previews = np.full((len(files), 96, 96, 3), 255, np.uint8)
        return ImageSet(pictures=pictures, normalized=digits, as_submitted=digits, previews=previews)

    @contextmanager
    def open_student_model(self, *_: object, **__: object) -> Iterator["Asked"]:
        self.opened += 1
        yield self

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        self.images += len(inputs)
        if self.ends_after is not None and self.images > self.ends_after:
            raise ModelUnusable(Finding(slug=self.slug, severity=Severity.REFUSED, file="model.keras"))
        return self.network.predict(inputs)

    def taken(self) -> tuple[int, int, int]:
        """Return what was asked since the last time: pictures, models opened, images."""
        counts = self.pictures, self.opened, self.images
        self.pictures = self.opened = self.images = 0
        return counts


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()
    monkeypatch.setattr(submission_module, "read_pictures", found.read_pictures)
    monkeypatch.setattr(student_module, "open_student_model", found.open_student_model)
    monkeypatch.setattr(student_module, "model_format", lambda _: "keras")
    return found


def file(name: str, content: str, role: Role, label: int | None = None) -> SubmittedFile:
    return SubmittedFile(
        name=name,
        role=role,
        path=Path(name),
        size_bytes=1,
        sha256=content,
        label=label,
        label_source=None if label is None else LabelSource.NAME,
    )


def submission(
    id_: str = "kim", rows: tuple[int, ...] = (1, 2, 3), model: str = "m", **fields: object
) -> Submission:
    """Pictures are test images by row; three of their names say another digit."""
    pictures = [
        file(f"{n}.png", f"{row:02x}", Role.PICTURE, (int(LABELS[row]) + (n == 0)) % 10)
        for n, row in enumerate(rows)
    ]
    models = [file("model.keras", model, Role.MODEL)] if model else []
    return Submission(id=id_, name=id_, files=(*pictures, *models), **fields)


def tools(
    store: Store,
    settings: MeasurementSettings = SETTINGS,
    suite: Suite = SUITE,
    versions: Mapping[str, str] | None = None,
    labels: np.ndarray = LABELS,
) -> Tools:
    referee = load_reference("referee")
    sha256 = hashlib.sha256(labels.tobytes()).hexdigest()
    test_set = KnownImages.of(IMAGES[:200], labels[:200], suite, settings.test_set_size, sha256)
    base = base_key(settings, versions or {"grader": "1"})
    return Tools(
        settings=settings,
        dataset=MNIST,
        suite=suite,
        pictures=None,
        models=None,
        references={"referee": referee},
        test_set=test_set,
        store=store,
        run=measure_references({"referee": (referee, "hash")}, test_set, suite, base, store),
        base_key=base,
        provenance={},
    )


def evidence_of(found: Submission, with_: Tools) -> Evidence:
    stored = measure(found, with_)
    with_.store.save(stored)
    return Assembly(with_.store).evidence(stored)


def test_work_when_handed_in_twice_then_the_second_copy_asks_nothing(asked: Asked) -> None:
    with_ = tools(Store(None))
    one = evidence_of(submission("kim"), with_)
    pictures, opened, images = asked.taken()
    assert (pictures, opened) == (3, 1)
    assert images > 0
    other = evidence_of(submission("lee"), with_)
    assert asked.taken() == (0, 0, 0)
    assert (other.submission_id, other.diagnoses != ()) == ("lee", True)
    assert [finding.slug for finding in other.findings] == [finding.slug for finding in one.findings]
    for who in (STUDENT, "referee"):
        assert np.array_equal(one.subjects[who].normalized, other.subjects[who].normalized)
        assert np.array_equal(one.own.perturbed[who]["rotation"], other.own.perturbed[who]["rotation"])
    # The run's part is the same object in all evidence that is assembled together.
    stored = with_.store.submissions()
    assembly = Assembly(with_.store)
    first, second = (assembly.evidence(each) for each in stored)
    assert first.test_labels is second.test_labels
    assert first.test_set.perturbed["referee"]["shift"] is second.test_set.perturbed["referee"]["shift"]


def test_work_when_some_is_new_then_only_that_is_asked(asked: Asked) -> None:
    with_ = tools(Store(None))
    evidence_of(submission(rows=(1, 2)), with_)
    whole = asked.taken()
    evidence_of(submission("lee", rows=(1, 2, 4)), with_)
    pictures, opened, images = asked.taken()
    assert (pictures, opened) == (1, 1)
    assert 0 < images < whole[2] / 3, "the convention is known, and two of three pictures"
    evidence_of(submission("park", rows=(4,), model=""), with_)
    assert asked.taken() == (0, 0, 0)


def test_settings_when_they_change_then_nothing_stale_is_used(asked: Asked) -> None:
    """A wider suite asks only for it; another class list, shape, test set, limit or version asks everything."""
    store = Store(None)
    with_ = tools(store)
    evidence_of(submission(), with_)
    assert is_current(submission(), with_)
    asked.taken()
    wider = dataclasses.replace(SUITE, own={**SUITE.own, "shift": ((2.0, 0.0),)})
    more = tools(store, suite=wider)
    assert not is_current(submission(), more)
    assert evidence_of(submission(), more).own.perturbed[STUDENT]["shift"].shape == (1, 3)
    # Of each picture itself, two rotations and a shift.
    assert asked.taken() == (0, 1, 3 * 4)
    swapped = LABELS.copy()
    swapped[:2] = swapped[1::-1]
    for other in (
        tools(store, dataclasses.replace(SETTINGS, class_names=tuple("0123456798"))),
        tools(store, dataclasses.replace(SETTINGS, dataset="other")),
        tools(store, labels=swapped),
        tools(store, dataclasses.replace(SETTINGS, test_set_size=49)),
        tools(store, dataclasses.replace(SETTINGS, limit_seconds=30.0)),
        tools(store, versions={"grader": "2"}),
    ):
        assert not is_current(submission(), other)
        evidence_of(submission(), other)
        _, opened, images = asked.taken()
        assert opened == 1
        assert images > 100
    keys = {base_key(each, {}) for each in (SETTINGS, dataclasses.replace(SETTINGS, input_shape=(32, 32, 1)))}
    assert len(keys) == 2


def test_submission_when_anything_of_it_changes_then_another_key(asked: Asked) -> None:
    with_ = tools(Store(None))
    every = [
        submission(),
        submission("lee"),
        submission(rows=(1, 2, 4)),
        submission(model="n"),
        submission(findings=(Finding(slug="s", severity=Severity.INFO),)),
        dataclasses.replace(submission(), name="Kim"),
    ]
    assert len({evidence_key(each, with_) for each in every}) == len(every)


def test_model_when_it_ends_by_chance_then_it_is_asked_again_and_nobody_else_suffers(asked: Asked) -> None:
    """It ends at once, then in the middle of the perturbed pictures, then not at all."""
    with_ = tools(Store(None))
    asked.ends_after = 0
    refused = evidence_of(submission(), with_)
    assert refused.model is not None
    assert (refused.model.loaded, refused.model.file) == (False, "model.keras")
    assert refused.findings[-1].slug == "model-timeout"
    assert not is_current(submission(), with_)
    asked.taken()
    asked.ends_after = None
    evidence_of(submission("lee"), with_)
    enough = asked.taken()[2]
    other = tools(Store(None))
    asked.ends_after = enough - 400
    partial = evidence_of(submission(), other)
    assert partial.model is not None
    assert partial.model.loaded
    assert partial.diagnoses == ()
    assert "misses-not-explained" in [finding.slug for finding in partial.findings]
    assert not is_current(submission(), other)
    asked.taken()
    asked.ends_after = None
    assert evidence_of(submission(), other).diagnoses
    assert is_current(submission(), other)


def test_model_when_refused_for_good_then_not_asked_again(asked: Asked) -> None:
    with_ = tools(Store(None))
    asked.ends_after, asked.slug = 0, "model-crashed"
    for id_, n_opened in (("kim", 1), ("lee", 0)):
        found = evidence_of(submission(id_), with_)
        assert found.findings[-1].slug == "model-crashed"
        assert asked.taken()[1] == n_opened
    assert is_current(submission("lee"), with_)
