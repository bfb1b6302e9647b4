"""A perturbation that exists only as a record is shown by every renderer, without being named in any of them."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from grader.cli.robustness_table import robustness_json, robustness_tables
from grader.core.evidence import STUDENT
from grader.core.perturbed import PerturbedPredictions
from grader.export.base import GradedRun
from grader.export.results import results_document
from grader.perturbations.base import PERTURBATIONS, Perturbation, register
from grader.report.render import render_class, render_robustness, render_student
from tests.loops import every
from tests.report import build
from tests.report.markup import Element, parse, table_rows

TITLES = {"ko": "소용돌이", "en": "Swirled"}


@pytest.fixture(params=[None, 0.5], ids=["unscored", "scored"])
def swirled(request: pytest.FixtureRequest) -> Iterator[PerturbedPredictions]:
    """Ten pictures of 0 to 9: the model reads all swirled by 0.5 and none swirled by 1; everything counts."""
    register(
        Perturbation(
            name="swirl",
            does=lambda images, turns=0.0: images,
            title=TITLES,
            order=55,
            limits=((0.0, 2.0),),
            scored=None if request.param is None else (request.param,),
        )
    )
    own = build.evidence().own
    right = np.stack([own.labels, own.labels])
    read = dict.fromkeys(own.perturbed, right) | {
        STUDENT: np.stack([own.labels, (own.labels + 1) % 10]).astype(np.int8)
    }
    yield replace(
        own,
        parameter_sets={**own.parameter_sets, "swirl": np.array([[0.5], [1.0]])},
        in_frame={**own.in_frame, "swirl": np.ones((2, len(own.labels)), np.bool_)},
        perturbed={name: {**cells, "swirl": read[name]} for name, cells in own.perturbed.items()},
    )
    del PERTURBATIONS._things["swirl"]


def expected() -> list[float]:
    """Return the shares of the rows that tell of it, in order."""
    is_scored = PERTURBATIONS.get("swirl").scored is not None
    return [1.0, 0.5] if is_scored else [0.5]


def shares(page: Element, table: str, title: str, column: int) -> list[float]:
    found = [row for row in table_rows(page.by_id(table)) if row[0].startswith(title)]
    return [float(row[column].split("%")[0]) / 100 for row in found]


@every("language", ["ko", "en"])
def test_pages_when_it_is_only_a_record_then_shown(swirled: PerturbedPredictions, language: str) -> None:
    evidence = replace(build.evidence(), own=swirled)
    graded = build.grade(evidence)
    wanted = expected()
    table = "numbers-own" if len(wanted) == 2 else "others-own"
    html = render_student(graded, evidence, build.ASSIGNMENT, build.RUN, language)
    assert shares(parse(html), table, TITLES[language], 2) == wanted
    html = render_robustness(replace(build.trial(), own=swirled), language)
    assert shares(parse(html), table, TITLES[language], 2) == wanted
    html = render_class([(graded, evidence)], build.ASSIGNMENT, build.RUN, language)
    assert shares(parse(html), "numbers-table", TITLES[language], 2) == wanted[:1]


@every("language", ["ko", "en"])
def test_terminal_when_it_is_only_a_record_then_a_row(
    swirled: PerturbedPredictions,
    language: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    robustness_tables(replace(build.trial(), own=swirled), language)
    lines = [line for line in capsys.readouterr().out.splitlines() if TITLES[language] in line]
    assert len(lines) == len(expected())
    for line, share in zip(lines, expected(), strict=True):
        assert ("100 %" if share == 1 else "50.0 %") in line


def test_json_when_it_is_only_a_record_then_its_numbers(swirled: PerturbedPredictions) -> None:
    evidence = replace(build.evidence(), own=swirled)
    run = GradedRun(
        run=build.RUN,
        assignment=build.ASSIGNMENT,
        grades=[build.grade(evidence)],
        evidences={evidence.submission_id: evidence},
        language="en",
    )
    document = results_document(run)
    assert document["robustness"]["parameter_sets"]["own"]["swirl"] == [[0.5], [1]]
    own = document["submissions"][0]["robustness"]["own"]
    assert own["counts"][STUDENT]["swirl"]["correct"] == [10, 0]
    keys = ["swirl", "swirl wide"] if len(expected()) == 2 else ["swirl"]
    for found, network in (
        (own, STUDENT),
        (robustness_json(replace(build.trial(), own=swirled))["own"], "model_all"),
    ):
        assert [found["numbers"][key][network]["value"] for key in keys] == expected()
