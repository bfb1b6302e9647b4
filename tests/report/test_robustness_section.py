"""Turned, moved and changed digits on a student's page: every number follows from the predictions."""

from dataclasses import replace

import numpy as np
import pytest

from grader.analysis.cells import cells_of, counting
from grader.analysis.robustness import robust_radii
from grader.analysis.rows import Number, Reader, difference_rows, rows
from grader.core.evidence import STUDENT, Evidence
from grader.core.finding import Reason
from grader.core.measurement import Measurement, MeasurementStatus
from grader.core.perturbed import NO_PREDICTIONS, SCORED, PerturbedPredictions
from grader.report.render import render_student
from grader.texts.catalog import Texts
from tests.loops import every
from tests.report import build
from tests.report.build_predictions import ANGLES
from tests.report.markup import Element, parse, table_rows
from tests.report.stand_ins import LECTURE, REFEREE


def page_of(evidence: Evidence, language: str = "en") -> Element:
    return parse(render_student(build.grade(evidence), evidence, build.ASSIGNMENT, build.RUN, language))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return build.evidence()


@pytest.fixture
def page(evidence: Evidence) -> Element:
    return page_of(evidence)


def numbers_of(
    predictions: PerturbedPredictions, network: str, *, only_valid: bool = True
) -> dict[str, Number]:
    readers = [Reader(network=network, only_valid=only_valid)]
    return {row.key: row.numbers[0] for row in rows(predictions, readers, SCORED)}


def counted(evidence: Evidence, subject: str, question: str) -> Measurement:
    name, readable, _ = question.partition("_readable")
    cells = cells_of(evidence.own, subject, name, only_valid=bool(readable))
    return Measurement(name=question, status=MeasurementStatus.MEASURED, cells=cells)


def of(measurement, *at: float) -> str:
    count = measurement.count_at(*at) if at else measurement.count
    return f"{count.correct} of {count.total}"


def number(text: str) -> float:
    return float(text.replace("−", "-").rstrip("%° "))


def row_of(page: Element, table: str, name: str) -> list[str]:
    return next(row for row in table_rows(page.by_id(table)) if row[0].startswith(name))


def test_angles_then_table_equals_the_measurements(page: Element, evidence: Evidence) -> None:
    rows = table_rows(page.by_id("rotation-angles"))
    assert len(rows) == len(ANGLES)
    for angle, row in zip(sorted(ANGLES), rows, strict=True):
        assert number(row[0]) == angle
        assert row[1] == ("scored" if abs(angle) <= 30 else "reported" if abs(angle) <= 60 else "information")
        assert row[2] == of(counted(evidence, STUDENT, "rotation"), angle)
        valid = counted(evidence, STUDENT, "rotation_readable").count_at(angle)
        assert row[4] == (f"{valid.correct} of {valid.total}" if valid.total else "–")
        assert row[5] == of(counted(evidence, REFEREE, "rotation"), angle)


def test_angle_curve_then_points_at_the_height_of_the_shares(page: Element, evidence: Evidence) -> None:
    rotation = counted(evidence, STUDENT, "rotation")
    circles = page.by_id("rotation").by_class("chart")[0].all("circle")
    assert len(circles) == len(ANGLES)
    for angle, circle in zip(sorted(ANGLES), circles, strict=True):
        share = rotation.count_at(angle).share
        assert float(circle.attributes["cy"]) == pytest.approx(250 - 224 * share, abs=0.06)
        assert float(circle.attributes["cx"]) == pytest.approx(52 + 652 * (angle + 90) / 180, abs=0.06)


def test_shift_then_map_and_tables_equal_the_measurement(page: Element, evidence: Evidence) -> None:
    shift = counted(evidence, STUDENT, "shift")
    valid = counted(evidence, STUDENT, "shift_readable")
    rows = table_rows(page.by_id("shift-student"))
    for dy, row in zip(range(-6, 7), rows, strict=True):
        assert [int(cell) for cell in row[1:]] == [shift.count_at(dx, dy).correct for dx in range(-6, 7)]
    for dy, row in zip(range(-6, 7), table_rows(page.by_id("shift-counted")), strict=True):
        counts = [valid.count_at(dx, dy) for dx in range(-6, 7)]
        assert row[1:] == [f"{c.correct}/{c.total}" if c.total else "–" for c in counts]
    drawing = page.by_class("heat")[0]
    shown = [int(text.text) for text in drawing.by_class("in-cell")[0].all("text")]
    assert sorted(shown) == sorted(round(100 * cell.count.share) for cell in shift.cells)
    most = max(cell.count.total for cell in valid.cells)
    fewer = sum(cell.count.total < most for cell in valid.cells)
    marks = "".join(path.attributes["d"] for path in drawing.by_class("marks"))
    assert 0 < fewer == marks.count("h-8l8 8z") + marks.count("h-30v30h30z")
    assert not page.by_class("heat")[1].by_class("marks")


