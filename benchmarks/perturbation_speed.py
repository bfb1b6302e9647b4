"""How long the standard suite on ten digits takes, beside a loop of Pillow's transforms, alternating in one run.

python benchmarks/perturbation_speed.py [--runs N]

With one thread for linear algebra. Both make the same array: every digit under every perturbation, float32. The
loop takes one digit and one perturbation at a time: geometry in mode F; blur, morphology, equalization, contrast and noise
in mode L, the only one in which Pillow has them all. Its morphology is of 3 x 3 pixels, and it does not measure the ink
that is lost.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter, ImageOps

from grader.core.picture import Images
from grader.perturbations.base import PERTURBATIONS, Parameters, ParameterSets
from grader.perturbations.geometry import Transform
from grader.perturbations.perturb import perturb
from grader.perturbations.suite import SUITES
from tests.digits import load_test_set

MOST_MILLISECONDS = 5
LEAST_RATIO = 10
CENTRE = 14.0
"""Of a digit, in Pillow's coordinates, in which the first pixel goes from 0 to 1."""

Coefficients = tuple[float, float, float, float, float, float]


def coefficients(transform: Transform) -> Coefficients:
    """Where a pixel comes from, as Image.transform wants it."""
    angle = np.deg2rad(transform.angle_degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    back = np.linalg.inv(transform.scale * turn @ [[1, transform.shear_x], [0, 1]])
    offset = CENTRE - back @ (CENTRE + transform.dx_pixels, CENTRE + transform.dy_pixels)
    return (*back[0], offset[0], *back[1], offset[1])


def affine(place: Coefficients) -> Callable[[Image.Image, Image.Image], Image.Image]:
    return lambda exact, _: exact.transform(
        exact.size, Image.Transform.AFFINE, place, Image.Resampling.BILINEAR
    )


def thickness(pixels: float) -> Callable[[Image.Image, Image.Image], Image.Image]:
    change = ImageFilter.MaxFilter(3) if pixels > 0 else ImageFilter.MinFilter(3)
    if abs(pixels) == 1:
        return lambda _, grey: grey.filter(change)
    return lambda _, grey: Image.blend(grey, grey.filter(change), abs(pixels))


def contrast(factor: float) -> Callable[[Image.Image, Image.Image], Image.Image]:
    table = [min(round(factor * level), 255) for level in range(256)]
    return lambda _, grey: grey.point(table)


def noise(sigma: float) -> Callable[[Image.Image, Image.Image], Image.Image]:
    added = 128 + 255 * sigma * np.random.default_rng(0).standard_normal((28, 28))
    field = Image.fromarray(np.clip(added, 0, 255).astype(np.uint8))
    return lambda _, grey: ImageChops.add(grey, field, 1, -128)


def by_pillow(name: str, at: Parameters) -> Callable[[Image.Image, Image.Image], Image.Image]:
    """What makes a picture at a place, prepared as far as it does not depend on the picture.

    It takes the picture in modes F and L.
    """
    perturbation = PERTURBATIONS.get(name)
    if perturbation.is_affine:
        return affine(coefficients(perturbation.does(*at)))
    others = {"thickness": thickness, "contrast": contrast, "noise": noise}
    if name in others:
        return others[name](*at)
    if name == "blur":
        blur = ImageFilter.GaussianBlur(*at)
        return lambda _, grey: grey.filter(blur)
    assert name == "equalization", name
    return lambda _, grey: ImageOps.equalize(grey)


def loop(
    images: Images, steps: list[Callable[[Image.Image, Image.Image], Image.Image]]
) -> npt.NDArray[np.float32]:
    """Make every picture at every place, one after the other."""
    made = np.empty((len(steps), *images.shape), np.float32)
    for number, pixels in enumerate(images[..., 0]):
        exact = Image.fromarray(pixels)
        grey = Image.fromarray(np.rint(255 * pixels).astype(np.uint8))
        for cell, step in enumerate(steps):
            done = step(exact, grey)
            made[cell, number, :, :, 0] = done
            if done.mode == "L":
                made[cell, number] /= 255
    return made


def milliseconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def differences(images: Images, parameter_sets: ParameterSets, theirs: npt.NDArray[np.float32]) -> None:
    """Print how far apart the two are, to show that they do the same."""
    ours = perturb(images, parameter_sets)
    for name, cells in ours.slices.items():
        apart = np.abs(ours.images[cells] - theirs[cells])
        print(f"  {name:13} {cells.stop - cells.start:4} cells  mean difference {apart.mean():.4f}")


def main() -> None:
    """Print medians, ratio and whether they keep their bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    runs = parser.parse_args().runs
    images, parameter_sets = load_test_set()[0][:10], SUITES["standard"].own
    steps = [by_pillow(name, at) for name, ats in parameter_sets.items() for at in ats]
    first = milliseconds(lambda: perturb(images, parameter_sets))
    differences(images, parameter_sets, loop(images, steps))
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(milliseconds(lambda: perturb(images, parameter_sets)))
        theirs.append(milliseconds(lambda: loop(images, steps)))
    median, ratio = statistics.median(ours), statistics.median(theirs) / statistics.median(ours)
    print(f"{len(steps)} cells x {len(images)} images, {runs} runs; the first of all took {first:.1f} ms")
    for name, times in (("grader", ours), ("Pillow", theirs)):
        print(f"  {name}  median {statistics.median(times):7.2f} ms  ({min(times):.2f} to {max(times):.2f})")
    print(
        f"  {median:.2f} ms, bar {MOST_MILLISECONDS}: {'kept' if median <= MOST_MILLISECONDS else 'MISSED'}"
    )
    print(f"  {ratio:.1f} times as fast, bar {LEAST_RATIO}: {'kept' if ratio >= LEAST_RATIO else 'MISSED'}")


if __name__ == "__main__":
    main()
