"""The numbers on a student's page are those of its evidence."""

import base64
import io
import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from PIL import Image

from grader.core.evidence import Evidence, LayerDifference, LayerEvidence, ModelEvidence
from grader.core.finding import Finding, Reason, Severity
from grader.core.grade import CriterionStatus, Grade, SubmissionStatus
from grader.core.submission import Role
from grader.report.render import render_student
from tests.builders import counted
from tests.loops import every
from tests.report import build
from tests.report.markup import Element, parse, table_rows


def page_of(evidence: Evidence, grade: Grade | None = None, *, self_check: bool = False) -> Element:
    return parse(
        render_student(
            grade or build.grade(evidence),
            evidence,
            build.ASSIGNMENT,
            replace(build.RUN, is_self_check=self_check),
            "en",
        )
    )


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return build.evidence()


@pytest.fixture
def page(evidence: Evidence) -> Element:
    return page_of(evidence)


def of(measurement, *at: float) -> str:
    count = measurement.count_at(*at) if at else measurement.count
    return f"{count.correct} of {count.total}"


def test_head_then_points_status_and_largest_loss(page: Element) -> None:
    assert page.by_class("points")[0].text == "12.0 / 20.0 points"
    assert page.by_class("score")[0].by_class("chip")[0].text == "● graded"
    assert page.by_class("lead")[0].text.startswith("Largest loss: Robustness to shift (−2.0).")
    assert "Points still open, decided by a person: 4.0." in page.by_class("lead")[0].text


def test_items_then_every_criterion_and_points_add_up(page: Element) -> None:
    items = page.by_class("items")[0].all("li")
    assert len(items) == len(build.CRITERIA)
    points = [li.by_class("item-points")[0].text.split()[0] for li in items]
    assert points == ["2.0", "2.0", "3.5", "3.0", "1.5", "0.0", "–"]
    assert sum(Decimal(p) for p in points if p != "–") == Decimal("12.0")
    assert page.by_class("total")[0].text == "Total 12.0 / 20.0"
    for li, criterion in zip(items, build.CRITERIA, strict=True):
        assert li.all("h3")[0].text == criterion.title["en"]
        assert li.by_class("item-reason")[0].text


def test_actions_then_three_by_points_with_links(page: Element) -> None:
    actions = page.by_class("actions")[0].all("li")
    assert [a.by_class("gain")[0].text for a in actions] == [
        "up to +2.0",
        "up to +1.0",
        "up to +0.5",
    ]
    assert [a.all("a")[0].attributes["href"] for a in actions] == ["#shift", "#digits", "#model"]


def test_actions_when_one_cause_took_several_criteria_then_told_once(evidence: Evidence) -> None:
    missing = tuple(
        replace(
            c,
            status=CriterionStatus.MISSING,
            points=Decimal(0),
            reason=Reason(slug="test-no-model"),
            guidance={},
        )
        for c in build.CRITERIA[1:4]
    )
    grade = build.grade(evidence, criteria=(build.CRITERIA[0], *missing))
    actions = page_of(build.without_model(evidence), grade).by_class("actions")[0].all("li")
    assert len(actions) == 1
    assert actions[0].by_class("gain")[0].text == "up to +10"
    assert "model.save" in actions[0].text


def test_item_when_nothing_was_handed_in_then_says_to_hand_it_in_and_not_to_improve_it(
    evidence: Evidence,
) -> None:
    missing = replace(
        build.CRITERIA[5],
        status=CriterionStatus.MISSING,
        points=Decimal(0),
        reason=Reason(slug="test-no-model"),
    )
    page = page_of(build.without_model(evidence), build.grade(evidence, criteria=(missing,)))
    told = page.by_class("items")[0].by_class("item-guidance")[0].text
    assert "model.save" in told
    assert "Add digits moved" not in told


def test_actions_when_only_a_person_has_points_to_give_then_sends_to_what_is_looked_for(
    evidence: Evidence,
) -> None:
    full = replace(build.CRITERIA[0], points=build.CRITERIA[0].points_possible)
    waiting = replace(full, status=CriterionStatus.WAITING, points=None)
    open_points = page_of(evidence, build.grade(evidence, criteria=(full, waiting)))
    assert "Check your report against it" in open_points.by_id("next").text
    nothing_left = page_of(evidence, build.grade(evidence, criteria=(full,)))
    assert "no points left" in nothing_left.by_id("next").text


