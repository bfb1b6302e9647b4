import dataclasses
import hashlib
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from grader.errors import GraderError, GraderErrors
from grader.grading.fields import Robustness
from grader.grading.rubric import (
    load_rubric,
    measurement_settings,
    parse_rubric,
    require_same_settings,
    shipped_rubrics,
)
from grader.perturbations.suite import SUITES
from grader.resources import resource_folder
from grader.texts.catalog import LANGUAGES, Texts, messages, placeholders
from tests.builders import SETTINGS, make_evidence
from tests.datasets.own import make_dataset
from tests.digits import MNIST
from tests.grading.rubrics import BANDS, LINEAR, make_rubric, one, rubric_toml
from tests.loops import every


def problems(*criteria: str, points: str = "1", replace: tuple[str, str] = ("", "")) -> list[GraderError]:
    content = rubric_toml(*criteria, points=points).replace(*replace).encode()
    with pytest.raises(GraderErrors) as caught:
        parse_rubric(content, file="small.toml")
    for problem in caught.value.problems:
        assert problem.values["file"] == "small.toml"
        for language in LANGUAGES:
            for template in messages(language)[problem.slug].values():
                assert placeholders(template) <= set(problem.values)
    return list(caught.value.problems)


def slugs_and_keys(found: list[GraderError]) -> list[tuple[str, object]]:
    return [(problem.slug, problem.values.get("key")) for problem in found]


GOOD = 'kind = "report_evidence"\npoints = 1'


def test_load_rubric_when_name_then_shipped_file_and_its_hash() -> None:
    rubric = load_rubric("handwritten-digits")
    path = resource_folder("rubrics") / "handwritten-digits.toml"
    assert rubric.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_rubric(path) == rubric


def test_shipped_rubric_when_loaded_then_valid_and_named_like_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_dataset(tmp_path)
    monkeypatch.setenv("GRADER_DATASETS", str(tmp_path))
    for name in shipped_rubrics():
        assert load_rubric(name).id == name


def test_handwritten_digits_when_loaded_then_two_parts_of_ten_points() -> None:
    criteria = load_rubric("handwritten-digits").criteria
    part = {"A": Decimal(0), "B": Decimal(0)}
    for criterion in criteria:
        if criterion.points:
            part[criterion.title.en[0]] += criterion.points
    assert part == {"A": 10, "B": 10}


def test_handwritten_digits_when_seven_to_ten_of_ten_then_one_band() -> None:
    handwriting = load_rubric("handwritten-digits").criterion("handwriting")
    thresholds = [band.at_least for band in handwriting.bands]  # type: ignore[attr-defined]
    assert not any(Decimal("0.7") < threshold <= 1 for threshold in thresholds)


def test_load_rubric_when_name_is_nearly_right_then_nearest_is_suggested() -> None:
    with pytest.raises(GraderError) as caught:
        load_rubric("handwriten-digit")
    assert caught.value.slug == "rubric-not-found"
    assert caught.value.values["nearest"] == "handwritten-digits"


def test_load_rubric_when_path_does_not_exist_then_not_found(tmp_path: Path) -> None:
    with pytest.raises(GraderError) as caught:
        load_rubric(tmp_path / "none.toml")
    assert caught.value.slug == "rubric-not-found"


def test_load_rubric_when_path_is_a_folder_then_unreadable(tmp_path: Path) -> None:
    with pytest.raises(GraderError) as caught:
        load_rubric(tmp_path)
    assert caught.value.slug == "rubric-unreadable"


def test_load_rubric_when_name_holds_a_null_byte_then_unreadable() -> None:
    with pytest.raises(GraderError) as caught:
        load_rubric("a\0b")
    assert caught.value.slug == "rubric-unreadable"