def test_zones_then_scored_zone_is_summed_and_every_zone_says_what_it_means(
    page: Element, evidence: Evidence
) -> None:
    readable = counted(evidence, STUDENT, "rotation_readable")
    tried = counted(evidence, STUDENT, "rotation")
    scored = [c.count for c in readable.cells if abs(c.at[0]) <= 30]
    total = sum(c.count.total for c in tried.cells if abs(c.at[0]) <= 30)
    rows = table_rows(page.by_id("rotation").all("table")[0])
    assert [row[0].split(":")[0] for row in rows] == ["Scored", "Reported", "For information"]
    assert rows[0][1] == f"{sum(c.total for c in scored)} of {total}"
    assert rows[0][2] == f"{sum(c.correct for c in scored)} of {sum(c.total for c in scored)}"
    assert "can count for points" in rows[0][0]
    assert all("costs nothing" in row[0] for row in rows[1:])


def test_counting_then_every_reason_that_applies_is_said(page: Element, evidence: Evidence) -> None:
    found = counting(evidence.own, REFEREE, "rotation", (30.0,))
    assert found is not None
    assert found.contested > 0
    said = page.by_id("rotation").text
    assert f"Of the {found.tried} tests of the scored zone {found.counted} count." in said
    assert f"{found.contested} of pictures that the referee does not read even unchanged" in said
    assert ("in 0" not in said) or found.unread


@every("key", ["own", "test_set"])
def test_numbers_then_those_of_every_network_with_n_and_interval(
    page: Element, evidence: Evidence, key: str
) -> None:
    predictions = getattr(evidence, key)
    table = page.by_id(f"numbers-{key}")
    assert [th.text for th in table.all("thead")[0].all("th")][2:] == [
        "Your model",
        f"Referee, all tests (n {len(predictions.labels)})",
        LECTURE,
    ]
    student, lecture = numbers_of(predictions, STUDENT), numbers_of(predictions, LECTURE)
    referee = numbers_of(predictions, REFEREE, only_valid=False)
    clean = row_of(page, f"numbers-{key}", "As it is")
    for cell, found in zip(clean[2:], (student, referee, lecture), strict=True):
        assert cell.startswith(f"{found['clean'].correct} of {found['clean'].total}")
    for name, part in (("Turned by up to ±30°", "rotation"), ("Moved by up to 3 px", "shift")):
        row = row_of(page, f"numbers-{key}", name)
        assert row[1].split()[0] == str(student[part].n)
        for cell, found in zip(row[2:], (student, referee, lecture), strict=True):
            estimate = found[part]
            shown, interval = cell.split("%", 1)
            assert float(shown) == pytest.approx(100 * estimate.value, abs=0.11)
            low, high = interval.rstrip(" %").split("–")
            assert float(low) == pytest.approx(100 * estimate.low, abs=0.51)
            assert float(high) == pytest.approx(100 * estimate.high, abs=0.51)
    lecture_row = row_of(page, f"numbers-{key}", "Turned by 10°, moved by (+5, +3)")
    count = student["lecture 10,5,3"]
    assert lecture_row[2].startswith(f"{count.correct} of {count.total}")


def test_numbers_when_a_row_rests_on_few_then_it_says_so(page: Element, evidence: Evidence) -> None:
    for row in table_rows(page.by_id("numbers-own")):
        assert ("few" in row[1]) == (int(row[1].split()[0]) < 10)
    assert "n is below 10" in page.by_id("robustness").text


def test_numbers_when_a_level_has_no_grid_then_no_row_and_no_part(evidence: Evidence) -> None:
    own = evidence.own
    names = {"rotation", "shift", "lecture"}
    quick = replace(
        own,
        parameter_sets={name: own.parameter_sets[name] for name in names},
        in_frame={name: own.in_frame[name] for name in names},
        perturbed={who: {name: read[name] for name in names} for who, read in own.perturbed.items()},
    )
    page = page_of(replace(evidence, own=quick))
    names_shown = [row[0] for row in table_rows(page.by_id("numbers-own"))]
    assert not any("at once" in name for name in names_shown)
    ids = {element.attributes.get("id") for element in page.walk()}
    assert "grid" not in ids
    assert "others-own" not in ids