def test_pictures_then_answers_and_confidences_of_every_network(page: Element, evidence: Evidence) -> None:
    rows = page.by_class("pictures")[0].all("tbody")[0].all("tr")
    assert len(rows) == 10
    for row, picture in zip(rows, evidence.images.pictures, strict=False):
        cells = row.all("td")
        assert row.all("th")[0].text == str(picture.label)
        for cell, probabilities in (
            (cells[1], evidence.subjects["student"].as_submitted),
            (cells[2], evidence.subjects["student"].normalized),
            (cells[3], evidence.subjects["referee"].normalized),
            (cells[4], evidence.subjects["lecture-cnn-small"].normalized),
        ):
            scores = probabilities[picture.index]
            best = int(scores.argmax())
            percent = f"{100 * scores[best]:.0f} %" if 0.01 <= scores[best] <= 0.99 else ">99 %"
            word = "✓ right" if best == picture.label else "✕ wrong"
            assert cell.text == f"{best} {percent} {word}"
    totals = [c.text for c in page.by_class("pictures")[0].all("tfoot")[0].all("td")]
    assert totals == [
        of(counted(evidence, "student", "handwriting_as_submitted")),
        of(counted(evidence, "student", "handwriting")),
        of(counted(evidence, "referee", "handwriting")),
        of(counted(evidence, "lecture-cnn-small", "handwriting")),
        "",
    ]


def test_thumbnails_then_the_pixels_the_network_saw(page: Element, evidence: Evidence) -> None:
    first = page.by_class("pictures")[0].all("tbody")[0].all("tr")[0]
    for image, array in zip(
        first.by_class("pixels"), (evidence.images.as_submitted, evidence.images.normalized), strict=True
    ):
        data = base64.b64decode(image.attributes["src"].removeprefix("data:image/png;base64,"))
        pixels = np.asarray(Image.open(io.BytesIO(data)))
        assert np.array_equal(pixels, np.rint(array[0, :, :, 0] * 255).astype(np.uint8))


def test_by_digit_then_counts_of_the_measurements(page: Element, evidence: Evidence) -> None:
    for digit, row in enumerate(table_rows(page.by_id("by-digit"))):
        assert row[:4] == [
            str(digit),
            "1",
            of(counted(evidence, "student", "handwriting"), digit),
            of(counted(evidence, "referee", "handwriting"), digit),
        ]
        assert row[5:] == [of(counted(evidence, who, "test_set"), digit) for who in ("student", "referee")]


def test_matrix_then_sums_to_the_pictures_and_diagonal_is_right(page: Element, evidence: Evidence) -> None:
    for name in ("student", "referee"):
        rows = table_rows(page.by_id(f"matrix-{name}"))
        counts = np.array([[int(cell or 0) for cell in row[1:11]] for row in rows])
        right = counted(evidence, name, "handwriting").count
        assert counts.sum() == right.total
        assert np.trace(counts) == right.correct
        assert (
            f"On the diagonal: {right.correct} of {right.total}."
            in page.by_id(f"matrix-{name}").all("caption")[0].text
        )


def test_matrix_when_a_digit_was_written_twice_then_row_percent() -> None:
    page = page_of(build.evidence(5, labels=(*range(10), 1), drawn=(*range(10), 7)))
    row = table_rows(page.by_id("matrix-student"))[1]
    assert [cell for cell in row[1:11] if cell] == ["150.0 %", "150.0 %"]
    assert row[11] == "2"


def test_model_then_convention_in_one_sentence_and_test_set_with_count(page: Element) -> None:
    section = page.by_id("model")
    assert section.by_class("key-number")[0].text == (
        "It expects light digits on a dark background, values from 0 to 1; shape of one picture: 28 × 28 × 1. "
        "Your own pictures, only resized and with their colors as in the file: 1 of 10."
    )
    assert "971 of 1000, 97.1 % (95 % interval 95.9–98.0 %)" in section.text