@every(
    "content, line",
    [
        (b'format = 1\nid = "x\n', 2),
        (b"format = 1\nid = [1,\n", 3),
        (b'format = 1\n\nid = "\xff"\n', 3),
        (b"a = 1\na = 2", 2),
        (b"a = " + b"[" * 100_000, 1),
    ],
)
def test_parse_rubric_when_not_toml_then_line_is_named(content: bytes, line: int) -> None:
    with pytest.raises(GraderError) as caught:
        parse_rubric(content, file="small.toml")
    assert caught.value.slug == "rubric-not-toml"
    assert caught.value.values["line"] == line


def test_parse_rubric_when_saved_with_a_byte_order_mark_then_read() -> None:
    assert parse_rubric(b"\xef\xbb\xbf" + rubric_toml(GOOD).encode(), file="small.toml").id == "small"


def test_parse_rubric_when_points_have_decimals_then_exact() -> None:
    criterion = one("files", LINEAR, points=Decimal("0.3")).criteria[0]
    assert criterion.points == Decimal("0.3")


def test_parse_rubric_when_keys_are_unknown_then_all_at_once_with_the_nearest() -> None:
    found = problems(
        'kind = "report_evidence"\npoints = 1\npass_marc = 1',
        'kind = "test_accuracy"\npoints = 4\n' + BANDS.replace("at_least = 0.5", "at_leest = 0.5"),
        'kind = "files"\npoints = 1\nlinear = { zero_at = 0, full_at = 1, ful_at = 1 }',
        replace=("test_set_size", "test_set_digit"),
    )
    unknown = {p.values["key"]: p.values["nearest"] for p in found if p.slug == "rubric-unknown-key"}
    assert unknown == {
        "test_set_digit": "test_set_size",
        "criteria.1.pass_marc": "pass_mark",
        "criteria.2.bands.2.at_leest": "at_least",
        "criteria.3.linear.ful_at": "full_at",
    }
    missing = [p.values["key"] for p in found if p.slug == "rubric-missing-key"]
    assert missing == ["test_set_size", "criteria.2.bands.2.at_least"]
    assert len(found) == 6


def test_parse_rubric_when_unknown_key_is_in_a_layer_rule_then_nearest_of_that_table() -> None:
    rule = '{ any_off = ["Conv2D"], any_of = ["Conv2D"], at_least = 1 }'
    found = problems(f'kind = "architecture"\npoints = 1\nlayers = [{rule}]')
    assert [(p.slug, p.values["key"], p.values["nearest"]) for p in found] == [
        ("rubric-unknown-key", "criteria.1.layers.1.any_off", "any_of")
    ]


@every(
    "criterion, key, found, needed",
    [
        ('kind = "report_evidence"\npoints = "1"', "points", "1", "number"),
        ('kind = "report_evidence"\npoints = true', "points", "True", "number"),
        ('kind = "report_evidence"\npoints = nan', "points", "NaN", "number"),
        ('kind = "report_evidence"\npoints = -1', "points", "-1", "≥ 0"),
        ('kind = "report_evidence"\npoints = 1001', "points", "1001", "≤ 1000"),
        ('kind = "report_evidence"\npoints = 0.00001', "points", "0.00001", "n × 1e-3"),
        (
            'kind = "report_evidence"\npoints = 1\nvisible_to_students = 1',
            "visible_to_students",
            "1",
            "true | false",
        ),
        ('kind = "ambiguous_digits"\npoints = 0\nat_least = 1.5', "at_least", "1.5", "integer"),
        ('kind = "ambiguous_digits"\npoints = 0\nat_least = 0', "at_least", "0", "≥ 1"),
        ('kind = "files"\npoints = 1\nlinear = 3', "linear", "3", "table"),
        ('kind = "files"\npoints = 1\nbands = 3', "bands", "3", "array"),
        (
            'kind = "architecture"\npoints = 1\nlayers = [{any_of = [], at_least = 1}]',
            "layers.1.any_of",
            "[]",
            "≥ 1",
        ),
        (
            'kind = "architecture"\npoints = 1\nlayers = [{any_of = ["conv"], at_least = 1}]',
            "layers.1.any_of.1",
            "conv",
            "^[A-Z][A-Za-z0-9]{0,63}$",
        ),
    ],
)
def test_parse_rubric_when_value_is_bad_then_found_and_needed(
    criterion: str, key: str, found: str, needed: str
) -> None:
    [problem] = problems(criterion)
    assert problem.slug == "rubric-bad-value"
    assert problem.values["key"] == f"criteria.1.{key}"
    assert (problem.values["found"], problem.values["needed"]) == (found, needed)


