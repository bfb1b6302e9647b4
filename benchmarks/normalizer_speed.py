"""How long reading a picture takes, beside Pillow's plain decoding and resizing, alternating in one run.

python benchmarks/normalizer_speed.py [--runs N]

With one thread for linear algebra, as in the locked child.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from grader.datasets.card import find_dataset
from grader.datasets.child import read_one
from grader.datasets.mnist.normalize import normalize_picture
from grader.images.decode import decode_picture

MNIST = find_dataset("mnist")


def photo(width: int, height: int) -> Image.Image:
    """Draw a 2 with a blue pen on shaded, grainy paper."""
    image = Image.new("RGB", (width, height), (222, 218, 205))
    draw = ImageDraw.Draw(image)
    pen, box = width // 40, [0.35 * width, 0.15 * height, 0.65 * width, 0.5 * height]
    draw.arc(box, 190, 400, fill=(30, 40, 120), width=pen)
    points = [(0.62 * width, 0.43 * height), (0.36 * width, 0.82 * height), (0.68 * width, 0.82 * height)]
    draw.line(points, fill=(30, 40, 120), width=pen)
    light = np.linspace(1.0, 0.75, width, dtype=np.float32)[None, :, None]
    grain = np.random.default_rng(0).normal(0, 4, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(image) * light + grain, 0, 255).astype(np.uint8))


def plainly(path: Path) -> npt.NDArray[np.uint8]:
    """Do what a student does."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L").resize((28, 28)))


def milliseconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60)
    runs = parser.parse_args().runs
    with TemporaryDirectory() as folder:
        large, small = Path(folder) / "photo.jpg", Path(folder) / "small.png"
        photo(1152, 868).save(large, quality=88)
        photo(1152, 868).resize((28, 28), Image.Resampling.BOX).save(small)
        for path in (large, small):
            pixels = decode_picture(path, MNIST.shape).pixels
            steps: dict[str, Callable[[], object]] = {
                "Pillow: decode and resize": lambda path=path: plainly(path),
                "grader: decode": lambda path=path: decode_picture(path, MNIST.shape),
                "grader: normalize": lambda pixels=pixels: normalize_picture(pixels),
                "grader: file to record": lambda path=path: read_one(path, MNIST.form),
            }
            times: dict[str, list[float]] = {name: [] for name in steps}
            for _ in range(runs):
                for name, step in steps.items():
                    times[name].append(milliseconds(step))
            base = statistics.median(times["Pillow: decode and resize"])
            print(path.name)
            for name, taken in times.items():
                median = statistics.median(taken)
                print(f"  {name:28} {median:7.2f} ms  fastest {min(taken):6.2f}  ratio {median / base:5.2f}")


if __name__ == "__main__":
    main()