def test_model_when_it_expects_something_else_then_what_it_scored_as_taught_is_told(
    evidence: Evidence,
) -> None:
    assert evidence.model is not None
    section = page_of(
        replace(evidence, model=replace(evidence.model, convention="white-on-black/0-255"))
    ).by_id("model")
    assert (
        "Fed as taught (light on dark, values from 0 to 1), it would have read 97.8 % of the MNIST test digits; "
        "your own pictures, only resized and with their colors as in the file: 1 of 10."
    ) in section.by_class("key-number")[0].text


def test_layers_then_shapes_weights_and_shares_of_all_weights(page: Element) -> None:
    table = page.by_id("layers")
    rows = table_rows(table)
    assert rows[2] == ["3", "Conv2D convolution", "14 × 14 × 64", "relu", "18,496", "37 %"]  # of 50,186
    assert rows[3] == ["4", "MaxPooling2D keeps the largest", "7 × 7 × 64", "–", "0", "–"]
    assert "50,186" in table.all("tfoot")[0].text
    bars = [bar.attributes["width"] for bar in table.by_class("column")]
    assert bars == ["1", "22.1", "37.5"]  # 60 pixels stand for all weights; never less than one


def test_drawing_then_its_words_name_every_layer_and_shape(page: Element) -> None:
    drawing = page.by_id("model").by_class("network")[0]
    assert drawing.all("title")[0].text == (
        "The network as a row of blocks: Input 28×28×1, Conv2D 28×28×32, MaxPooling2D 14×14×32, Conv2D 14×14×64, "
        "MaxPooling2D 7×7×64, Flatten 3,136, Dense 10"
    )
    assert len(drawing.by_class("weighted")) == 2 + 2 + 1  # two boxes of front and sides, one bar


def test_drawing_when_shapes_are_unknown_then_left_out(evidence: Evidence) -> None:
    assert evidence.model is not None
    layers = tuple(replace(layer, output_shape=()) for layer in evidence.model.layers)
    section = page_of(replace(evidence, model=replace(evidence.model, layers=layers))).by_id("model")
    assert not section.by_class("network")
    assert table_rows(section.by_id("layers"))[0] == ["1", "Conv2D convolution", "relu", "320", "<1 %"]


def test_layers_when_very_many_then_the_middle_is_one_row_with_its_weights(evidence: Evidence) -> None:
    assert evidence.model is not None
    layers = tuple(LayerEvidence(kind="Dense", parameters=n, activation="relu") for n in range(1, 101))
    model = replace(evidence.model, layers=layers, parameters=5050)
    rows = table_rows(page_of(replace(evidence, model=model)).by_id("layers"))
    assert len(rows) == 60
    assert rows[46][0] == "47"
    # 100 - 59 = 41 layers, of 48 to 88 weights: 41 * 68
    assert rows[47] == ["…", "41 further layers", "", "2,788", ""]
    assert rows[48][0] == "89"
    assert rows[59][0] == "100"


def facts_of(model: ModelEvidence, evidence: Evidence) -> dict[str, str]:
    section = page_of(replace(evidence, model=model)).by_id("model")
    rows = section.by_class("facts")[0].all("div")
    return {row.all("dt")[0].text: row.all("dd")[0].text for row in rows}


def test_facts_when_a_lecture_network_then_says_the_same(page: Element, evidence: Evidence) -> None:
    assert evidence.model is not None
    facts = facts_of(evidence.model, evidence)
    assert facts["Format"] == "Keras 3 file, written by Keras 3.15.1"
    assert facts["Input"] == "28 × 28 × 1"
    assert facts["Last activation"] == "softmax"
    assert facts["Network"] == (
        "the lecture's network lecture-cnn-small: same layers, activations and numbers of weights"
    )
    # 1 - 4 * 50,186 / 631,004 bytes
    assert "68 % of the file is not the network's weights." in facts["Left by training"]
    assert "load_model(path, compile=False).save(path)" in facts["Left by training"]
    assert "Mended before loading" not in facts
    assert "Order of outputs" not in facts