def test_grid_then_worst_case_named_for_every_one_of_the_tested_ways(
    page: Element, evidence: Evidence
) -> None:
    worst = numbers_of(evidence.own, STUDENT)["grid worst"]
    told = page.by_id("grid").text
    assert f"every one of the 27 tested combinations, as far as they count: {worst.correct} of" in told
    assert "robust" not in page.by_id("robustness").text.lower()


def test_differences_then_words_only_follow_from_the_interval(page: Element, evidence: Evidence) -> None:
    table = page.by_id("differences")
    assert [th.text for th in table.all("thead")[0].all("th")][2:] == [LECTURE]
    rows = table_rows(table)
    expected = [
        ("Your pictures", evidence.own, "rotation"),
        ("Your pictures", evidence.own, "shift"),
        ("Your pictures", evidence.own, "grid"),
        ("MNIST test digits", evidence.test_set, "rotation"),
        ("MNIST test digits", evidence.test_set, "shift"),
    ]
    assert len(rows) == len(expected)
    for row, (name, predictions, part) in zip(rows, expected, strict=True):
        differences = difference_rows(predictions, STUDENT, [LECTURE], SCORED)
        (estimate,) = next(each.numbers for each in differences if each.key == part)
        assert row[0].startswith(name)
        assert row[1] == str(estimate.n)
        word = (
            "reads more" if estimate.low > 0 else "reads less" if estimate.high < 0 else "no clear difference"
        )
        assert row[2].endswith(word)


def test_others_then_a_row_for_each_that_was_tried(page: Element, evidence: Evidence) -> None:
    found = numbers_of(evidence.own, STUDENT)
    rows = table_rows(page.by_id("others-own"))
    assert [row[0].split(maxsplit=1)[0] for row in rows] == ["Smaller", "Thinner", "Fainter", "Noise"]
    for row, name in zip(rows, ("scale", "thickness", "contrast", "noise"), strict=True):
        assert float(row[2].split("%")[0]) == pytest.approx(100 * found[name].value, abs=0.11)


def test_plausible_then_turned_digits_that_the_referee_reads_likewise(evidence: Evidence) -> None:
    own = evidence.own
    six = int(np.flatnonzero(own.labels == 6)[0])
    perturbed = {
        who: {name: np.broadcast_to(own.labels, cells.shape).copy() for name, cells in read.items()}
        for who, read in own.perturbed.items()
    }
    for who in (STUDENT, REFEREE):
        perturbed[who]["lecture"][2, six] = 9
    unperturbed = dict.fromkeys(own.unperturbed, own.labels)
    page = page_of(replace(evidence, own=replace(own, perturbed=perturbed, unperturbed=unperturbed)))
    lines = [li.text for li in page.by_class("lines")[0].all("li")]
    assert lines == ["6 (upside down) read as 9"]
    assert "plausible, and it costs nothing" in page.by_id("robustness").text


def test_reach_then_what_holds_for_each_digit(page: Element, evidence: Evidence) -> None:
    digits = {digit.row: digit for digit in robust_radii(evidence.own, STUDENT, SCORED)}
    rows = page.by_id("reach").all("tbody")[0].all("tr")
    assert len(rows) == len(digits)
    probabilities = evidence.subjects[STUDENT].normalized
    failures = {failure.row: failure for failure in evidence.first_failures}
    for row, digit in zip(rows, digits.values(), strict=True):
        cells = [cell.text for cell in row.all("td")]
        assert row.all("th")[0].text == str(digit.label)
        assert cells[2] == (f"{digit.cells.correct} of {digit.cells.total}" if digit.cells.total else "–")
        everywhere = {None: "–", True: "✓ yes", False: "✕ no"}[digit.is_right_everywhere]
        assert cells[3] == everywhere
        others = np.delete(probabilities[digit.row], digit.label)
        lead = 100 * (probabilities[digit.row][digit.label] - others.max())
        assert number(cells[4]) == pytest.approx(lead, abs=0.11)
        if digit.row in failures:
            assert cells[5].endswith(f"read as {failures[digit.row].prediction}")
            (image,) = row.all("img")
            assert image.attributes["alt"].startswith(f"Digit {digit.label} as the model saw it")
        else:
            assert not row.all("img")


def test_reach_when_a_digit_has_no_failure_then_why(page: Element, evidence: Evidence) -> None:
    told = {
        digit.row: cell.text
        for digit, cell in zip(
            robust_radii(evidence.own, STUDENT),
            (row.all("td")[5] for row in page.by_id("reach").all("tbody")[0].all("tr")),
            strict=True,
        )
    }
    for digit in robust_radii(evidence.own, STUDENT):
        if not digit.is_readable:
            assert told[digit.row] == "nothing counts: the referee does not read it either"
        elif not digit.is_right:
            assert told[digit.row] == "misread as it is"


