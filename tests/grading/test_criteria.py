"""Every kind of criterion by itself: what it counts, when it is missing, when a person decides."""

import dataclasses
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from grader.core.count import Count
from grader.core.evidence import STUDENT, Evidence, SubjectEvidence
from grader.core.finding import Finding, Severity
from grader.core.grade import CriterionResult, CriterionStatus
from grader.core.submission import Role
from grader.grading.score import grade
from tests.builders import counted, make_evidence, make_file, make_model
from tests.grading.rubrics import LINEAR, one
from tests.loops import every

MODEL_KINDS = [
    "architecture",
    "test_accuracy",
    "handwriting_accuracy",
    "rotation",
    "shift",
    "grid",
    "ambiguous_digits",
]
KEYS = {
    "architecture": 'layers = [{ any_of = ["Conv2D"], at_least = 2 }]',
    "ambiguous_digits": f"at_least = 4\n{LINEAR}",
    "report_evidence": "",
    "model_loads": "",
    "manual": "",
}


def outcome(kind: str, evidence: Evidence, keys: str | None = None, points: int = 10) -> CriterionResult:
    keys = KEYS.get(kind, LINEAR) if keys is None else keys
    return grade(one(kind, keys, points), evidence).criteria[0]


def without_conv(kinds: Sequence[str]) -> Evidence:
    return make_evidence(model=make_model(kinds=kinds))


# files


def test_files_when_a_class_has_two_pictures_and_two_have_none_then_eight_of_ten() -> None:
    found = outcome("files", make_evidence(labels=[0, 1, 2, 3, 4, 5, 6, 7, 7]))
    assert found.points == 8
    assert found.reason.values["without"] == "8, 9"


def test_files_when_no_picture_then_missing() -> None:
    found = outcome("files", make_evidence(labels=[]))
    assert (found.status, found.points) == (CriterionStatus.MISSING, 0)


def test_files_when_every_picture_is_unreadable_then_a_person_decides() -> None:
    found = outcome("files", make_evidence(labels=[], unreadable=["a.png"]))
    assert (found.status, found.points) == (CriterionStatus.NOT_MEASURED, None)


def test_files_when_no_label_is_known_then_a_person_decides() -> None:
    found = outcome("files", make_evidence(labels=[None] * 10))
    assert (found.status, found.points) == (CriterionStatus.NOT_MEASURED, None)


def test_files_when_only_ambiguous_digits_then_missing() -> None:
    assert outcome("files", make_evidence(labels=[], ambiguous_labels=[3])).status is CriterionStatus.MISSING


# model and architecture


def test_model_loads_when_it_loads_then_all_points() -> None:
    found = outcome("model_loads", make_evidence())
    assert (found.status, found.points, found.reason.slug) == (
        CriterionStatus.GRADED,
        10,
        "reason-model-loads",
    )


def test_model_loads_when_no_finding_says_why_then_dash() -> None:
    found = outcome("model_loads", make_evidence(model=make_model(loaded=False)))
    assert (found.points, found.reason.values["finding"]) == (0, "–")


@every(
    "slug",
    [
        "model-timeout",
        "model-killed",
        "model-forbidden",
        "model-crashed",
        "model-bad-answer",
        "model-out-of-memory",
    ],
)
def test_model_loads_when_the_attempt_was_stopped_then_a_person_decides(slug: str) -> None:
    stopped = Finding(slug=slug, severity=Severity.REFUSED, file="model.keras")
    found = outcome("model_loads", make_evidence(model=make_model(loaded=False), findings=[stopped]))
    assert (found.status, found.points) == (CriterionStatus.NOT_MEASURED, None)
    assert found.reason.values["finding"] == slug


def test_model_loads_when_the_file_is_damaged_then_no_points() -> None:
    damaged = Finding(slug="model-damaged", severity=Severity.REFUSED, file="model.keras")
    found = outcome("model_loads", make_evidence(model=make_model(loaded=False), findings=[damaged]))
    assert (found.status, found.points) == (CriterionStatus.GRADED, 0)


def test_architecture_when_layers_are_there_then_all_points() -> None:
    assert outcome("architecture", make_evidence()).points == 10