def test_parse_rubric_when_text_lacks_a_language_then_missing_key() -> None:
    found = problems(GOOD, replace=('{ ko = "하세요.", en = "Do it." }', '{ ko = "하세요." }'))
    assert slugs_and_keys(found) == [("rubric-missing-key", "text.en")]


def test_parse_rubric_when_kind_is_unknown_then_nearest_kind() -> None:
    [problem] = problems('kind = "handwriting_acuracy"\npoints = 1')
    assert (problem.slug, problem.values["key"]) == ("rubric-unknown-kind", "criteria.1.kind")
    assert problem.values["nearest"] == "handwriting_accuracy"


def test_parse_rubric_when_kind_is_not_even_text_then_unknown_kind() -> None:
    [problem] = problems("kind = [1]\npoints = 1")
    assert problem.slug == "rubric-unknown-kind"


def test_parse_rubric_when_kind_is_missing_then_missing_key() -> None:
    assert slugs_and_keys(problems("points = 1")) == [("rubric-missing-key", "criteria.1.kind")]


def test_parse_rubric_when_format_is_newer_then_bad_value() -> None:
    found = problems(GOOD, replace=("format = 2", "format = 3"))
    assert slugs_and_keys(found) == [("rubric-bad-value", "format")]


@every("criteria", ["criteria = []", "criteria = 3", "criteria = [1]", ""])
def test_parse_rubric_when_there_are_no_criteria_then_said(criteria: str) -> None:
    content = rubric_toml() + ""
    with pytest.raises(GraderErrors) as caught:
        parse_rubric((criteria + content).encode(), file="small.toml")
    slug = "rubric-bad-value" if criteria else "rubric-missing-key"
    assert [problem.slug for problem in caught.value.problems] == [slug]


def test_parse_rubric_when_empty_then_every_key_is_missing() -> None:
    with pytest.raises(GraderErrors) as caught:
        parse_rubric(b"", file="small.toml")
    assert {problem.slug for problem in caught.value.problems} == {"rubric-missing-key"}
    assert len(caught.value.problems) == 10


def test_parse_rubric_when_points_do_not_add_up_then_both_sums() -> None:
    [problem] = problems(GOOD, GOOD, points="3")
    assert problem.slug == "rubric-points-sum"
    assert (problem.values["stated"], problem.values["found"]) == ("3", "2")


def test_parse_rubric_when_ids_repeat_then_said() -> None:
    found = problems(GOOD, GOOD, points="2", replace=('id = "c2"', 'id = "c1"'))
    assert slugs_and_keys(found) == [("rubric-repeated-name", "criteria.id")]


def test_parse_rubric_when_it_cannot_run_on_its_data_set_then_each_key_is_said() -> None:
    wrong = {
        'dataset = "mnist"': 'dataset = "mnist"\nclasses = ["a", "b"]\ninput_shape = [32, 32, 3]',
        '"lecture-mlp"]': '"fashion-cnn-small"]',
    }
    content = rubric_toml(GOOD)
    for old, new in wrong.items():
        content = content.replace(old, new)
    with pytest.raises(GraderErrors) as caught:
        parse_rubric(content.encode(), file="small.toml")
    assert slugs_and_keys(caught.value.problems) == [
        ("rubric-not-the-dataset", "classes"),
        ("rubric-not-the-dataset", "input_shape"),
        ("rubric-reference-of-another-dataset", "references"),
    ]
    for problem in caught.value.problems:
        for language in LANGUAGES:
            assert str(problem.values["key"]) in Texts(language).message(problem)
    with pytest.raises(GraderError) as unknown:
        parse_rubric(
            rubric_toml(GOOD).replace('dataset = "mnist"', 'dataset = "mnits"').encode(), file="small.toml"
        )
    assert (unknown.value.slug, unknown.value.values["nearest"]) == ("dataset-unknown", "mnist")
    with pytest.raises(GraderError) as old_format:
        parse_rubric(rubric_toml(GOOD).replace("format = 2", "format = 1").encode(), file="small.toml")
    assert old_format.value.slug == "rubric-format-1"


