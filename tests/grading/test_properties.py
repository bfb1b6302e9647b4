"""Laws of grading."""

import dataclasses
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.count import Count
from grader.core.evidence import Evidence
from grader.core.finding import Finding, Severity
from grader.grading.rubric import load_rubric, parse_rubric
from grader.grading.scale import Band, Linear, worth_by_bands, worth_in_proportion
from grader.grading.score import grade, passed_all_automatic, round_points
from grader.resources import resource_folder
from tests.builders import make_evidence, make_model
from tests.grading.rubrics import rubric_toml

RUBRIC = load_rubric("handwritten-digits")
CRITERIA = [
    'kind = "files"\npoints = 2\nlinear = { zero_at = 0, full_at = 1 }',
    'kind = "test_accuracy"\npoints = 4\nlinear = { zero_at = 0.5, full_at = 0.97 }',
    'kind = "handwriting_accuracy"\npoints = 3\nlinear = { zero_at = 0, full_at = 0.7 }',
    'kind = "report_evidence"\npoints = 1',
    'kind = "manual"\npoints = 3',
]
FINE = parse_rubric(rubric_toml(*CRITERIA, points="13").encode(), file="fine.toml")


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    labels = draw(st.lists(st.none() | st.integers(0, 9), max_size=12))
    classes = st.lists(st.integers(0, 9), min_size=len(labels), max_size=len(labels))
    refused = Finding(slug="file-too-large", severity=Severity.REFUSED, file="big.bin")
    return make_evidence(
        labels,
        draw(classes),
        draw(classes),
        unreadable=draw(st.sampled_from([(), ("x.png",)])),
        reports=draw(st.sampled_from([(), ("report.pdf",)])),
        model=draw(
            st.sampled_from([None, make_model(), make_model(loaded=False), make_model(kinds=["Dense"])])
        ),
        test_set=Count(correct=draw(st.integers(0, 1000)), total=1000),
        findings=draw(st.sampled_from([(), (refused,)])),
        failure=draw(st.sampled_from([None, None, None, "sandbox-lost"])),
    )


def known(rubric_points: Decimal | None) -> Decimal:
    assert rubric_points is not None
    return rubric_points


@settings(max_examples=60)
@given(evidence=evidence(), rubric=st.sampled_from([RUBRIC, FINE]))
def test_grade_when_any_evidence_then_parts_add_up_to_the_total(evidence: Evidence, rubric: object) -> None:
    graded = grade(rubric, evidence)  # type: ignore[arg-type]
    parts = [criterion.points for criterion in graded.criteria if criterion.points is not None]
    open_parts = [criterion.points_possible for criterion in graded.criteria if criterion.points is None]
    if evidence.failure is None:
        assert graded.points == sum(parts)
    else:
        assert graded.points is None
    assert graded.points_open == sum(open_parts)
    assert graded.points_possible == rubric.points_possible  # type: ignore[attr-defined]
    for criterion in graded.criteria:
        if criterion.points is not None:
            assert 0 <= criterion.points <= criterion.points_possible
            assert criterion.points % Decimal("0.1") == 0


@settings(max_examples=40)
@given(evidence=evidence())
def test_grade_when_repeated_then_equal(evidence: Evidence) -> None:
    assert grade(RUBRIC, evidence) == grade(RUBRIC, evidence)
    assert isinstance(passed_all_automatic(grade(RUBRIC, evidence)), bool)


@settings(max_examples=40)
@given(evidence=evidence(), random=st.randoms(use_true_random=False))
def test_grade_when_order_of_files_pictures_findings_changes_then_the_same(
    evidence: Evidence, random: object
) -> None:
    def mixed(things: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(things, len(things)))  # type: ignore[attr-defined]

    shuffled = dataclasses.replace(
        evidence,
        files=mixed(evidence.files),  # type: ignore[arg-type]
        images=dataclasses.replace(evidence.images, pictures=mixed(evidence.images.pictures)),  # type: ignore[arg-type]
        findings=mixed(evidence.findings),  # type: ignore[arg-type]
    )
    assert grade(RUBRIC, shuffled) == grade(RUBRIC, evidence)


@settings(max_examples=20)
@given(order=st.permutations(CRITERIA))
def test_grade_when_criteria_are_in_another_order_then_the_same_total(order: list[str]) -> None:
    rubric = parse_rubric(rubric_toml(*order, points="13").encode(), file="fine.toml")
    evidence = make_evidence(range(9), [0, 1, 2, 3, 4, 5, 1, 1, 1], test_set=Count(correct=900, total=1000))
    # files 1.8; test 4 x 0.4 / 0.47 = 3.404; handwriting 3 x 0.6 / 0.7 = 2.571; report 1
    assert grade(rubric, evidence).points == Decimal("8.8")


