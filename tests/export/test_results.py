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
from grader.core.evidence import STUDENT, Evidence, FirstFailure
from grader.core.perturbed import SCORED, Zone
from grader.export.base import EXPORTERS, Exporter, GradedRun
from grader.export.results import results_document, results_schema, results_text
from grader.export.robustness import number_document
from grader.registry import Registry
from tests.builders import make_evidence
from tests.export.objects import ASSIGNMENT, RUN, broken_grade, evidence, grade
from tests.loops import every


def document(language: str = "en", seconds: float = 1.25) -> dict[str, Any]:
    return results_document(graded(language, seconds))


def graded(language: str = "en", seconds: float = 1.25) -> GradedRun:
    return GradedRun(
        run=RUN,
        assignment=ASSIGNMENT,
        grades=[broken_grade(), grade()],
        evidences={"kim": evidence(seconds=seconds)},
        language=language,
    )


def measured_document(made: Evidence, zone: Zone = SCORED) -> dict[str, Any]:
    """Return the document of one submission."""
    info = dataclasses.replace(
        ASSIGNMENT, scored_angle_degrees=zone.angle_degrees, scored_shift_pixels=int(zone.shift_pixels)
    )
    graded = GradedRun(
        run=RUN,
        assignment=info,
        grades=[grade(made.submission_id)],
        evidences={made.submission_id: made},
        language="en",
    )
    return results_document(graded)


@every("language", ["en", "ko"])
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
    assert found["schema"] == 2
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
            "cause": "model",
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


def test_results_when_digits_were_perturbed_then_numbers_and_how_far_each_goes() -> None:
    # Lost beyond 10 degrees: of the scored angles five trapezoids of 5 degrees in 60; the grid has 9 of 27 cells at 0.
    lost = {STUDENT: lambda at, read: read if abs(at[0]) <= 10 else [(r + 1) % 10 for r in read]}
    turned = {STUDENT: lambda angle, read: lost[STUDENT]((angle,), read)}
    made = make_evidence(rotated=turned, gridded=lost)
    failure = FirstFailure(
        row=2, perturbation="rotation", at=(15.0,), prediction=3, image=np.zeros((28, 28), np.uint8)
    )
    made = dataclasses.replace(made, first_failures=(failure,))
    found = measured_document(made)
    jsonschema.Draft202012Validator(results_schema()).validate(json.loads(results_text(found)))
    own = found["submissions"][0]["robustness"]["own"]
    numbers = {row: by_network["student"] for row, by_network in own["numbers"].items()}
    assert (own["digits"], numbers["clean"]) == (10, {"correct": 10, "total": 10})
    assert (numbers["rotation"]["value"], numbers["rotation"]["n"]) == (round(25 / 60, 4), 10)
    assert (numbers["grid"]["value"], numbers["grid worst"]) == (round(1 / 3, 4), {"correct": 0, "total": 10})
    assert own["less_reference"]["rotation"]["lecture-mlp"]["value"] == round(25 / 60 - 1, 4)
    images = {image["file"]: image["robustness"] for image in found["submissions"][0]["images"]}
    files = {picture.index: picture.file for picture in made.images.pictures}
    assert images[files[2]] == {
        "angles_degrees": [-10, 10],
        "shift_pixels": 6,
        "cells": {"correct": 5 + 49 + 9, "total": 13 + 49 + 27},
        "first_failure": {"perturbation": "rotation", "at": [15], "prediction": 3},
    }
    assert images[files[1]]["first_failure"] is None
    narrow = measured_document(made, Zone(angle_degrees=10, shift_pixels=3))["submissions"][0]
    assert narrow["robustness"]["own"]["numbers"]["rotation"]["student"]["value"] == 1
    assert narrow["images"][2]["robustness"]["cells"] == {"correct": 5 + 49 + 9, "total": 5 + 49 + 9}


def test_results_when_digits_were_perturbed_then_parameters_and_references_are_told_once() -> None:
    lost = {STUDENT: lambda angle, read: read if abs(angle) <= 10 else [(r + 1) % 10 for r in read]}
    found = measured_document(make_evidence(rotated=lost))
    shared, own = found["robustness"], found["submissions"][0]["robustness"]["own"]
    angles = [at[0] for at in shared["parameter_sets"]["own"]["rotation"]]
    assert own["counts"].keys() == {STUDENT}
    assert own["counts"][STUDENT]["rotation"] == {
        "correct": [10 if abs(angle) <= 10 else 0 for angle in angles],
        "valid_correct": [10 if abs(angle) <= 10 else 0 for angle in angles],
    }
    assert own["valid"]["rotation"] == [10] * len(angles)
    assert own["numbers"].keys() <= shared["rows"].keys()
    assert shared["rows"]["rotation"] == {"kind": "mean", "perturbation": "rotation", "zone": [30]}
    lines = results_text(found).splitlines()
    for name in ("rotation", "shift"):
        assert sum(f'"{name}": [[' in line and line.rstrip(",").endswith("]]") for line in lines) >= 1


def test_results_when_a_criterion_is_hidden_then_marked() -> None:
    made = make_evidence()
    shown, hidden = grade().criteria
    seen = dataclasses.replace(
        grade(made.submission_id),
        criteria=(shown, dataclasses.replace(hidden, is_visible_to_students=False)),
    )
    run = dataclasses.replace(graded(), grades=[seen], evidences={})
    criteria = results_document(run)["submissions"][0]["criteria"]
    assert [each["visible_to_students"] for each in criteria] == [True, False]


def test_exporters_then_each_fills_its_own_file_and_a_new_one_needs_only_its_name() -> None:
    assert {name: EXPORTERS.get(name).file for name in EXPORTERS.names} == {
        "results": "results.json",
        "grades": "grades.csv",
    }
    mine: Registry[Exporter] = Registry("exporters-of-a-test")
    mine.add("names", Exporter(name="names", file="names.txt", write=lambda run: run.grades[0].name.encode()))
    assert mine.get("names").write(graded()) == b"lee"
    assert json.loads(EXPORTERS.get("results").write(graded())) == json.loads(results_text(document()))


@every(
    "share, told",
    [(1.0, 1.0), (0.99999, 0.9999), (0.0, 0.0), (0.00001, 0.0001), (-0.99999, -0.9999), (-1.0, -1.0)],
)
def test_estimate_when_nearly_whole_then_is_not_rounded_to_it(share: float, told: float) -> None:
    found = number_document(Estimate(value=share, low=min(share, 0), high=max(share, 0), n=10))
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
        None,
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
    assert {"submissions", "test_set_accuracy", "parameter_sets", "at"} <= keys
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
    ):
        assert name in text
        assert f"`{name}`" in page
