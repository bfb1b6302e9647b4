"""Where misses come from: only what was verified is called a reason, and there is one verdict for each picture."""

from dataclasses import replace

import numpy as np
import pytest

from grader.analysis.occlusion import strongest_region
from grader.analysis.readings import Standing, Verdict
from grader.core.diagnosis import CHANGES, CLEANING, REPAIRS, Cause, Diagnosis
from grader.core.evidence import Evidence
from grader.report.render import render_student
from grader.report.view.misses import ROOM_BYTES, repair_words
from grader.texts.catalog import LANGUAGES, Texts
from tests.loops import every
from tests.report import build
from tests.report.build_diagnoses import occlusion
from tests.report.markup import Element, parse, table_rows


def page_of(evidence: Evidence) -> Element:
    return parse(render_student(build.grade(evidence), evidence, build.ASSIGNMENT, build.RUN, "en"))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return build.evidence()


@pytest.fixture
def page(evidence: Evidence) -> Element:
    return page_of(evidence)


def of_cause(evidence: Evidence, cause: Cause) -> list[Diagnosis]:
    return [found for found in evidence.diagnoses if found.cause is cause]


def changed(evidence: Evidence, index: int, **changes: object) -> Evidence:
    """Return the evidence with one diagnosis changed."""
    return replace(
        evidence,
        diagnoses=tuple(
            replace(found, **changes) if found.index == index else found for found in evidence.diagnoses
        ),
    )


def ids(page: Element) -> set[str]:
    return {element.attributes.get("id", "") for element in page.walk()}


def test_origin_then_preparing_is_compared_and_every_miss_has_one_group(
    page: Element, evidence: Evidence
) -> None:
    section = page.by_id("origin")
    assert [b.text for b in section.by_class("compare")[0].all("b")] == ["1 of 10", "7 of 10"]
    assert "Dark ink on a light background in 10 of 10 pictures" in section.text
    causes = {cause: len(of_cause(evidence, cause)) for cause in Cause}
    assert causes == {Cause.PICTURE: 6, Cause.MODEL: 1, Cause.CONTESTED: 2}
    assert [h.text for h in section.all("h3")] == [
        "The model: 1 picture",
        "Contested: 2 pictures",
        "How they were handed in: 6 pictures",
    ]
    assert "Read by your model and by the referee, nothing to explain: 1 picture." in section.text


def test_verdicts_then_the_table_of_the_pictures_says_the_same(page: Element, evidence: Evidence) -> None:
    rows = page.by_class("pictures")[0].all("tbody")[0].all("tr")
    words = {
        Cause.PICTURE: "read once normalized",
        Cause.MODEL: "the model",
        Cause.CONTESTED: "contested, not counted",
    }
    expected = ["well read"] * len(rows)
    for found in evidence.diagnoses:
        expected[found.index] = words[found.cause]
    assert [row.all("td")[-1].text for row in rows] == expected


def test_handed_in_then_the_fix_that_works_with_both_readings(page: Element, evidence: Evidence) -> None:
    group = page.by_id("misses-handed_in")
    rows = group.all("tbody")[0].all("tr")
    for row, found in zip(rows, of_cause(evidence, Cause.PICTURE), strict=True):
        pair, fix, counts = row.all("td")
        before, after = (span.text for span in pair.by_class("below"))
        assert before.startswith(f"as handed in: {found.prediction_before} (")
        assert after == f"changed: {found.label} (81 %)"
        told = "inverted, centered by mass" if found.label % 2 else "inverted"
        assert fix.text == f"Read once {told}. Your model read 7 of 32 changed pictures that it was shown."
        assert counts.text == "Counts as read."
        assert len(pair.all("img")) == 2
    n_centered = sum("center" in found.repairs for found in of_cause(evidence, Cause.PICTURE))
    assert f"in how many of 6: inverted 6; centered by mass {n_centered}." in group.text


def test_model_then_change_competitor_region_and_near_digits(page: Element, evidence: Evidence) -> None:
    (found,) = of_cause(evidence, Cause.MODEL)
    (card,) = page.by_id("misses-model").by_class("misses")[0].all("li")
    assert "Read once normalized, moved by (+1, 0) px." in card.text
    assert (
        f"Normalized, {found.competitor} is ahead of {found.label} by {-100 * found.margin:.1f} percentage points."
        in card.text
    )
    assert "Counts as not read." in card.text
    region = strongest_region(found.occlusion)
    assert region is not None
    assert f"Speaks most for {found.competitor}: the upper right." in card.text
    assert (
        f"moves the lead by {100 * region.change:.1f} percentage points towards {found.label}." in card.text
    )
    strips = card.by_class("strip")
    assert [strip.attributes["alt"] for strip in strips] == [
        f"The three MNIST test digits of class {digit} that look most like it, at distances {distances}."
        for digit, distances in ((found.competitor, "4.2, 4.8, 5.2"), (found.label, "5.5, 6.0, 6.5"))
    ]
    (heat,) = card.by_class("hints")[0].by_class("pixels")
    assert "colored where parts of it speak for the wrong digit" in heat.attributes["alt"]