def test_section_when_there_is_no_model_then_the_references_alone(evidence: Evidence) -> None:
    page = page_of(build.without_model(evidence))
    section = page.by_id("robustness")
    assert section.by_class("flag")[0].text == "▲ No model was handed in."
    assert [th.text for th in page.by_id("numbers-test_set").all("thead")[0].all("th")][2:] == [
        "Referee, all tests (n 30)",
        LECTURE,
    ]
    assert not section.by_class("key-number")
    assert "differences" not in {element.attributes.get("id") for element in page.walk()}
    assert page.by_class("chart")[0].all("circle") == []


def test_section_when_nothing_was_tried_then_empty_and_calm(evidence: Evidence) -> None:
    section = page_of(
        replace(evidence, own=NO_PREDICTIONS, test_set=NO_PREDICTIONS, first_failures=())
    ).by_id("robustness")
    assert not section.all("table")
    assert not section.all("svg")
    why = Texts("en").told(Reason(slug="unmeasured-changes-not-tried"))
    assert why in section.by_class("flag")[0].text


def test_ambiguous_then_two_best_answers_of_both(page: Element, evidence: Evidence) -> None:
    first = page.by_id("ambiguous").all("li")[0]
    votes = first.by_class("top2")[0].all("div")
    for cells, name in zip(votes[:2], (STUDENT, REFEREE), strict=True):
        scores = evidence.subjects[name].normalized[10].astype(np.float64)
        wanted = [str(k) for k in np.argsort(-scores)[:2]]
        assert [dd.text.split()[0] for dd in cells.all("dd")[:2]] == wanted
        bits = -sum(p * np.log2(p) for p in scores if p > 0)
        assert float(cells.all("dd")[2].text.split()[0]) == pytest.approx(bits, abs=0.006)
    apart = (
        np.abs(evidence.subjects[STUDENT].normalized[10] - evidence.subjects[REFEREE].normalized[10]).sum()
        / 2
    )
    assert float(votes[2].all("dd")[0].text) == pytest.approx(apart, abs=0.006)


@every(
    "student, referee, told, meant",
    [
        ({4: 0.97, 9: 0.03}, {4: 0.96, 9: 0.04}, "Both networks are sure of 4", "and your model reads it so"),
        (
            {9: 0.97, 4: 0.03},
            {4: 0.6, 9: 0.4},
            "Your model is sure of 9 (97 %) where the referee hesitates between 4 and 9.",
            "second answer: a case for your analysis",
        ),
        (
            {9: 0.6, 7: 0.4},
            {4: 0.95, 9: 0.05},
            "The referee is sure of 4 (95 %) where your model hesitates between 9 and 7.",
            "your model sees 9 in it: a case for your analysis",
        ),
        ({4: 0.6, 9: 0.4}, {9: 0.6, 4: 0.4}, "Both networks hesitate between 4 and 9", "reads it so"),
        ({4: 0.6, 9: 0.4}, {7: 0.6, 1: 0.4}, "the referee between 7 and 1", "reads it so"),
        (
            {9: 0.97, 4: 0.03},
            {4: 0.96, 9: 0.04},
            "of different digits: your model of 9 (97 %)",
            "second answer",
        ),
    ],
)
def test_ambiguous_then_one_sentence_on_who_hesitates(
    evidence: Evidence, student: dict[int, float], referee: dict[int, float], told: str, meant: str
) -> None:
    subjects = dict(evidence.subjects)
    for name, votes in ((STUDENT, student), (REFEREE, referee)):
        normalized = subjects[name].normalized.copy()
        normalized[10] = [votes.get(k, 0.0) for k in range(10)]
        subjects[name] = replace(subjects[name], normalized=normalized)
    first = page_of(replace(evidence, subjects=subjects)).by_id("ambiguous").all("li")[0]
    assert told in first.by_class("finding")[0].text
    assert "Meant as 4" in first.text
    assert meant in first.text


def test_ambiguous_when_there_is_no_model_then_no_sentence_and_no_invented_number(evidence: Evidence) -> None:
    first = page_of(build.without_model(evidence)).by_id("ambiguous").all("li")[0]
    assert not first.by_class("finding")
    assert "Votes apart" not in first.text
    assert "– bits" in first.by_class("top2")[0].all("div")[0].text
