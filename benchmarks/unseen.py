"""How well networks read 1,797 digits of 43 writers that nothing here was developed with.

pip install scikit-learn; python benchmarks/unseen.py [--references FOLDER]

The digits are those of `sklearn.datasets.load_digits`: the test part of "Optical Recognition of Handwritten
Digits" (Alpaydin & Kaynak 1998), collected in Turkey and stored as counts of ink in 8 x 8 squares. They are
laid on white with a margin, enlarged, and read like any picture. Training and normalizer never saw them and
must not be chosen by them.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.datasets import load_digits

from grader.core.count import Count
from grader.datasets.mnist.normalize import normalize_picture
from grader.datasets.mnist.paper import Pixels
from grader.models.references import list_references, load_reference

FULL = 16
"""Ink of a square that is covered all over."""

MARGIN, SIDE = 2, 120
"""Empty squares round a digit; side in pixels after enlarging."""


def as_picture(squares: npt.NDArray[np.float64]) -> Pixels:
    """Return the counts (8, 8), 0 to 16, as black ink on white paper, (120, 120, 3) in [0, 1]."""
    paper = np.pad(255 - np.round(squares / FULL * 255), MARGIN, constant_values=255).astype(np.uint8)
    enlarged = Image.fromarray(paper).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.repeat(np.asarray(enlarged, dtype=np.float32)[..., None] / 255, 3, axis=2)


def main() -> None:
    """Print how many digits each network reads, with 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--references", type=Path, help="other networks than the shipped ones")
    folder = parser.parse_args().references
    digits = load_digits()
    images = np.array([normalize_picture(as_picture(squares)).image for squares in digits.images])
    for card in list_references(folder):
        right = load_reference(card.id, folder).predict(images).argmax(axis=1) == digits.target
        count = Count(correct=int(right.sum()), total=len(right))
        low, high = count.interval() or (0.0, 1.0)
        print(f"{card.id:20} {count.percent_text:>7}  {100 * low:.1f} to {100 * high:.1f}")


if __name__ == "__main__":
    main()
