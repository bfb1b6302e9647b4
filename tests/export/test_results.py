import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import grader
from grader.core.count import Estimate
from grader.core.evidence import STUDENT, FirstFailure
from grader.core.perturbed import SCORED, Zone
from grader.export.results import results_document, results_schema, results_text
from grader.export.robustness import estimate_of, image_numbers, subject_numbers
from tests.builders import make_evidence
from tests.export.objects import ASSIGNMENT, RUN, broken_grade, evidence, grade


def document(language: str = "en", seconds: float = 1.25) -> dict[str, Any]:
    return results_document(
        RUN, ASSIGNMENT, [broken_grade(), grade()], {"kim": evidence(seconds=seconds)}, language
    )


@pytest.mark.parametrize("language", ["en", "ko"])
def test_results_when_made_then_they_follow_the_schema(language: str) -> None:
    jsonschema.Draft202012Validator.check_schema(results_schema())
    jsonschema.Draft202012Validator(results_schema()).validate(json.loads(results_text(document(language))))


def test_results_when_a_key_is_missing_or_new_then_the_schema_refuses_them() -> None:
    validator = jsonschema.Draft202012Validator(results_schema())
    lacking = document()
    del lacking["submissions"][0]["status"]
    extra = document()
    extra["submissions"][0]["color"] = "red"
    assert not validator.is_valid(lacking)
    assert not validator.is_valid(extra)


def test_results_when_there_are_several_submissions_then_they_are_in_order_of_ids() -> None:
    found = document()
    assert found["schema"] == 1
    assert [submission["id"] for submission in found["submissions"]] == ["kim", "lee"]
    assert found["assignment"] == {"id": "handwritten-digits", "title": "Handwritten digits"}


def test_results_when_points_are_decimals_then_they_are_json_numbers_or_null() -> None:
    kim, lee = document()["submissions"]
    assert (kim["points"], kim["points_possible"], kim["points_open"]) == (7.1, 20, 2.5)
    assert '"points": 7.1,' in results_text(document())
    assert [criterion["points"] for criterion in kim["criteria"]] == [7.1, None]
    assert (lee["status"], lee["points"]) == ("could_not_grade", None)


def test_results_when_pictures_are_read_then_prediction_and_rounded_confidence() -> None:
    read, unread, ambiguous = document()["submissions"][0]["images"]
    assert read == {
        "file": "3.png",
        "group": "picture",
        "label": 3,
        "student": {"prediction": 8, "confidence": 0.9124},
        "reference": {
            "lecture-cnn-small": {"prediction": 3, "confidence": 0.5},
            "referee": {"prediction": 3, "confidence": 1.0},
        },
        "robustness": {
            "angles_degrees": None,
            "shift_pixels": None,
            "cells": {"correct": 1, "total": 2},
            "first_failure": None,
        },
        "diagnosis": {
            "verdict": "model",
            "repairs": ["cleaning", "thicker"],
            "competitor": 8,
            "margin": -0.9026,
            "variants_tried": 33,
        },
    }
    assert (unread["diagnosis"], ambiguous["diagnosis"]) == (None, None)
    assert unread["student"] == {"prediction": None, "confidence": None}
    assert unread["reference"]["referee"] == {"prediction": None, "confidence": None}
    assert (ambiguous["group"], ambiguous["label"], ambiguous["student"]["prediction"]) == (
        "ambiguous",
        None,
        1,
    )


def test_results_when_robustness_was_measured_then_counts_by_place() -> None:
    student = document()["submissions"][0]["robustness"]["student"]
    assert student["rotation"] == {
        "status": "measured",
        "reason": None,
        "at": [[-5], [0], [7.5]],
        "correct": [1, 0, 0],
        "total": [1, 1, 1],
    }
    assert (student["rotation_readable"]["correct"], student["rotation_readable"]["total"]) == (
        [1, 0, 0],
        [1, 1, 0],
    )
    assert (student["shift"]["status"], student["shift"]["at"]) == ("not_applicable", [])