def test_parse_rubric_when_a_perturbation_changes_the_label_then_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upright_only = dataclasses.replace(MNIST, perturbations=("shift",))
    monkeypatch.setattr("grader.grading.rubric.find_dataset", lambda name: upright_only)
    found = problems('kind = "rotation"\npoints = 0', points="0")
    assert slugs_and_keys(found) == [("rubric-perturbation-not-allowed", "criteria.1.kind")]
    assert found[0].values["known"] == "shift"


def test_parse_rubric_when_referee_is_no_reference_then_bad_value() -> None:
    found = problems(GOOD, replace=('referee = "referee"', 'referee = "judge"'))
    assert slugs_and_keys(found) == [("rubric-bad-value", "referee")]


def test_parse_rubric_when_the_level_is_unknown_then_names_the_known_ones() -> None:
    found = problems(GOOD, replace=('level = "standard"', 'level = "thorough"'))
    assert slugs_and_keys(found) == [("rubric-bad-value", "robustness.level")]
    assert found[0].values["needed"] == "quick | standard | full"


def test_parse_rubric_when_the_grid_is_not_tried_then_says_at_which_level_it_is() -> None:
    (found,) = problems('kind = "grid"\npoints = 0\nmeasured_on = "test_set"', points="0")
    assert (found.values["found"], found.values["needed"]) == (
        "robustness.level = standard",
        "robustness.level = full",
    )


def test_parse_rubric_when_a_limit_lies_between_two_angles_then_names_those_that_are_tried() -> None:
    (found,) = problems(
        'kind = "rotation"\npoints = 0\nmeasured_on = "test_set"\nmax_angle_degrees = 12', points="0"
    )
    assert found.values["needed"] == "0 | 5 | 10 | 15 | 20 | 25 | 30"


def test_assignment_when_a_test_set_criterion_comes_first_then_the_zone_is_that_of_own_digits() -> None:
    test_set = f'kind = "rotation"\npoints = 1\nmeasured_on = "test_set"\nmax_angle_degrees = 20\n{LINEAR}'
    own = f'kind = "rotation"\npoints = 1\nmax_angle_degrees = 10\n{LINEAR}'
    assert make_rubric(test_set, own, points="2").assignment("small.toml").scored_angle_degrees == 10


def test_levels_when_listed_in_the_rubric_then_are_the_batteries() -> None:
    assert get_args(Robustness.model_fields["level"].annotation) == tuple(SUITES)


