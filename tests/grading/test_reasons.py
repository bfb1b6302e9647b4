"""Every reason can be told in both languages, and every message for a reason is used."""

import dataclasses
import re
from collections.abc import Iterator

import numpy as np

from grader.core.evidence import STUDENT, Evidence
from grader.core.finding import Finding, Reason, Severity
from grader.core.submission import Role
from grader.grading.criteria.base import CRITERIA
from grader.grading.rubric import parse_rubric
from grader.grading.score import grade
from grader.texts.catalog import LANGUAGES, messages, placeholders
from tests.builders import make_evidence, make_file, make_model
from tests.grading.rubrics import BANDS, LINEAR, rubric_toml
from tests.loops import every

KEYS = {
    "architecture": 'layers = [{ any_of = ["Conv2D"], at_least = 2 }]',
    "ambiguous_digits": f"at_least = 2\n{LINEAR}",
    "handwriting_accuracy": BANDS,
    "manual": "",
    "model_loads": "",
    "report_evidence": "",
}

VARIANTS = [
    ("rotation", 'measured_on = "test_set"'),
    ("shift", 'measured_on = "test_set"'),
    ("grid", 'measured_on = "test_set"'),
    ("grid", 'judged_by = "worst"'),
    ("grid", 'judged_by = "worst"\nmeasured_on = "test_set"'),
]
"""Kinds once more, with a reason of their own."""


def evidences() -> Iterator[Evidence]:
    yield make_evidence(ambiguous_labels=[3])
    yield make_evidence(labels=[0, 1, 2], reports=[])
    yield make_evidence(labels=[*range(10), 7], referee_predictions=[6, 1, 2, 3, 4, 5, 6, 7, 8, 9, 7])
    yield make_evidence(referee_predictions=[1, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    yield make_evidence(labels=[], model=None, reports=[])
    yield make_evidence(labels=[], unreadable=["a.png"])
    yield make_evidence(model=make_model(loaded=False))
    yield make_evidence(model=make_model(kinds=["Dense"]))
    yield make_evidence(model=make_model(kinds=["other"]))
    yield make_evidence(model=make_model(kinds=()))
    yield make_evidence(
        model=None,
        files=[
            make_file("m.onnx", Role.MODEL),
            make_file("r.md", Role.REPORT, size_bytes=0),
        ],
    )
    refused = Finding(slug="file-too-large", severity=Severity.REFUSED, file="big.bin")
    yield make_evidence(model=None, findings=[refused])
    yield make_evidence(labels=[], model=None, reports=[], findings=[refused])
    yield make_evidence(failure="sandbox-lost")
    yield dataclasses.replace(make_evidence(), test_labels=np.zeros(0, np.int8))
    silent = make_evidence()
    others = {who: subject for who, subject in silent.subjects.items() if who != STUDENT}
    yield dataclasses.replace(silent, subjects=others)


def reasons() -> Iterator[Reason]:
    for points in (4, 0):
        kinds = [(kind, "") for kind in CRITERIA.names if points or kind != "manual"] + VARIANTS
        toml = rubric_toml(
            *(f'kind = "{kind}"\npoints = {points}\n{more}\n{keys(kind, points)}' for kind, more in kinds),
            points=str(points * len(kinds)),
        )
        rubric = parse_rubric(toml.replace('"standard"', '"full"').encode(), file="all.toml")
        for made in evidences():
            settings = dataclasses.replace(made.settings, level="full")
            evidence = dataclasses.replace(made, settings=settings, test_set=made.own)
            for criterion in grade(rubric, evidence).criteria:
                yield criterion.reason


def keys(kind: str, points: int) -> str:
    if points:
        return KEYS.get(kind, LINEAR)
    return KEYS.get(kind, "").replace(BANDS, "").replace(LINEAR, "")


REASONS = list(reasons())


@every("language", LANGUAGES)
def test_reasons_when_told_then_every_placeholder_has_a_value(language: str) -> None:
    catalog = messages(language)
    for reason in REASONS:
        for template in catalog[reason.slug].values():
            assert placeholders(template) <= set(reason.values), reason


def test_reasons_when_all_kinds_meet_all_evidence_then_every_message_is_used() -> None:
    known = {slug for slug in messages("en") if slug.startswith("reason-")}
    assert {reason.slug for reason in REASONS} >= known


def test_messages_when_compared_then_both_languages_say_the_same_things() -> None:
    korean, english = messages("ko"), messages("en")
    assert korean.keys() == english.keys()
    for slug, entry in english.items():
        assert entry.keys() == korean[slug].keys(), slug
        for part, template in entry.items():
            assert placeholders(template) == placeholders(korean[slug][part]), slug


def test_messages_when_korean_then_no_particle_follows_a_placeholder() -> None:
    particle = re.compile(r"\}\"?(은|는|이|가|을|를|와|과|으로|로|에)(?![가-힣])")
    for slug, entry in messages("ko").items():
        for template in entry.values():
            assert not particle.search(template), slug