def test_results_when_digits_were_perturbed_then_numbers_and_how_far_each_goes() -> None:
    # Lost beyond 10 degrees: of the scored angles five trapezoids of 5 degrees in 60; the grid has 9 of 27 cells at 0.
    lost = {STUDENT: lambda at, read: read if abs(at[0]) <= 10 else [(r + 1) % 10 for r in read]}
    turned = {STUDENT: lambda angle, read: lost[STUDENT]((angle,), read)}
    made = make_evidence(rotated=turned, gridded=lost)
    failure = FirstFailure(
        row=2, perturbation="rotation", at=(15.0,), prediction=3, image=np.zeros((28, 28), np.uint8)
    )
    held_up = subject_numbers(made, STUDENT, SCORED)["own"]
    assert held_up["clean"] == {"correct": 10, "total": 10}
    assert (held_up["rotation"]["value"], held_up["rotation"]["n"]) == (round(25 / 60, 4), 10)
    assert (held_up["grid"]["value"], held_up["worst"]) == (round(1 / 3, 4), {"correct": 0, "total": 10})
    less = subject_numbers(made, STUDENT, SCORED)["less_reference"]["lecture-mlp"]
    assert less["rotation"]["value"] == round(25 / 60 - 1, 4)
    assert subject_numbers(made, "referee", SCORED).keys() == {"own", "test_set"}
    images = image_numbers(dataclasses.replace(made, first_failures=(failure,)), SCORED)
    assert images[2] == {
        "angles_degrees": [-10, 10],
        "shift_pixels": 6,
        "cells": {"correct": 5 + 49 + 9, "total": 13 + 49 + 27},
        "first_failure": {"perturbation": "rotation", "at": [15], "prediction": 3},
    }
    assert images[1]["first_failure"] is None
    narrow = Zone(angle_degrees=10, shift_pixels=3)
    assert subject_numbers(made, STUDENT, narrow)["own"]["rotation"]["value"] == 1
    assert image_numbers(made, narrow)[2]["cells"] == {"correct": 5 + 49 + 9, "total": 5 + 49 + 9}


@pytest.mark.parametrize(
    ("share", "told"),
    [(1.0, 1.0), (0.99999, 0.9999), (0.0, 0.0), (0.00001, 0.0001), (-0.99999, -0.9999), (-1.0, -1.0)],
)
def test_estimate_when_nearly_whole_then_is_not_rounded_to_it(share: float, told: float) -> None:
    found = estimate_of(Estimate(value=share, low=min(share, 0), high=max(share, 0), n=10))
    assert found is not None
    assert found["value"] == told


def test_results_when_a_model_ran_then_its_facts_and_the_share_of_all_test_images() -> None:
    model = document()["submissions"][0]["model"]
    assert model == {
        "file": "model.keras",
        "format": "hdf5",
        "keras_version": "2.2.4",
        "repairs": ["input_layer"],
        "parameters": 50186,
        "resembles": "lecture-cnn-small",
        "resembles_exactly": True,
        "outputs": "logits",
        "label_order": [1, 2, 0],
        "convention": "unit-white-on-black",
        "test_set_accuracy": 0.9212,  # 187 of 203
    }


def test_results_when_nothing_was_measured_then_lists_are_empty_and_numbers_null() -> None:
    lee = document()["submissions"][1]
    assert (lee["images"], lee["findings"], lee["robustness"], lee["model"], lee["seconds"]) == (
        [],
        [],
        {},
        None,
        None,
    )


def test_results_when_language_changes_then_only_texts_do() -> None:
    korean = document("ko")["submissions"][0]
    assert korean["findings"][0]["detail"].startswith("파일이 25 MB보다")
    assert korean["findings"][0]["slug"] == "file-too-large"
    assert document("ko")["assignment"]["title"] == "손글씨 숫자"


def test_results_when_times_differ_then_only_seconds_do() -> None:
    one, other = document(seconds=1.25), document(seconds=9)
    assert (one["submissions"][0].pop("seconds"), other["submissions"][0].pop("seconds")) == (1.75, 9.5)
    assert results_text(one) == results_text(other)


def test_results_text_when_a_number_is_not_finite_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        results_text({"points": math.nan})


def _keys(schema: object) -> set[str]:
    if isinstance(schema, dict):
        own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
        return own.union(*(_keys(value) for value in schema.values()))
    if isinstance(schema, list):
        return set().union(*(_keys(value) for value in schema))
    return set()


def test_results_format_when_a_key_is_in_the_schema_then_it_is_documented() -> None:
    page = (Path(grader.__file__).parent.parent / "docs" / "results-format.md").read_text(encoding="utf-8")
    keys = _keys(results_schema())
    assert {"submissions", "test_set_accuracy", "rotation_readable", "at"} <= keys
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


def test_results_format_when_a_status_is_possible_then_it_is_documented() -> None:
    page = (Path(grader.__file__).parent.parent / "docs" / "results-format.md").read_text(encoding="utf-8")
    text = json.dumps(results_schema())
    for name in (
        "graded",
        "not_submitted",
        "could_not_grade",
        "not_measured",
        "suspicious",
        "not_applicable",
    ):
        assert name in text
        assert f"`{name}`" in page
