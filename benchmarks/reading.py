"""How well networks read real handwriting before and after normalizing, by source and kind.

GRADER_REAL_DATA=FOLDER python benchmarks/reading.py [--references FOLDER] [--mnist FOLDER] [--sheet
FILE.html]

`FOLDER/handwriting/manifest.csv` names file, label, source and kind of every picture. Three ways are
compared: the plain resize that students do, the same with automatic polarity, and the normalizer. A file that
cannot be read, or has no ink, is counted apart and never as an answer. MNIST's test digits, in both
polarities, must pass the normalizer unharmed.
"""

import argparse
import base64
import csv
import html
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from grader.core.count import Count
from grader.core.picture import Images, Predictor
from grader.datasets.card import find_dataset
from grader.datasets.child import read_one
from grader.datasets.mnist.normalize import normalize_picture
from grader.images.reader import is_usable
from grader.images.record import PictureRecord, parse_record
from grader.models.references import list_references, load_reference

MNIST = find_dataset("mnist")

WAYS = ("resize", "polarity", "normalized")


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A labelled picture."""

    file: str
    label: int
    source: str
    kind: str
    record: PictureRecord


def read_samples(folder: Path) -> tuple[list[Sample], list[str]]:
    """Return the usable pictures and the names of the others."""
    samples, unusable = [], []
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            record = parse_record(read_one(folder / row["file"], MNIST.form), MNIST.shape)
            if not is_usable(record):
                unusable.append(row["file"])
                continue
            samples.append(
                Sample(
                    file=row["file"],
                    label=int(row["label"]),
                    source=row["source"],
                    kind=row["kind"],
                    record=record,
                )
            )
    return samples, unusable


def with_polarity(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Invert a picture whose border is light."""
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return 1 - image if float(np.median(edge)) > 0.5 else image


def prepare(samples: Sequence[Sample]) -> Mapping[str, Images]:
    """Return the pictures (n, 28, 28, 1) by way."""
    plain = np.stack([sample.record.as_submitted for sample in samples])
    return {
        "resize": plain,
        "polarity": np.stack([with_polarity(image) for image in plain]),
        "normalized": np.stack([sample.record.normalized for sample in samples]),
    }


def count(right: npt.NDArray[np.bool_]) -> Count:
    """Count the right answers."""
    return Count(correct=int(right.sum()), total=int(right.size))


def shown(answers: Count) -> str:
    """Return percentage, counts and 95 % interval."""
    low, high = answers.interval() or (0.0, 1.0)
    numbers = f"{answers.correct}/{answers.total}"
    return f"{answers.percent_text:>7} {numbers:>9} [{100 * low:5.1f}, {100 * high:5.1f}]"


def print_groups(samples: Sequence[Sample], right: npt.NDArray[np.bool_], attribute: str) -> list[float]:
    """Print one line per source or kind; return the shares."""
    names = np.array([getattr(sample, attribute) for sample in samples])
    shares = []
    for name in sorted(set(names)):
        answers = count(right[names == name])
        shares.append(answers.share or 0.0)
        print(f"    {name:55} {shown(answers)}")
    return shares


def print_tables(samples: Sequence[Sample], networks: Sequence[Predictor]) -> dict[str, npt.NDArray[np.intp]]:
    """Print all tables; return the predictions on the normalized pictures by network."""
    labels = np.array([sample.label for sample in samples])
    ways = prepare(samples)
    predictions = {}
    for network in networks:
        for way in WAYS:
            predicted = network.predict(ways[way]).argmax(axis=1)
            right = predicted == labels
            print(f"\n{network.id}, {way}")
            print(f"  pooled {shown(count(right))}")
            print("  by kind")
            print_groups(samples, right, "kind")
            print("  by source")
            shares = print_groups(samples, right, "source")
            print(f"  macro over {len(shares)} sources {100 * float(np.mean(shares)):.1f} %")
            if way == "normalized":
                predictions[network.id] = predicted
    return predictions


def print_mnist(folder: Path, networks: Sequence[Predictor]) -> None:
    """Print what the normalizer does to MNIST's test digits in both polarities."""
    pixels = np.fromfile(folder / "t10k-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 28, 28, 1)
    labels = np.fromfile(folder / "t10k-labels-idx1-ubyte", np.uint8)[8:]
    images = pixels.astype(np.float32) / np.float32(255)
    light = np.stack([normalize_picture(np.repeat(image, 3, axis=2)).image for image in images])
    dark = np.stack([normalize_picture(np.repeat(1 - image, 3, axis=2)).image for image in images])
    unchanged = count((np.abs(light - images) <= 1e-6).all(axis=(1, 2, 3)))
    alike = count((light == dark).all(axis=(1, 2, 3)))
    again = np.stack([normalize_picture(np.repeat(image, 3, axis=2)).image for image in light])
    stable = count((np.abs(again - light) <= 2 / 255 + 1e-6).all(axis=(1, 2, 3)))
    print(f"\nMNIST test: unchanged {shown(unchanged)}, same in both polarities {shown(alike)}")
    print(f"MNIST test: normalizing twice equals once {shown(stable)}")
    for network in networks:
        before, after, inverted = (
            count(network.predict(each).argmax(axis=1) == labels) for each in (images, light, dark)
        )
        print(f"    {network.id:22} {shown(before)} -> {shown(after)}, inverted {shown(inverted)}")


def data_uri(pixels: npt.NDArray[np.uint8]) -> str:
    """Return a picture as a data URI."""
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "PNG")
    return "data:image/png;base64," + base64.b64encode(stored.getvalue()).decode()


def write_sheet(
    path: Path, samples: Sequence[Sample], predictions: Mapping[str, npt.NDArray[np.intp]]
) -> None:
    """Write a page with every picture that a network misreads after normalizing."""
    cells = []
    for place, sample in enumerate(samples):
        answers = {name: int(each[place]) for name, each in predictions.items()}
        wrong = [f"{name}: {answer}" for name, answer in answers.items() if answer != sample.label]
        if not wrong:
            continue
        small = np.round(255 * sample.record.normalized[..., 0]).astype(np.uint8)
        text = html.escape(f"{sample.file} is {sample.label}; {', '.join(wrong)}")
        cells.append(
            f'<figure><img src="{data_uri(sample.record.preview)}" alt="as handed in">'
            f'<img src="{data_uri(small)}" alt="normalized"><figcaption>{text}</figcaption></figure>'
        )
    style = "figure{display:inline-block;width:210px;margin:6px;font:11px sans-serif}"
    style += "img{width:96px;height:96px;margin:2px;image-rendering:pixelated}"
    path.write_text(
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Misread pictures</title>'
        f"<style>{style}</style><h1>{len(cells)} misread pictures</h1>{''.join(cells)}</html>",
        encoding="utf-8",
    )


def main() -> None:
    """Read the pictures, print the tables, write the sheet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--references", type=Path, help="folder of reference models; default: ours")
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's test files, not compressed")
    parser.add_argument("--sheet", type=Path, help="page to write with the misread pictures")
    options = parser.parse_args()
    cards = list_references(options.references)
    networks = [load_reference(card.id, options.references) for card in cards]
    samples, unusable = read_samples(Path(os.environ["GRADER_REAL_DATA"]) / "handwriting")
    print(f"{len(samples)} pictures; could not be used: {unusable or 'none'}")
    predictions = print_tables(samples, networks)
    if options.mnist:
        print_mnist(options.mnist, networks)
    if options.sheet:
        write_sheet(options.sheet, samples, predictions)


if __name__ == "__main__":
    main()