def test_architecture_when_a_layer_is_lacking_then_no_points_and_said_which() -> None:
    found = outcome("architecture", without_conv(["Conv2D", "Flatten", "Dense"]))
    assert (found.status, found.points) == (CriterionStatus.GRADED, 0)
    assert found.reason.values["needed"] == "Conv2D ≥ 2"
    assert found.reason.values["found"] == "Conv2D – Flatten – Dense"


def test_architecture_when_an_unknown_layer_may_be_it_then_a_person_decides() -> None:
    found = outcome("architecture", without_conv(["Conv2D", "other", "Dense"]))
    assert (found.status, found.points) == (CriterionStatus.NOT_MEASURED, None)


def test_architecture_when_unknown_layers_are_beside_the_point_then_graded() -> None:
    assert outcome("architecture", without_conv(["Conv2D", "Conv2D", "other"])).points == 10


def test_architecture_when_layers_could_not_be_told_then_a_person_decides() -> None:
    loaded = outcome("architecture", without_conv([]))
    broken = outcome("architecture", make_evidence(model=make_model(loaded=False, kinds=())))
    assert loaded.reason.slug == "reason-not-measured-layers"
    assert broken.reason.slug == "reason-not-measured-model"


@every(
    "keys, points",
    [
        ("parameters_at_least = 50186", 10),
        ("parameters_at_least = 50187", 0),
        ("parameters_at_most = 50186", 10),
        ("parameters_at_most = 50185", 0),
        ('networks = [{ id = "x", parameters = 1 }, { id = "lecture-cnn-small", parameters = 50186 }]', 10),
        ('networks = [{ id = "x", parameters = 1 }]', 0),
        (
            'networks = [{ id = "x", parameters = 50186, layers = [{ any_of = ["Conv2D"], at_least = 3 }] }]',
            0,
        ),
    ],
)
def test_architecture_when_parameters_or_network_are_asked_then_compared(keys: str, points: int) -> None:
    assert outcome("architecture", make_evidence(), keys).points == points


def test_architecture_when_parameters_are_unknown_then_a_person_decides() -> None:
    evidence = make_evidence(model=make_model(loaded=False, parameters=None))
    assert outcome("architecture", evidence, "parameters_at_least = 1").status is CriterionStatus.NOT_MEASURED


# handwriting


def test_handwriting_when_all_ten_are_read_then_plain_reason() -> None:
    found = outcome("handwriting_accuracy", make_evidence())
    assert (found.points, found.reason.slug) == (10, "reason-by-share")


def test_handwriting_when_referee_misreads_one_then_not_counted_and_named() -> None:
    student = [0, 1, 2, 3, 4, 5, 6, 1, 8, 9]
    referee = [0, 1, 2, 3, 4, 5, 6, 1, 8, 9]
    found = outcome("handwriting_accuracy", make_evidence(range(10), student, referee))
    assert (found.reason.values["correct"], found.reason.values["total"]) == (9, 9)
    assert found.points == 10
    assert found.reason.slug == "reason-handwriting-few"
    assert found.reason.values["contested"] == "digit007.png"
    # Wilson for 9 of 9: 9 / (9 + 1.96^2) = 0.70
    assert found.reason.values["interval"] == "70–100 %"