@every(
    "keys, slug, key",
    [
        (
            'kind = "files"\n' + LINEAR + "\nvisible_to_students = false",
            "rubric-hidden-points",
            "visible_to_students",
        ),
        ('kind = "files"\n' + LINEAR + "\n" + BANDS, "rubric-two-scales", None),
        ('kind = "files"', "rubric-no-scale", None),
        ('kind = "architecture"', "rubric-no-rule", None),
        ('kind = "files"\nlinear = { zero_at = 0.5, full_at = 0.5 }', "rubric-bad-value", "linear.full_at"),
        ('kind = "report_evidence"\npass_mark = 5', "rubric-bad-value", "pass_mark"),
        (
            'kind = "files"\n' + BANDS.replace("points = 4", "points = 3"),
            "rubric-bad-value",
            "bands.1.points",
        ),
        ('kind = "files"\n' + BANDS.replace("2.5", "4.5"), "rubric-bad-value", "bands.2.points"),
        ('kind = "files"\n' + BANDS.replace("2.5", "2.55"), "rubric-bad-value", "bands.2.points"),
        ('kind = "files"\n' + BANDS.replace("0.5", "0.9"), "rubric-bad-value", "bands.2.at_least"),
        ('kind = "rotation"\nmax_angle_degrees = 95\n' + LINEAR, "rubric-bad-value", "max_angle_degrees"),
        ('kind = "shift"\nmax_shift_pixels = 7\n' + LINEAR, "rubric-bad-value", "max_shift_pixels"),
        (
            'kind = "rotation"\nmeasured_on = "test_set"\nmax_angle_degrees = 35\n' + LINEAR,
            "rubric-bad-value",
            "max_angle_degrees",
        ),
        ('kind = "rotation"\nmax_angle_degrees = 9\n' + LINEAR, "rubric-bad-value", "max_angle_degrees"),
        ('kind = "grid"\nmeasured_on = "test_set"\n' + LINEAR, "rubric-bad-value", "kind"),
        (
            'kind = "architecture"\nparameters_at_least = 9\nparameters_at_most = 8',
            "rubric-bad-value",
            "parameters_at_most",
        ),
    ],
)
def test_parse_rubric_when_fields_contradict_then_said(keys: str, slug: str, key: str | None) -> None:
    found = problems(f"points = 4\n{keys}", points="4")
    assert slugs_and_keys(found) == [(slug, f"criteria.1.{key}" if key else "criteria.1")]


def test_parse_rubric_when_manual_has_no_points_then_bad_value() -> None:
    found = problems('kind = "manual"\npoints = 0', GOOD)
    assert slugs_and_keys(found) == [("rubric-bad-value", "criteria.1.points")]


def test_parse_rubric_when_several_fields_contradict_then_all_at_once() -> None:
    found = problems(
        'kind = "files"\npoints = 4\nvisible_to_students = false\npass_mark = 5\n' + LINEAR + "\n" + BANDS,
        'kind = "rotation"\npoints = 0.25\nmax_angle_degrees = 95',
        points="9",
    )
    assert sorted(problem.slug for problem in found) == [
        "rubric-bad-value",
        "rubric-bad-value",
        "rubric-bad-value",
        "rubric-hidden-points",
        "rubric-no-scale",
        "rubric-points-sum",
        "rubric-two-scales",
    ]


def test_measurement_settings_when_shipped_rubric_then_the_agreed_grid() -> None:
    settings = measurement_settings(load_rubric("handwritten-digits"), 60.0)
    assert settings == SETTINGS
    assert settings.level == "standard"
    assert len(SUITES[settings.level].own["rotation"]) == 37
    assert len(SUITES[settings.level].own["shift"]) == 169
    assert len(SUITES[settings.level].own["grid"]) == 125
    assert len(SUITES["full"].own["grid"]) == 775


@every(
    "old, new, needed",
    [
        ("points_step = 0.1", "points_step = 0", "> 0"),
    ],
)
def test_parse_rubric_when_a_grid_would_be_endless_then_bad_value(old: str, new: str, needed: str) -> None:
    [problem] = problems(GOOD, replace=(old, new))
    assert (problem.slug, problem.values["needed"]) == ("rubric-bad-value", needed)


def test_require_same_settings_when_only_the_time_limit_differs_then_fine() -> None:
    settings = dataclasses.replace(SETTINGS, limit_seconds=1.0)
    require_same_settings(make_rubric(GOOD), make_evidence(settings=settings))


def test_require_same_settings_when_grid_differs_then_the_settings_are_named() -> None:
    settings = dataclasses.replace(SETTINGS, level="quick", test_set_size=10)
    with pytest.raises(GraderError) as caught:
        require_same_settings(make_rubric(GOOD), make_evidence(settings=settings))
    assert caught.value.slug == "evidence-other-settings"
    assert caught.value.values["settings"] == "level, test_set_size"


def test_criterion_when_unknown_then_key_error() -> None:
    with pytest.raises(KeyError):
        make_rubric(GOOD).criterion("none")
