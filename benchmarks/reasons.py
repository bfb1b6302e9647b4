"""For how many misread real pictures a verified reason is found, and for how many a wrong one.

GRADER_REAL_DATA=FOLDER python -m benchmarks.reasons [--references FOLDER]

Each reference network stands for a student's model. The pictures are those of `benchmarks/reading.py`, handed in raw: a
plain resize, polarity as in the file. Three rules for what counts as a reason are compared: any right answer; right one
pixel beside, too; and all guards. Controls: the same search for a label that is wrong, and models that know nothing.
Every reason is asked once more, alone. `diagnose` then counts causes, and what ten pictures of one submission cost. Last,
test images are spoiled in known ways: how many of those that a network no longer reads get exactly what was spoiled?
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.reading import Sample, read_samples
from grader.core.picture import ImageSet, Picture
from grader.core.submission import LabelSource, Role
from grader.measuring.ink import preview_grey
from grader.measuring.repairs import Subject, Variant, variants
from grader.measuring.search import (
    LEAST_RIGHT,
    NEIGHBORS,
    Agreement,
    Asker,
    Competence,
    Found,
    Predict,
    moved,
    search,
)
from grader.measuring.upright import find_turns
from grader.models.adapters import PLAIN
from grader.models.references import list_references, load_reference
from tests.digits import load_test_set
from tests.fakes import Constant, Counting, Random, Untrained
from tests.measuring.spoiled import ONE_WAY, TWO_WAYS, diagnosed, hand_in, spoil

REFEREE = "referee"
CONTROLS = {
    "random": Random(0).predict,
    "untrained dense": Untrained(0).predict,
    "constant 8": Constant(8).predict,
}
Labels = Sequence[int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Class:
    """All pictures, ready to be asked about."""

    images: ImageSet
    labels: npt.NDArray[np.int64]
    subjects: Callable[[npt.NDArray[np.int64], npt.NDArray[np.bool_]], list[Subject]]


def read_class(samples: Sequence[Sample], referee: Predict) -> Class:
    """Return the pictures as one image set."""
    records = [sample.record for sample in samples]
    images = ImageSet(
        pictures=tuple(
            Picture(
                file=sample.file,
                group=Role.PICTURE,
                label=sample.label,
                label_source=LabelSource.NAME,
                index=index,
                width_pixels=sample.record.width_pixels,
                height_pixels=sample.record.height_pixels,
            )
            for index, sample in enumerate(samples)
        ),
        normalized=np.stack([record.normalized for record in records]),
        as_submitted=np.stack([record.as_submitted for record in records]),
        previews=np.stack([record.preview for record in records]),
    )
    labels = np.array([sample.label for sample in samples])
    turns = find_turns(images.normalized, labels.tolist(), referee)

    def subjects(rows: npt.NDArray[np.int64], misread: npt.NDArray[np.bool_]) -> list[Subject]:
        return [
            Subject(
                as_submitted=images.as_submitted[row, ..., 0],
                original=preview_grey(
                    images.previews[row], records[row].width_pixels, records[row].height_pixels
                ),
                normalized=images.normalized[row, ..., 0],
                turn=turns[row],
                is_misread_as_submitted=True,
                is_misread_normalized=bool(misread[row]),
            )
            for row in rows
        ]

    return Class(images=images, labels=labels, subjects=subjects)


def kind_of(found: Found) -> str:
    """Return the row of the table that a reason belongs to."""
    if found.variant is None:
        return "none"
    names = found.variant.names
    if names[0] == "cleaning":
        return "cleaning" if len(names) == 1 else "change of the normalized picture"
    if len(names) == 1:
        return names[0]
    return "two repairs" if len(names) == 2 else "three or more"


KINDS = (
    "polarity", "contrast", "upright", "stroke", "size", "center", "two repairs", "three or more", "cleaning",
    "change of the normalized picture", "none",
)  # fmt: skip


def unverified(predict: Predict, found: Sequence[Found], labels: Labels) -> int:
    """Ask about every reason once more, alone; return how many do not hold."""
    wrong = 0
    for each, label in zip(found, labels, strict=True):
        if each.variant is None:
            continue
        asked = [each.variant.pixels, *(moved(each.variant.pixels, *step) for step in NEIGHBORS)]
        images = np.stack(asked).astype(np.float32)[..., None] / np.float32(255)
        right = predict(images).argmax(axis=1) == label
        wrong += not (right[0] and right[1:].sum() >= LEAST_RIGHT)
    return wrong


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """What came of one network."""

    misread: int
    kinds: Counter[str]
    shares: Mapping[str, float]
    """Share of the misread pictures with a reason by rule."""
    wrong_labels: Mapping[str, float]
    """Share of the misread pictures with a reason for a wrong label by rule."""
    unverified: int


def try_network(predict: Predict, referee: Predict, all_: Class) -> Result:
    """Look for the reasons of every picture that a network misreads raw."""
    test_set_images, test_set_labels = load_test_set()
    asker = Asker(predict=predict, predict_as_submitted=predict)
    before = predict(all_.images.as_submitted).argmax(axis=1)
    is_misread = predict(all_.images.normalized).argmax(axis=1) != all_.labels
    rows = np.flatnonzero(before != all_.labels)
    labels = all_.labels[rows].tolist()
    tried = [variants(subject, PLAIN) for subject in all_.subjects(rows, is_misread)]
    random = np.random.default_rng(0)
    others = [
        sorted(set(range(10)) - {label, int(before[row])}) for label, row in zip(labels, rows, strict=True)
    ]
    wrong = [int(random.choice(each)) for each in others]
    not_turned = [[variant for variant in each if "upright" not in variant.names] for each in tried]
    guards = (Competence(asker, test_set_images, test_set_labels), Agreement(referee))

    def by_rule(some: Sequence[Sequence[Variant]], meant: Labels) -> dict[str, tuple[Found, ...]]:
        return {
            "any right answer": search(some, meant, asker, guards=(), least_right=0),
            "one pixel beside": search(some, meant, asker, guards=()),
            "reads such digits": search(some, meant, asker, guards=guards[:1]),
            "all": search(some, meant, asker, guards=guards),
        }

    found = by_rule(tried, labels)
    found_wrong = by_rule(not_turned, wrong)
    return Result(
        misread=len(rows),
        kinds=Counter(kind_of(each) for each in found["all"]),
        shares={rule: share(each) for rule, each in found.items()},
        wrong_labels={rule: share(each) for rule, each in found_wrong.items()},
        unverified=unverified(predict, found["all"], labels),
    )


def share(found: Sequence[Found]) -> float:
    """Return the share of pictures with a reason."""
    return sum(each.variant is not None for each in found) / max(len(found), 1)


def print_causes(predict: Predict, referee: Predict, all_: Class) -> None:
    """Print the causes of misses, and what submissions of ten pictures cost."""
    test_set_images, test_set_labels = load_test_set()
    causes: Counter[str] = Counter()
    seconds, predictions, calls = [], [], []
    order = np.random.default_rng(0).permutation(len(all_.labels))
    for start in range(0, len(order), 10):
        rows = np.sort(order[start : start + 10])
        asked = Counting(predict)
        begin = time.perf_counter()
        diagnoses = diagnosed(
            all_.images, rows, all_.labels[rows], asked.predict, asked.predict, referee,
            test_set_images, test_set_labels, convention=PLAIN,
        )  # fmt: skip
        seconds.append(time.perf_counter() - begin)
        predictions.append(asked.predictions)
        calls.append(asked.calls)
        causes.update(
            f"{each.cause.value}{'' if each.repairs else ' without a reason'}" for each in diagnoses
        )
    print(f"    causes {dict(sorted(causes.items()))}")
    print(
        f"    ten pictures: {np.median(predictions):.0f} predictions (most {max(predictions)}) in {np.median(calls):.0f} "
        f"calls, {np.median(seconds):.2f} s (most {max(seconds):.2f} s), referee and drawing included"
    )


def likeness(found: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """Return how what was found compares with what was spoiled."""
    if not found:
        return "none"
    if found == wanted:
        return "exactly"
    if set(found) < set(wanted):
        return "a part"
    return "and more" if set(wanted) < set(found) else "another"


def print_spoiled(predict: Predict, referee: Predict) -> None:
    """Print what is found for test images that were spoiled in known ways."""
    images, labels = load_test_set()
    rows = np.flatnonzero(predict(images).argmax(axis=1) == labels)[:MOST_SPOILED]
    for name, (ways, wanted) in (ONE_WAY | TWO_WAYS).items():
        handed_in = hand_in([spoil(images[row, ..., 0], ways) for row in rows], labels[rows].tolist())
        misread = np.flatnonzero(predict(handed_in.as_submitted).argmax(axis=1) != labels[rows])
        found: Counter[str] = Counter()
        for start in range(0, len(misread), 50):
            some = misread[start : start + 50]
            for each in diagnosed(
                handed_in, some, labels[rows][some], predict, predict, referee, images, labels,
                convention=PLAIN,
            ):  # fmt: skip
                found[likeness(each.repairs, wanted)] += 1
        print(f"    {name:22} {len(misread):4} misread, {dict(found)}")


MOST_SPOILED = 200
"""Test images that are spoiled."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--references", type=Path, help="folder of reference models; default: ours")
    options = parser.parse_args()
    samples, _ = read_samples(Path(os.environ["GRADER_REAL_DATA"]) / "handwriting")
    referee = load_reference(REFEREE, options.references).predict
    all_ = read_class(samples, referee)
    networks = {
        card.id: load_reference(card.id, options.references).predict
        for card in list_references(options.references)
    }
    results = {}
    for name, predict in (networks | CONTROLS).items():
        result = results[name] = try_network(predict, referee, all_)
        print(
            f"\n{name}: {result.misread} misread raw, {result.unverified} reasons do not hold when asked again"
        )
        print("    reasons " + ", ".join(f"{kind} {result.kinds[kind]}" for kind in KINDS))
        for rule, found in result.shares.items():
            print(
                f"    {rule:20} {100 * found:5.1f} %, for a wrong label {100 * result.wrong_labels[rule]:5.1f} %"
            )
        if name in networks:
            print_causes(predict, referee, all_)
    total = sum(results[name].misread for name in networks)
    none = sum(results[name].kinds["none"] for name in networks)
    for name in ("lecture-cnn-small", "lecture-cnn-deep"):
        print(f"\n{MOST_SPOILED} test images that {name} reads, spoiled")
        print_spoiled(networks[name], referee)
    print(f"\nall networks: {total - none} of {total}, {100 * (1 - none / total):.1f} %")


if __name__ == "__main__":
    main()