def test_facts_when_near_a_lecture_network_then_says_what_differs(evidence: Evidence) -> None:
    assert evidence.model is not None

    def dense(units: int, parameters: int, activation: str) -> LayerEvidence:
        return LayerEvidence(
            kind="Dense", parameters=parameters, activation=activation, output_shape=(units,)
        )

    dropout = LayerEvidence(kind="Dropout", parameters=0, activation="", output_shape=(128,))
    pairs = {
        (dense(128, 401_536, "relu"), dense(1000, 3_137_000, "relu")): "Dense 128 instead of 1,000",
        (dense(10, 1290, "linear"), dense(10, 1290, "softmax")): (
            "Dense 10: no activation instead of softmax"
        ),
        (dense(10, 16_010, "softmax"), dense(10, 31_370, "softmax")): (
            "Dense 10 with 16,010 weights instead of 31,370"
        ),
        (None, dropout): "without Dropout",
        (dropout, None): "Dropout added",
        (
            LayerEvidence(kind="Dense", parameters=1290, activation="relu"),
            dense(10, 330, "softmax"),
        ): "Dense with 1,290 weights instead of 330; Dense: relu instead of softmax",
        (dense(10, 1290, "linear"), dense(10, 330, "softmax")): "Dense 10: no activation instead of softmax",
    }
    for (own, lecture), told in pairs.items():
        model = replace(
            evidence.model,
            resembles="lecture-cnn-deep",
            resembles_exactly=False,
            differences=(LayerDifference(own=own, lecture=lecture),),
        )
        assert facts_of(model, evidence)["Network"] == (
            f"close to the lecture's network lecture-cnn-deep; different: {told}"
        )


def test_facts_when_an_old_file_was_mended_then_every_repair_in_words(evidence: Evidence) -> None:
    assert evidence.model is not None
    model = replace(
        evidence.model,
        format="hdf5",
        keras_version="2.2.4",
        resembles=None,
        resembles_exactly=False,
        leftovers=("compile",),
        repairs=("input_layer", "renamed_function"),
        label_order=(9, 0, 1, 2, 3, 4, 5, 6, 7, 8),
    )
    facts = facts_of(model, evidence)
    assert facts["Format"] == "HDF5 file, written by Keras 2.2.4"
    assert facts["Network"] == "close to none of the lecture's networks"
    assert facts["Mended before loading"].startswith("The first layer states the shape of the input")
    assert facts["Mended before loading"].endswith("got their new names.")
    assert facts["Left by training"].startswith("Settings of the training")
    assert facts["Order of outputs"].split("digit: ")[1].replace("\u00a0", " ") == (
        "0 → 1, 1 → 2, 2 → 3, 3 → 4, 4 → 5, 5 → 6, 6 → 7, 7 → 8, 8 → 9, 9 → 0"
    )


def test_facts_when_the_optimizer_is_small_then_no_share(evidence: Evidence) -> None:
    assert evidence.model is not None
    model = replace(evidence.model, parameters=157_000)  # 628,000 of 631,004 bytes
    assert "%" not in facts_of(model, evidence)["Left by training"]


@every(
    "kinds, told",
    [
        ((("Dense", 10, "linear"), ("Softmax", 0, "")), "softmax"),
        ((("Dense", 10, "linear"), ("Dropout", 0, "")), "none: raw scores (logits)"),
        ((("Dense", 10, "relu"), ("Dense", 10, "linear")), "none: raw scores (logits)"),
        ((("Dense", 10, "sigmoid"), ("Reshape", 0, "")), "sigmoid"),
    ],
)
def test_last_activation_then_what_the_answers_went_through(
    kinds: tuple[tuple[str, int, str], ...], told: str, evidence: Evidence
) -> None:
    assert evidence.model is not None
    layers = tuple(LayerEvidence(kind=k, parameters=n, activation=a) for k, n, a in kinds)
    assert facts_of(replace(evidence.model, layers=layers), evidence)["Last activation"] == told


def test_findings_then_those_for_a_person_first(page: Element) -> None:
    notes = page.by_class("notes")[0].all("li")
    assert [n.by_class("slug")[0].text for n in notes] == [
        "[test-label-doubt]",
        "[test-thin-strokes]",
        "[test-exif]",
    ]
    assert notes[1].text.endswith("Write with a thicker pen.")


def test_unreadable_picture_then_not_read_and_never_a_digit(evidence: Evidence) -> None:
    page = page_of(build.unreadable(evidence, "digits/5b.png"))
    row = next(r for r in page.by_class("pictures")[0].all("tr") if "5b.png" in r.text)
    assert [c.text for c in row.all("td")[1:]] == [
        "not read",
        "not read",
        "not read",
        "not read",
        "could not be opened",
    ]
    assert "could not be opened as a picture" in row.text
    assert "because it could not be used" in page.by_id("origin").text