def test_handwriting_when_many_pictures_and_one_contested_then_noted_without_the_warning() -> None:
    labels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    referee = [6, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    found = outcome("handwriting_accuracy", make_evidence(labels, labels, referee))
    assert found.reason.slug == "reason-handwriting-noted"
    assert found.reason.values["contested"] == "digit000.png"


def test_handwriting_when_many_are_contested_then_the_list_is_cut() -> None:
    labels = [*range(10), *([7] * 15)]
    referee = [*range(10), *([1] * 15)]
    found = outcome("handwriting_accuracy", make_evidence(labels, labels, referee))
    assert str(found.reason.values["contested"]).endswith("digit021.png, … (+3)")


def test_handwriting_when_referee_reads_none_then_a_person_decides() -> None:
    found = outcome("handwriting_accuracy", make_evidence(referee_predictions=[9, 0, 1, 2, 3, 4, 5, 6, 7, 8]))
    assert (found.status, found.points) == (CriterionStatus.NOT_MEASURED, None)
    assert found.reason.slug == "reason-not-measured-nothing-readable"


def test_handwriting_when_pictures_are_left_out_then_they_count_as_not_read() -> None:
    found = outcome("handwriting_accuracy", make_evidence(labels=[0, 1, 2, 3, 4, 5]))
    assert (found.reason.values["correct"], found.reason.values["total"]) == (6, 10)
    assert (found.reason.values["counted"], found.reason.values["absent"]) == (6, 4)
    assert found.points == 6


def test_handwriting_when_a_picture_has_no_label_then_it_makes_up_for_an_absent_class() -> None:
    found = outcome("handwriting_accuracy", make_evidence(labels=[0, 1, 2, 3, 4, 5, None, None, None]))
    assert (found.reason.values["correct"], found.reason.values["total"]) == (6, 7)


def test_handwriting_when_a_picture_could_not_be_read_then_it_makes_up_for_an_absent_class() -> None:
    evidence = make_evidence(labels=[0, 1, 2, 3, 4, 5, 6, 7, 8], unreadable=["nine.heic"])
    found = outcome("handwriting_accuracy", evidence)
    assert (found.reason.values["correct"], found.reason.values["total"]) == (9, 9)


def test_handwriting_when_a_file_was_refused_then_it_makes_up_for_an_absent_class() -> None:
    refused = Finding(slug="file-too-large", severity=Severity.REFUSED, file="9.tif")
    known = make_evidence(labels=range(8), findings=[refused])
    files = (*known.files, make_file("8.png", Role.PICTURE))
    found = outcome("handwriting_accuracy", dataclasses.replace(known, files=files))
    assert (found.reason.values["total"], found.reason.values["absent"]) == (8, 0)


def test_handwriting_when_neither_model_loads_nor_pictures_exist_then_missing() -> None:
    evidence = make_evidence(labels=[], model=make_model(loaded=False))
    found = outcome("handwriting_accuracy", evidence)
    assert (found.status, found.reason.slug) == (CriterionStatus.MISSING, "reason-missing-pictures")


# rotation and shift


def test_rotation_when_lost_beyond_ten_degrees_then_five_trapezoids_of_twelve() -> None:
    # Scored from -30 to 30: 60 degrees wide. -10, -5, 0, 5, 10 are read, each stands for 5 degrees: 25 of 60.
    evidence = make_evidence(
        rotated={STUDENT: lambda angle, read: read if abs(angle) <= 10 else [(r + 1) % 10 for r in read]}
    )
    found = outcome("rotation", evidence)
    assert Fraction(found.reason.values["correct"], found.reason.values["total"]) == Fraction(25, 60)
    assert (found.reason.values["percent"], found.reason.values["digits"]) == ("41.7 %", 10)
    assert str(found.points) == "4.2"


def test_rotation_when_some_digits_count_at_few_angles_then_each_digit_weighs_the_same() -> None:
    """Nine digits are read everywhere; one counts at 0 alone, where it is lost at once: 9 of 10, not 117 of 118."""

    def referee(angle: float, read: Sequence[int]) -> Sequence[int]:
        return read if angle == 0 else [9, *read[1:]]

    def student(angle: float, read: Sequence[int]) -> Sequence[int]:
        return [9, *read[1:]]

    found = outcome("rotation", make_evidence(rotated={STUDENT: student, "referee": referee}))
    assert found.points == 9
    assert found.reason.values["percent"] == "90.0 %"


def test_rotation_when_measured_then_its_percent_lies_in_its_interval() -> None:
    """All digits are lost at the limits and nowhere else, where half a trapezoid is worth less than a reading."""
    lost = {STUDENT: lambda angle, read: read if abs(angle) < 30 else [(r + 1) % 10 for r in read]}
    reason = outcome("rotation", make_evidence(rotated=lost)).reason
    low, high = (float(end) for end in str(reason.values["interval"]).removesuffix(" %").split("–"))
    assert reason.values["percent"] == "91.7 %"
    assert low <= 91.7 <= high


def test_rotation_when_referee_loses_a_digit_too_then_it_does_not_count_there() -> None:
    def lose_the_first(angle: float, read: Sequence[int]) -> Sequence[int]:
        return [9, *read[1:]] if angle > 0 else read

    found = outcome("rotation", make_evidence(rotated={STUDENT: lose_the_first, "referee": lose_the_first}))
    assert (found.points, found.reason.values["percent"]) == (10, "100 %")


def test_rotation_when_zone_is_narrower_then_only_its_angles_count() -> None:
    evidence = make_evidence(rotated={STUDENT: lambda angle, read: read if abs(angle) <= 10 else [9] * 10})
    assert outcome("rotation", evidence, f"max_angle_degrees = 10\n{LINEAR}").points == 10


def test_shift_when_lost_beyond_one_pixel_then_nine_of_forty_nine_shifts() -> None:
    # |dx|, |dy| <= 3: 49 shifts; 9 of them within one pixel: 9 of 49 for every digit, 1.837 of 10 points.
    evidence = make_evidence(
        shifted={
            STUDENT: lambda shift, read: read if max(map(abs, shift)) <= 1 else [(r + 1) % 10 for r in read]
        }
    )
    found = outcome("shift", evidence)
    assert (found.reason.values["correct"], found.reason.values["total"]) == (9, 49)
    assert str(found.points) == "1.8"


def one_digit_lost_when(is_lost: Callable[[tuple[float, ...]], bool]) -> Evidence:
    def read_there(at: tuple[float, ...], read: Sequence[int]) -> Sequence[int]:
        return [9, *read[1:]] if is_lost(at) else read

    return make_evidence(gridded={STUDENT: read_there})


def test_grid_when_one_digit_is_lost_in_nine_of_27_ways_then_mean_and_worst_differ() -> None:
    # 27 ways; digit 0 is lost at -30 degrees, with 9 shifts: 18 of 27 for it, all for nine others; 9 of 10 in the worst.
    evidence = one_digit_lost_when(lambda at: at[0] < 0)
    mean = outcome("grid", evidence)
    assert Fraction(mean.reason.values["correct"], mean.reason.values["total"]) == (9 + Fraction(18, 27)) / 10
    worst = outcome("grid", evidence, f'judged_by = "worst"\n{LINEAR}')
    assert (worst.reason.values["correct"], worst.reason.values["total"], worst.points) == (9, 10, 9)


def test_grid_when_the_referee_loses_the_digit_there_too_then_it_costs_nothing() -> None:
    def lose_the_first(at: tuple[float, ...], read: Sequence[int]) -> Sequence[int]:
        return [9, *read[1:]] if at[0] < 0 else read

    evidence = make_evidence(gridded={STUDENT: lose_the_first, "referee": lose_the_first})
    found = outcome("grid", evidence, f'judged_by = "worst"\n{LINEAR}')
    assert (found.reason.values["correct"], found.reason.values["total"]) == (10, 10)


@every("kind", ["rotation", "shift"])
def test_perturbed_kinds_when_measured_on_the_test_set_then_own_digits_do_not_matter(kind: str) -> None:
    everything_lost = {STUDENT: lambda at, read: [(r + 1) % 10 for r in read]}
    evidence = make_evidence(rotated=everything_lost, shifted=everything_lost)
    evidence = dataclasses.replace(evidence, test_set=make_evidence().own)
    found = outcome(kind, evidence, f'measured_on = "test_set"\n{LINEAR}')
    assert (found.points, found.reason.slug) == (10, f"reason-{kind}-test-set")
    without_pictures = make_evidence(labels=[])
    without_pictures = dataclasses.replace(without_pictures, test_set=make_evidence().own)
    assert outcome(kind, without_pictures, f'measured_on = "test_set"\n{LINEAR}').points == 10


# ambiguous digits, report, manual


@every("n, points", [(1, "2.5"), (4, "10.0"), (9, "10.0")])
def test_ambiguous_digits_when_some_are_usable_then_in_proportion(n: int, points: str) -> None:
    found = outcome("ambiguous_digits", make_evidence(ambiguous_labels=[None] * n))
    assert str(found.points) == points
    assert found.reason.values["usable"] == n


def test_ambiguous_digits_when_some_are_copies_then_these_do_not_count() -> None:
    evidence = make_evidence(ambiguous_labels=[None] * 4)
    by_name = {file.name: file for file in evidence.files}
    first, digit = by_name["ambiguous/digit000.png"], by_name["digit003.png"]
    copies = {"ambiguous/digit001.png": first.sha256, "ambiguous/digit002.png": digit.sha256}
    files = tuple(
        dataclasses.replace(file, sha256=copies.get(file.name, file.sha256)) for file in evidence.files
    )
    found = outcome("ambiguous_digits", dataclasses.replace(evidence, files=files))
    assert (found.reason.values["usable"], found.reason.values["copies"], str(found.points)) == (2, 2, "5.0")


def test_ambiguous_digits_when_none_then_missing() -> None:
    assert outcome("ambiguous_digits", make_evidence()).reason.slug == "reason-missing-ambiguous"


def test_ambiguous_digits_when_the_file_could_not_be_used_then_a_person_decides() -> None:
    evidence = make_evidence()
    evidence = dataclasses.replace(
        evidence, files=(*evidence.files, make_file("ambiguous/x.png", Role.AMBIGUOUS))
    )
    assert outcome("ambiguous_digits", evidence).reason.slug == "reason-not-measured-no-usable-picture"


def test_ambiguous_digits_when_model_gave_no_answers_then_a_person_decides() -> None:
    evidence = make_evidence(ambiguous_labels=[3])
    silent = dataclasses.replace(evidence.subjects[STUDENT], normalized=None)
    evidence = dataclasses.replace(evidence, subjects={**evidence.subjects, STUDENT: silent})
    assert outcome("ambiguous_digits", evidence).status is CriterionStatus.NOT_MEASURED


def test_report_evidence_when_there_then_all_points() -> None:
    found = outcome("report_evidence", make_evidence(reports=["b.ipynb", "a.pdf"]))
    assert (found.points, found.reason.values["files"]) == (10, "a.pdf, b.ipynb")


def test_report_evidence_when_empty_then_no_points_and_incomplete() -> None:
    evidence = make_evidence(files=[make_file("report.pdf", Role.REPORT, size_bytes=0)])
    found = outcome("report_evidence", evidence)
    assert (found.status, found.points, found.reason.slug) == (
        CriterionStatus.GRADED,
        0,
        "reason-report-empty",
    )


def test_report_evidence_when_none_then_missing() -> None:
    found = outcome("report_evidence", make_evidence(reports=[]))
    assert (found.status, found.points) == (CriterionStatus.MISSING, 0)


@every(
    "evidence", [make_evidence(), make_evidence(labels=[], model=None, reports=[])], ids=["all", "nothing"]
)
def test_manual_when_anything_or_nothing_is_there_then_waiting(evidence: Evidence) -> None:
    found = outcome("manual", evidence)
    assert (found.status, found.points) == (CriterionStatus.WAITING, None)


# what could not be measured


@every("kind", MODEL_KINDS)
def test_model_kinds_when_no_model_then_missing(kind: str) -> None:
    found = outcome(kind, make_evidence(ambiguous_labels=[1], model=None))
    assert (found.status, found.points, found.reason.slug) == (
        CriterionStatus.MISSING,
        0,
        "reason-missing-model",
    )


def test_measured_kinds_when_there_is_no_number_then_a_person_decides_and_the_reason_is_passed_on() -> None:
    whole = make_evidence()
    others = {who: subject for who, subject in whole.subjects.items() if who != STUDENT}
    silent = dataclasses.replace(whole, subjects={**others, STUDENT: SubjectEvidence()})
    absent = dataclasses.replace(whole, subjects=others)
    for kind in ("test_accuracy", "handwriting_accuracy", "rotation", "shift", "grid"):
        for evidence, slug in ((silent, "unmeasured-model-unusable"), (absent, "reason-not-measured")):
            found = outcome(kind, evidence)
            assert (found.status, found.points) == (CriterionStatus.NOT_MEASURED, None)
            assert found.reason.slug == slug
    unread = make_evidence([3], referee_predictions=[8])
    assert outcome("handwriting_accuracy", unread).reason.slug == "reason-not-measured-nothing-readable"
    nothing = make_evidence(test_set=Count(correct=0, total=0))
    assert outcome("test_accuracy", nothing).status is CriterionStatus.NOT_MEASURED


def test_builder_when_used_then_rows_belong_to_pictures() -> None:
    evidence = make_evidence(labels=[4, None], ambiguous_labels=[7], student_predictions=[4, 2, 1])
    student = evidence.subjects[STUDENT]
    assert student.normalized is not None
    assert student.normalized.argmax(axis=1).tolist() == [4, 2, 1]
    assert [p.index for p in evidence.images.usable] == [0, 1, 2]
    assert [cell.at for cell in counted(evidence, STUDENT, "handwriting").cells] == [(4,)]
    assert evidence.own.rows.tolist() == [0]
    assert evidence.own.perturbed[STUDENT]["rotation"].shape == (37, 1)
    assert evidence.own.perturbed[STUDENT]["rotation"].dtype == np.int8