@settings(max_examples=60)
@given(
    labels=st.lists(st.integers(0, 9), min_size=1, max_size=12),
    data=st.data(),
    rubric=st.sampled_from([RUBRIC, FINE]),
)
def test_grade_when_one_more_picture_is_read_then_no_criterion_gives_less(
    labels: list[int], data: st.DataObject, rubric: object
) -> None:
    read = data.draw(st.lists(st.integers(0, 9), min_size=len(labels), max_size=len(labels)))
    better = list(read)
    place = data.draw(st.integers(0, len(labels) - 1))
    better[place] = labels[place]
    _never_less(rubric, make_evidence(labels, read), make_evidence(labels, better))


@settings(max_examples=60)
@given(
    labels=st.lists(st.integers(0, 9), min_size=1, max_size=9),
    another=st.integers(0, 9),
    data=st.data(),
    rubric=st.sampled_from([RUBRIC, FINE]),
)
def test_grade_when_one_more_picture_is_handed_in_and_read_then_no_criterion_gives_less(
    labels: list[int], another: int, data: st.DataObject, rubric: object
) -> None:
    read = data.draw(st.lists(st.integers(0, 9), min_size=len(labels), max_size=len(labels)))
    _never_less(rubric, make_evidence(labels, read), make_evidence([*labels, another], [*read, another]))


@settings(max_examples=40)
@given(read=st.lists(st.integers(0, 9), min_size=10, max_size=10), dropped=st.integers(0, 9))
def test_grade_when_a_digit_is_left_out_then_the_student_never_gains(read: list[int], dropped: int) -> None:
    kept = [digit for digit in range(10) if digit != dropped]
    less = make_evidence(kept, [read[digit] for digit in kept])
    _never_less(FINE, less, make_evidence(range(10), read))


@settings(max_examples=40)
@given(correct=st.integers(0, 999), rubric=st.sampled_from([RUBRIC, FINE]))
def test_grade_when_one_more_test_image_is_read_then_no_criterion_gives_less(
    correct: int, rubric: object
) -> None:
    worse, better = (
        make_evidence([0], test_set=Count(correct=right, total=1000)) for right in (correct, correct + 1)
    )
    _never_less(rubric, worse, better)


def _never_less(rubric: object, worse: Evidence, better: Evidence) -> None:
    pairs = zip(
        grade(rubric, worse).criteria,  # type: ignore[arg-type]
        grade(rubric, better).criteria,  # type: ignore[arg-type]
        strict=True,
    )
    for before, after in pairs:
        if before.points is not None:
            assert after.points is not None
            assert after.points >= before.points, before.id


@given(
    points=st.fractions(0, 1000),
    step=st.sampled_from([Decimal("0.1"), Decimal("0.5"), Decimal(1), Decimal("0.25")]),
)
def test_round_points_when_anything_then_nearest_multiple_and_half_goes_up(
    points: Fraction, step: Decimal
) -> None:
    rounded = Fraction(round_points(points, step))
    assert (rounded / Fraction(step)).denominator == 1
    assert -Fraction(step) / 2 < rounded - points <= Fraction(step) / 2


@given(correct=st.integers(0, 60), more=st.integers(0, 40), total=st.integers(100, 100))
def test_scales_when_share_grows_then_points_never_fall(correct: int, more: int, total: int) -> None:
    low, high = Count(correct=correct, total=total), Count(correct=correct + more, total=total)
    linear = Linear(zero_at=Decimal("0.2"), full_at=Decimal("0.8"))
    assert (
        worth_in_proportion(high, linear, Fraction(7)).points
        >= worth_in_proportion(low, linear, Fraction(7)).points
    )
    bands = tuple(
        Band(name=f"B{tenth}", at_least=Decimal(tenth) / 10, points=Decimal(tenth))
        for tenth in range(9, 0, -2)
    )
    assert worth_by_bands(high, bands).points >= worth_by_bands(low, bands).points


def test_shipped_rubric_when_timed_then_grading_takes_milliseconds() -> None:
    import time

    evidence = make_evidence()
    start = time.perf_counter()
    for _ in range(20):
        grade(RUBRIC, evidence)
    assert (time.perf_counter() - start) / 20 < 0.05
    assert (resource_folder("rubrics") / "handwritten-digits.toml").is_file()
