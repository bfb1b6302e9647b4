"""Both languages say the same things, and say them well."""

import re
from pathlib import Path

import pytest

from grader.analysis.readings import Verdict
from grader.core.grade import CriterionStatus, SubmissionStatus
from grader.core.submission import Role
from grader.messages.catalog import placeholders
from grader.models.facts import LAYER_KINDS, Repair
from grader.report.network import BRANCHING, UNDRAWN
from grader.report.words import LOCALES, entries

ROOM = LOCALES.parent
COUNTERS = "개번건점초"
"""Korean counting words that may stand right after a number; any other syllable there would be a particle."""


def test_locales_then_same_keys_and_same_placeholders() -> None:
    korean, english = entries("ko"), entries("en")
    assert korean.keys() == english.keys()
    for key, text in korean.items():
        assert placeholders(text) == placeholders(english[key]), key


@pytest.mark.parametrize("language", ["ko", "en"])
def test_locales_then_no_text_is_empty(language: str) -> None:
    assert [key for key, text in entries(language).items() if not text.strip()] == []


def test_korean_then_no_particle_after_a_placeholder() -> None:
    for key, text in entries("ko").items():
        for following in re.findall(r"\}([가-힣])", text):
            assert following in COUNTERS, f"{key}: {text}"


def test_english_then_no_hangul() -> None:
    assert [key for key, text in entries("en").items() if re.search("[가-힣]", text)] == []


def test_keys_then_each_is_used_somewhere() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in [*ROOM.rglob("*.py"), *(ROOM / "templates").glob("*.j2")]
    )
    computed = re.findall(r"f[\"']([a-z_.]+\.)\{", sources) + re.findall(r"t\('([a-z_.]+\.)' ~", sources)
    for key in entries("en"):
        whole = (
            key.removesuffix(".one").removesuffix(".other")
            if f"{key.rpartition('.')[0]}.one" in entries("en")
            else key
        )
        assert (
            f'"{whole}"' in sources or f"'{whole}'" in sources or any(whole.startswith(c) for c in computed)
        ), key


def test_states_then_each_has_words() -> None:
    known = entries("en")
    for status in SubmissionStatus:
        assert f"status.{status}" in known
        assert status is SubmissionStatus.GRADED or f"status.means.{status}" in known
    for criterion in CriterionStatus:
        assert criterion is CriterionStatus.GRADED or f"item.{criterion}" in known
    for verdict in Verdict:
        assert f"verdict.short.{verdict}" in known
    for role in Role:
        assert f"role.{role}" in known


def test_assets_then_hold_no_text_of_their_own() -> None:
    for path in Path(ROOM / "assets").iterdir():
        assert not re.search("[가-힣]", path.read_text(encoding="utf-8")), path.name


def test_facts_of_models_then_each_has_words() -> None:
    known = entries("en")
    for repair in Repair:
        assert f"model.repair.{str(repair.name).lower().replace('_', '-')}" in known
    for kind in ("keras", "hdf5", "saved-model", "tflite", "onnx", "unknown"):
        assert f"model.formats.{kind}" in known
    for key in known:
        if key.startswith("model.layer."):
            assert key.removeprefix("model.layer.") in LAYER_KINDS


def test_layers_left_out_of_the_drawing_then_kinds_that_can_be_named() -> None:
    assert set(LAYER_KINDS) >= UNDRAWN | BRANCHING
