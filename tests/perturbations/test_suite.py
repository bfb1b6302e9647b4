"""Every record is complete, and suites are collected from the records."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.core.perturbed import SCORED
from grader.errors import GraderError
from grader.perturbations.affine import UPSIDE_DOWN
from grader.perturbations.base import BORDERS, LEVELS, PERTURBATIONS, ParameterSets, in_order
from grader.perturbations.suite import SUITES, step_pixels, suite

SHOWN = (
    "rotation", "shift", "grid", "lecture", "scale", "shear", "thickness", "contrast", "equalization", "noise",
    "blur", "flip",
)  # fmt: skip


def sizes(parameter_sets: ParameterSets) -> dict[str, int]:
    return {name: len(ats) for name, ats in parameter_sets.items()}


def test_records_when_asked_for_then_complete_and_in_the_order_in_which_they_are_shown() -> None:
    assert tuple(each.name for each in in_order()) == SHOWN
    assert tuple(each.name for each in in_order({"blur", "shift"})) == ("shift", "blur")
    for each in in_order():
        assert 0 < len(each.parameters) == len(each.limits), each.name
        trials = [at for tried in (each.own, each.test_set) for ats in tried.values() for at in ats]
        assert trials, each.name
        for at in (each.neutral, *trials, *each.information):
            each.check(at)
        assert set(each.information) <= set(trials), each.name
        assert set(each.title) == {"ko", "en"}, each.name
        assert all(each.title.values()), each.name
        assert each.own.keys() | each.test_set.keys() <= set(LEVELS), each.name
    assert PERTURBATIONS.get("grid").parameters == ("angle_degrees", "dx_pixels", "dy_pixels")
    assert PERTURBATIONS.get("blur").parameters == ("sigma_pixels",)


def test_suites_when_of_digits_then_as_documented() -> None:
    always = {"rotation": 37, "shift": 169, "lecture": 3}
    others = {
        "scale": 6, "shear": 4, "thickness": 4, "contrast": 4, "equalization": 1, "noise": 3, "blur": 3,
    }  # fmt: skip
    scored_zone = {"rotation": 13, "shift": 49, "lecture": 3}
    assert tuple(SUITES) == LEVELS
    assert sizes(SUITES["quick"].own) == always
    assert sizes(SUITES["standard"].own) == {**always, **others, "grid": 125}
    assert sizes(SUITES["full"].own) == {**always, **others, "grid": 775}
    assert [sizes(SUITES[level].test_set) for level in LEVELS] == [
        scored_zone,
        scored_zone,
        {**scored_zone, "grid": 125},
    ]
    assert [SUITES[level].test_set_size for level in LEVELS] == [100, 100, 200]
    assert tuple(SUITES["full"].own) == tuple(name for name in SHOWN if name in SUITES["full"].own)
    own = SUITES["full"].own
    assert own["rotation"][0] == (-90.0,)
    assert own["rotation"][-1] == (90.0,)
    assert own["shift"][1] == (-6.0, -5.0)
    assert own["lecture"] == ((10.0, 5.0, 3.0), (70.0, 0.0, 0.0), UPSIDE_DOWN)
    assert own["grid"][0] == (-30.0, -3.0, -3.0)
    assert own["grid"][26] == (-28.0, -3.0, -1.5)
    for level in LEVELS:
        assert SUITES[level].scored == SCORED.limits
    with pytest.raises(KeyError):
        SUITES["most"]


def test_suite_when_sides_grow_then_pixels_do_and_digits_stay() -> None:
    # 3 steps are scored: 3 of 28 and 32, 6 of 64, 12 of 128, 21 of 224, 27 of 256 pixels.
    steps = {28: 1, 32: 1, 64: 2, 96: 3, 128: 4, 150: 5, 224: 7, 256: 9}
    assert {side: step_pixels(side) for side in steps} == steps
    assert suite("full", side=32).own == SUITES["full"].own
    for side in steps:
        for border in BORDERS:
            full = suite("full", side=side, border=border, allowed=PERTURBATIONS.names)
            for name, ats in (*full.own.items(), *full.test_set.items()):
                for at in ats:
                    PERTURBATIONS.get(name).check(at)
    large = suite("standard", side=128, border="reflect")
    assert large.own["rotation"] == SUITES["standard"].own["rotation"]
    assert large.own["shift"][1] == (-24.0, -20.0)
    assert large.own["grid"][1] == (-30.0, -12.0, -6.0)
    assert large.own["blur"] == ((2.0,), (4.0,), (6.0,))
    assert large.own["scale"] == SUITES["standard"].own["scale"]
    assert large.scored == {"rotation": (30.0,), "shift": (12.0, 12.0), "grid": (30.0, 12.0, 12.0)}


def test_suite_when_of_natural_pictures_then_only_what_suits_them_and_keeps_their_labels() -> None:
    natural = suite("standard", side=32, border="reflect")
    assert natural.border == "reflect"
    assert tuple(natural.own) == (
        "rotation", "shift", "grid", "scale", "shear", "contrast", "equalization", "noise", "blur",
    )  # fmt: skip
    for border in ("background", "reflect"):
        chosen = suite("quick", border=border, allowed=("flip", "rotation"))
        assert sizes(chosen.own) == {"rotation": 37, "flip": 1}
        assert sizes(chosen.test_set) == {"rotation": 13, "flip": 1}
    assert sizes(suite("full", border="reflect", allowed=("thickness",)).own) == {"thickness": 4}
    with pytest.raises(GraderError) as caught:
        suite("quick", allowed=("flop",))
    assert (caught.value.slug, caught.value.values["nearest"]) == ("name-unknown", "flip")


PLUG_IN = """
from grader.perturbations.base import Perturbation, register, since

def dim(images, share=0.0):
    return images * (1 - share)

register(Perturbation(name="dim", does=dim, title={"ko": "어둡게", "en": "Dimmed"}, order=5, limits=((0.0, 1.0),),
                      own=since("quick", (0.5,))))
"""
USE = """
import numpy as np
from grader.perturbations.perturb import perturb
from grader.perturbations.suite import SUITES, suite

for own in (SUITES["quick"].own, suite("quick", side=64, border="reflect").own):
    assert next(iter(own)) == "dim" and own["dim"] == ((0.5,),)
assert (perturb(np.ones((1, 2, 2, 3), np.float32), {"dim": ((0.5,),)}).images == 0.5).all()
"""


def test_perturbation_when_in_another_package_then_tried_without_being_named_anywhere(tmp_path: Path) -> None:
    (tmp_path / "dimming.py").write_text(PLUG_IN, encoding="utf-8")
    about = tmp_path / "dimming-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: dimming\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[grader.perturbations]\ndim = dimming\n")
    use = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n{USE}"
    subprocess.run([sys.executable, "-c", use], check=True)
