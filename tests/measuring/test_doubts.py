"""Pictures handed in mirrored or turned, read by the real referee."""

from collections.abc import Callable

import numpy as np
import pytest

from grader.core.evidence import SubjectEvidence
from grader.core.finding import Finding, Severity
from grader.core.picture import Images, ImageSet, Picture, Probabilities
from grader.core.submission import LabelSource, Role
from grader.measuring.findings import doubtful_labels
from grader.measuring.subjects import Task
from grader.models.references import load_reference
from tests.digits import MNIST, load_test_set


def picture(index: int, label: int) -> Picture:
    return Picture(
        file=f"{label}.png",
        group=Role.PICTURE,
        label=label,
        label_source=LabelSource.NAME,
        index=index,
        width_pixels=28,
        height_pixels=28,
        quality={},
    )


def doubts(
    images: Images, labels: list[int], predict: Callable[[Images], Probabilities]
) -> tuple[Finding, ...]:
    pictures = tuple(picture(i, label) for i, label in enumerate(labels))
    previews = np.zeros((len(images), 96, 96, 3), np.uint8)
    image_set = ImageSet(pictures=pictures, normalized=images, as_submitted=images, previews=previews)
    read = predict(images)
    answers = SubjectEvidence(normalized=read, as_submitted=read)
    return tuple(doubtful_labels(Task.of(image_set, {}), answers, predict, MNIST))


@pytest.fixture(scope="module")
def digits() -> dict[int, Images]:
    """Of each class twenty test images that the referee reads with confidence."""
    images, labels = load_test_set()
    sure = load_reference("referee").predict(images)[np.arange(len(labels)), labels] > 0.99
    return {digit: images[(labels == digit) & sure][:20] for digit in range(10)}


@pytest.mark.parametrize(
    "way",
    [
        lambda images: images[:, :, ::-1],
        lambda images: np.rot90(images, 1, (1, 2)),
        lambda images: np.rot90(images, 2, (1, 2)),
        lambda images: np.rot90(images, 3, (1, 2)),
    ],
    ids=["mirrored", "left", "upside down", "right"],
)
@pytest.mark.parametrize("digit", [3, 4, 7])
def test_digit_when_handed_in_another_way_round_then_the_finding_says_so(
    digits: dict[int, Images], digit: int, way: Callable[[Images], Images]
) -> None:
    predict = load_reference("referee").predict
    turned = np.ascontiguousarray(way(digits[digit]))
    found = doubts(turned, [digit] * len(turned), predict)
    unread = int((predict(turned).argmax(axis=1) != digit).sum())
    assert len(found) == unread, (
        "one finding for each picture that is not read as its label, and for no other"
    )
    assert unread > 0
    assert {finding.slug for finding in found} == {"picture-other-way-round"}
    assert all(finding.severity is Severity.SUSPICIOUS for finding in found)


def test_digit_when_upright_then_there_is_no_finding(digits: dict[int, Images]) -> None:
    images = np.concatenate(list(digits.values()))
    labels = [digit for digit in digits for _ in range(len(digits[digit]))]
    assert doubts(images, labels, load_reference("referee").predict) == ()


@pytest.mark.parametrize(("label", "drawn"), [(6, 9), (9, 6), (1, 7), (8, 3), (0, 4)])
def test_digit_when_another_one_is_drawn_then_the_name_is_doubted_and_not_the_camera(
    digits: dict[int, Images], label: int, drawn: int
) -> None:
    found = doubts(digits[drawn], [label] * len(digits[drawn]), load_reference("referee").predict)
    assert {finding.slug for finding in found} == {"label-doubtful"}
    assert {finding.values["prediction"] for finding in found} == {str(drawn)}


def test_picture_when_nobody_can_read_it_then_it_is_contested() -> None:
    unsure = np.full((1, 10), 0.05, np.float32)
    unsure[0, 2] = 0.55
    found = doubts(
        np.ones((1, 28, 28, 1), np.float32), [7], lambda images: np.repeat(unsure, len(images), axis=0)
    )
    assert [(finding.slug, finding.severity) for finding in found] == [("picture-contested", Severity.INFO)]