def test_blank_picture_then_said_to_hold_no_digit_and_not_to_be_unreadable(evidence: Evidence) -> None:
    broken = build.unreadable(evidence, "digits/5b.png")
    *others, last = broken.images.pictures
    blank = replace(last, width_pixels=300, height_pixels=400)
    page = page_of(replace(broken, images=replace(broken.images, pictures=(*others, blank))))
    row = next(r for r in page.by_class("pictures")[0].all("tr") if "5b.png" in r.text)
    assert row.all("td")[-1].text == "no digit found"
    assert "no digit was found on it" in row.text
    assert "could not be opened" not in row.text


def test_alternative_texts_then_each_tells_what_was_read_on_that_picture(
    page: Element, evidence: Evidence
) -> None:
    student = evidence.subjects["student"]
    first = page.by_class("pictures")[0].all("tbody")[0].all("tr")[0]
    original, submitted, normalized = (img.attributes["alt"] for img in first.all("img"))
    assert "Your model" not in original
    assert f"Your model: {student.as_submitted[0].argmax()} (" in submitted
    assert f"Your model: {student.normalized[0].argmax()} (" in normalized


def test_missing_digits_then_named(evidence: Evidence) -> None:
    kept = tuple(p for p in evidence.images.pictures if p.label not in {0, 7})
    page = page_of(replace(evidence, images=replace(evidence.images, pictures=kept)))
    assert "No picture was found for: 0, 7" in page.by_id("digits").text


def test_no_model_then_no_invented_number(evidence: Evidence) -> None:
    page = page_of(build.without_model(evidence))
    assert "was not measured. No model was handed in." in page.by_id("digits").text
    assert page.by_id("model").text.endswith("No model was handed in.")
    rows = page.by_class("pictures")[0].all("tbody")[0].all("tr")
    assert {row.all("td")[2].text for row in rows} == {"no answer"}
    assert {row[2] for row in table_rows(page.by_id("by-digit"))} == {"–"}
    assert "matrix-student" not in {e.attributes.get("id") for e in page.walk()}
    assert page.by_class("chart")[0].all("circle") == []
    assert "There is nothing to compare" in page.by_id("origin").text


def test_refused_model_then_says_so_and_where_to_read_why(evidence: Evidence) -> None:
    base = build.without_model(evidence)
    finding = Finding(slug="test-refused", severity=Severity.REFUSED, file="model.keras")
    page = page_of(replace(base, files=evidence.files, findings=(finding,)))
    assert "was not used; the findings say why" in page.by_id("model").text
    assert "Replace the Lambda layer" in page.by_id("findings").text


def test_advice_when_the_reason_names_a_finding_then_what_that_says_to_do(evidence: Evidence) -> None:
    finding = Finding(slug="test-refused", severity=Severity.REFUSED, file="model.keras")
    reason = Reason(slug="test-waiting", values={"finding": "test-refused"})
    unmeasured = tuple(
        replace(c, status=CriterionStatus.NOT_MEASURED, points=None, reason=reason)
        for c in build.CRITERIA[1:3]
    )
    base = replace(build.without_model(evidence), findings=(finding,))
    page = page_of(base, build.grade(base, criteria=(build.CRITERIA[0], *unmeasured)))
    (action,) = page.by_class("actions")[0].all("li")
    assert action.by_class("gain")[0].text == "up to +6"
    assert "Replace the Lambda layer" in action.text
    assert all("holds a Lambda layer" in li.text for li in page.by_class("items")[0].all("li")[1:])


def test_item_when_it_is_worth_no_points_then_none_are_shown(evidence: Evidence) -> None:
    free = replace(
        build.CRITERIA[0], status=CriterionStatus.INFORMATION, points=Decimal(0), points_possible=Decimal(0)
    )
    page = page_of(evidence, build.grade(evidence, criteria=(*build.CRITERIA, free)))
    last = page.by_class("items")[0].all("li")[-1]
    assert "for information" in last.text
    assert last.by_class("item-points") == []