def test_contested_then_no_reason_and_what_the_referee_reads(page: Element) -> None:
    cards = page.by_id("misses-contested").by_class("misses")[0].all("li")
    assert len(cards) == 2
    for card in cards:
        assert "No change that was tried makes your model read it." in card.text
        assert "Read once" not in card.text
        assert "Does not count for points." in card.text
    (same,) = (card for card in cards if "Digit 9" in card.text)
    assert "The referee reads 4, too: check the name of the file first" in same.text


def test_region_when_covering_hardly_matters_then_none_is_named(evidence: Evidence) -> None:
    (found,) = of_cause(evidence, Cause.MODEL)
    page = page_of(changed(evidence, found.index, occlusion=occlusion(4, 15, 0.04)))
    assert "Speaks most for" not in page.by_id("misses-model").text
    assert page.by_id("misses-model").by_class("strip")


def test_fix_when_read_but_not_verified_then_said_to_be_unreliable(evidence: Evidence) -> None:
    (found,) = of_cause(evidence, Cause.MODEL)
    nothing = {"repairs": (), "amounts": {}, "repaired": None}
    page = page_of(changed(evidence, found.index, **nothing, confidence_after=None, variants_right=2))
    card = page.by_id("misses-model")
    assert "No change that was tried makes your model read it reliably." in card.text
    assert "Your model read 2 of 32 changed pictures" in card.text


def test_fix_when_read_normalized_and_no_repair_held_then_no_reason_is_given(evidence: Evidence) -> None:
    found = of_cause(evidence, Cause.PICTURE)[0]
    nothing = {"repairs": (), "amounts": {}, "repaired": None}
    page = page_of(changed(evidence, found.index, **nothing, confidence_after=None))
    row = page.by_id("misses-handed_in").all("tbody")[0].all("tr")[0]
    assert "no single step of normalizing was confirmed as the reason" in row.text


def test_turned_picture_then_its_own_words_and_it_does_not_count(evidence: Evidence) -> None:
    found = of_cause(evidence, Cause.CONTESTED)[0]
    turned = changed(
        evidence,
        found.index,
        repairs=("upright",),
        amounts={"angle_degrees": 270.0, "is_mirrored": 1.0},
        repaired=np.zeros((28, 28), np.uint8),
        confidence_after=0.9,
    )
    page = page_of(turned)
    assert "Read once turned upright (mirrored, −90°)." in page.by_id("misses-handed_in").text
    row = page.by_class("pictures")[0].all("tbody")[0].all("tr")[found.index]
    assert row.all("td")[-1].text == "how it was handed in"
    assert "Does not count for points." in page.by_id("misses-handed_in").text


def test_misses_when_nobody_asked_why_then_said_so_and_groups_follow_the_answers(evidence: Evidence) -> None:
    section = page_of(replace(evidence, diagnoses=())).by_id("origin")
    assert [h.text for h in section.all("h3")] == ["The model: 1 picture", "Contested: 2 pictures"]
    assert section.text.count("The model was not asked why.") == 3
    assert "Read only after normalizing:" in section.text
    assert not section.by_class("strip")


def test_next_step_then_the_repair_that_mends_most_of_what_cost_points(
    page: Element, evidence: Evidence
) -> None:
    handwriting = replace(build.CRITERIA[3], kind="handwriting_accuracy")
    grade = build.grade(evidence, criteria=(handwriting,))
    html = render_student(grade, evidence, build.ASSIGNMENT, build.RUN, "en")
    (action,) = parse(html).by_class("actions")[0].all("li")
    assert "The one picture that counts as not read is read once moved a little." in action.text


def test_pictures_when_there_are_very_many_then_only_as_many_as_the_page_has_room_for(
    evidence: Evidence,
) -> None:
    rng = np.random.default_rng(3)
    noisy = replace(
        evidence,
        test_images={row: rng.integers(0, 256, (28, 28, 1), np.uint8) for row in evidence.test_images},
        images=replace(evidence.images, as_submitted=rng.random((12, 28, 28, 1), np.float32)),
        diagnoses=tuple(
            replace(
                found,
                repaired=rng.integers(0, 256, (28, 28), np.uint8),
                occlusion=rng.random((22, 22), np.float32).astype(np.float16),
                nearest=evidence.diagnoses[-1].nearest,
            )
            for found in evidence.diagnoses
        ),
    )
    section = page_of(noisy).by_id("origin")
    assert sum(len(image.attributes["src"]) for image in section.all("img")) <= ROOM_BYTES
    assert len(table_rows(section.by_id("misses-handed_in").all("table")[0])) == 6


@every("language", LANGUAGES)
def test_words_then_for_every_repair_verdict_and_region(language: str) -> None:
    words = Texts(language)
    for name in (*REPAIRS, CLEANING, *CHANGES):
        assert repair_words(words, [name])
    for standing in Standing:
        assert f"origin.standing.{standing}" in words
    for verdict in set(Verdict) - {Verdict.WELL_READ}:
        assert f"verdict.{verdict}.explanation" in words
    for row in ("upper", "middle", "lower"):
        for column in ("left", "center", "right"):
            assert f"origin.region.{row}_{column}" in words