def test_could_not_grade_then_our_failure_and_no_zero(evidence: Evidence) -> None:
    base = build.empty(evidence, failure="test-our-failure")
    unknown = tuple(replace(c, status=CriterionStatus.NOT_MEASURED, points=None) for c in build.CRITERIA)
    grade = build.grade(base, criteria=unknown, status=SubmissionStatus.COULD_NOT_GRADE, has_points=False)
    page = page_of(base, grade)
    assert page.by_class("points")[0].text == "no points yet"
    assert "This is not a 0" in page.by_class("lead")[0].text
    assert "The referee model could not be read." in page.by_class("lead")[0].text
    assert "handed in." not in page.by_id("main").text
    assert {e.attributes["id"] for e in page.all("section")} == {"next", "points", "findings", "provenance"}


def test_not_submitted_then_says_so(evidence: Evidence) -> None:
    base = build.empty(evidence)
    page = page_of(base, build.grade(base, status=SubmissionStatus.NOT_SUBMITTED))
    assert page.by_class("score")[0].by_class("chip")[0].text == "○ not submitted"
    assert "There was nothing in this submission." in page.by_class("lead")[0].text


def test_self_check_then_marked_not_a_grade(evidence: Evidence) -> None:
    assert "Not a grade." in page_of(evidence, self_check=True).by_class("notice")[0].text
    assert page_of(evidence).by_class("notice") == []


def test_details_then_nothing_needed_for_the_grade_is_inside(page: Element) -> None:
    assert page.all("details")
    for details in page.all("details"):
        assert "open" not in details.attributes
        assert not details.by_class("item-points")


def test_page_then_nothing_of_another_student(page: Element) -> None:
    assert re.findall(r"2023\d{4}", page.text) == ["20231234"]


@every("n_pictures", [10, 40, 130])
def test_page_size_when_many_noisy_pictures_then_within_budget(evidence: Evidence, n_pictures: int) -> None:
    rng = np.random.default_rng(7)
    first = evidence.images.pictures[0]
    images = replace(
        evidence.images,
        pictures=tuple(
            replace(first, file=f"digits/{'long-name-' * 5}{n}.png", index=n, label=n % 10)
            for n in range(n_pictures)
        ),
        normalized=rng.random((n_pictures, 28, 28, 1), np.float32),
        as_submitted=rng.random((n_pictures, 28, 28, 1), np.float32),
        previews=rng.integers(0, 256, (n_pictures, 96, 96, 3), np.uint8),
    )
    subjects = {
        name: replace(
            subject,
            normalized=np.resize(subject.normalized, (n_pictures, 10)),
            as_submitted=np.resize(subject.as_submitted, (n_pictures, 10)),
        )
        for name, subject in evidence.subjects.items()
    }
    files = tuple(replace(evidence.files[0], name=p.file, role=Role.PICTURE) for p in images.pictures)
    own = build.repeated(evidence.own, min(n_pictures, 50))  # at most five of a class
    failures = tuple(
        replace(evidence.first_failures[n % 3], row=n, image=rng.integers(0, 256, (28, 28), np.uint8))
        for n in range(len(own.rows))
    )
    missed = next(d for d in evidence.diagnoses if d.occlusion is not None)
    diagnoses = tuple(
        replace(
            missed,
            index=n,
            label=n % 10,
            is_read_by_referee=n % 2 == 0,
            repairs=("polarity",),
            confidence_after=0.5,
            repaired=rng.integers(0, 256, (28, 28), np.uint8),
            occlusion=rng.random((22, 22), np.float32).astype(np.float16) if n < 10 else None,
            nearest=missed.nearest if n < 10 else (),
        )
        for n in range(n_pictures)
    )
    crowded = replace(
        evidence,
        diagnoses=diagnoses,
        images=images,
        subjects=subjects,
        files=files,
        own=own,
        first_failures=failures,
    )
    html = render_student(build.grade(crowded), crowded, build.ASSIGNMENT, build.RUN, "ko")
    assert len(html.encode()) <= 300 * 1024
    rows = parse(html).by_class("pictures")[0].all("tbody")[0].all("tr")
    assert len(rows) == min(n_pictures, 30)
    assert ("그림 100개는 계산에 넣었지만" in html) == (n_pictures == 130)


def test_page_size_when_ordinary_then_well_within_budget(evidence: Evidence) -> None:
    assert (
        len(render_student(build.grade(evidence), evidence, build.ASSIGNMENT, build.RUN, "ko").encode())
        < 250 * 1024
    )
