"""Both languages say the same things, and say them well; every text is used, every message documented."""

import ast
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

import grader
from grader.analysis.readings import Verdict
from grader.core.finding import Finding, Reason, Severity
from grader.core.grade import CriterionStatus, SubmissionStatus
from grader.core.submission import Role
from grader.errors import GraderError
from grader.models.facts import LAYER_KINDS, Repair
from grader.report.network import BRANCHING, UNDRAWN
from grader.texts.catalog import LANGUAGES, Texts, add_texts, entries, messages, placeholders, plain, safe

ROOT = Path(__file__).parents[2]
PACKAGE = Path(grader.__file__).parent
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
EVERYTHING = "\n".join(
    [*SOURCES.values(), *(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.j2")))]
)
COUNTERS = "개번건점초"
"""Korean counting words that may stand right after a number; any other syllable there would be a particle."""
PARTICLES = re.compile(r"\{\w+\}(은|는|이|가|을|를|과|와|로|으로|이라|라)(?![가-힣])")


def slugs_in_source() -> set[str]:
    """Slugs given to GraderError, Finding and Reason as plain strings."""
    found = set()
    for source in SOURCES.values():
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [keyword.value for keyword in node.keywords if keyword.arg == "slug"]
            given += node.args[:1] if name == "GraderError" else []
            found |= {
                each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
    return found


@pytest.fixture
def own_texts() -> Iterator[None]:
    """Forget what a test added."""
    yield
    entries.cache_clear()


def test_languages_when_compared_then_same_keys_in_the_same_order_and_same_placeholders() -> None:
    korean, english = entries("ko"), entries("en")
    assert list(korean) == list(english)
    for key, text in english.items():
        assert placeholders(korean[key]) == placeholders(text), key


def test_texts_then_none_is_empty_and_each_is_in_its_language() -> None:
    for language in LANGUAGES:
        assert [key for key, text in entries(language).items() if not text.strip()] == []
    assert [key for key, text in entries("en").items() if re.search("[가-힣]", text)] == []
    for path in (PACKAGE / "report" / "assets").iterdir():
        assert not re.search("[가-힣]", path.read_text(encoding="utf-8")), path.name


def test_korean_when_a_placeholder_stands_in_it_then_no_particle_follows() -> None:
    for key, text in entries("ko").items():
        assert not PARTICLES.search(text), f"{key}: {text}"
        if not key.removeprefix("plain.").startswith(("message.", "terminal.")):
            for following in re.findall(r"\}([가-힣])", text):
                assert following in COUNTERS, f"{key}: {text}"


def test_plain_texts_then_each_stands_for_another_with_the_same_placeholders() -> None:
    for language in LANGUAGES:
        known = entries(language)
        for key, text in known.items():
            if key.startswith("plain."):
                assert placeholders(text) == placeholders(known[key.removeprefix("plain.")]), key
        assert Texts(language, preparation="plain")("section.digits") == known["plain.section.digits"]
        assert Texts(language)("section.digits") == known["section.digits"]


def test_keys_then_each_is_used_somewhere() -> None:
    computed = re.findall(r"f[\"']([a-z_.]+\.)\{", EVERYTHING) + re.findall(
        r"t\('([a-z_.]+\.)' ~", EVERYTHING
    )
    computed = [prefix for prefix in computed if prefix != "message."]
    special = {key for key in entries("en") if key.startswith("plain.")}
    for key in entries("en").keys() - special:
        name = key.split(".")[1] if key.startswith("message.") else re.sub(r"\.(one|other)$", "", key)
        is_written = any(f"{quote}{each}{quote}" in EVERYTHING for each in (key, name) for quote in "'\"")
        assert is_written or any(key.startswith(prefix) for prefix in computed), key


def test_slug_when_raised_anywhere_then_has_a_message() -> None:
    assert slugs_in_source() - set(messages("en")) == set()


def test_states_then_each_has_words() -> None:
    known = Texts("en")
    for status in SubmissionStatus:
        assert f"status.{status}" in known
        assert f"terminal.status.{status}" in known
        assert status is SubmissionStatus.GRADED or f"status.means.{status}" in known
    for criterion in CriterionStatus:
        assert criterion is CriterionStatus.GRADED or f"item.{criterion}" in known
    for verdict in Verdict:
        assert f"verdict.short.{verdict}" in known
    for role in Role:
        assert f"role.{role}" in known


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


def test_message_when_told_then_names_values_remedy_and_slug() -> None:
    values = {"found": 11, "needed": 10}
    finding = Finding(
        slug="model-output-size", severity=Severity.REFUSED, file="a/model.keras", values=values
    )
    for language in LANGUAGES:
        said = Texts(language)
        assert "11" in said.told(finding)
        assert "a/model.keras" in said.told(finding)
        assert said.remedy(finding) not in said.told(finding)
        assert said.advice(finding) == f"{said.told(finding)} {said.remedy(finding)}"
        assert said.message(finding) == f"{said.advice(finding)} [model-output-size]"
        same = (
            Reason(slug=finding.slug, values=finding.named),
            GraderError(finding.slug, file="a/model.keras", **values),
        )
        assert {said.message(each) for each in same} == {said.message(finding)}


def test_texts_when_the_language_is_unknown_then_refused() -> None:
    with pytest.raises(ValueError, match="'de'"):
        Texts("de")


def test_added_texts_when_both_languages_have_them_then_said(own_texts: None) -> None:
    message = {"message": {"ink-smeared": {"text": "{file}: {n} smears.", "remedy": "Let it dry."}}}
    add_texts(
        {
            "en": {"perturbation": {"smear": {"one": "{n} smear", "other": "{n} smears"}}} | message,
            "ko": {"perturbation.smear.one": "번짐 {n}개", "perturbation.smear.other": "번짐 {n}개"}
            | message,
        }
    )
    assert Texts("en").plural("perturbation.smear", 1) == "1 smear"
    assert Texts("en").plural("perturbation.smear", 2) == "2 smears"
    assert Texts("ko").plural("perturbation.smear", 2) == "번짐 2개"
    smeared = Finding(slug="ink-smeared", severity=Severity.INFO, file="\u202e3.png", values={"n": 2})
    assert Texts("en").message(smeared) == "\u202e3.png: 2 smears. Let it dry. [ink-smeared]"
    assert Texts("en", show=plain).told(smeared) == "⟨U+202E⟩3.png: 2 smears."


def test_added_texts_when_a_key_exists_then_refused_and_nothing_was_added(own_texts: None) -> None:
    new = {"perturbation": {"smear": "x"}, "terminal": {"total": "Sum"}}
    with pytest.raises(GraderError) as caught:
        add_texts({"en": new, "ko": new})
    assert (caught.value.slug, caught.value.values["name"]) == ("name-taken", "terminal.total")
    for language in LANGUAGES:
        assert "perturbation.smear" not in Texts(language)


def test_added_texts_when_languages_differ_then_refused() -> None:
    for korean in ({}, {"smear": "번짐 {m}"}, {"smear": "번짐 {n}", "more": "더"}):
        with pytest.raises(ValueError, match=r"smear|more"):
            add_texts({"en": {"smear": "smear {n}"}, "ko": korean})


def test_hidden_characters_when_shown_then_on_pages_and_terminals_the_same_ones() -> None:
    for code in range(0x10000):
        letter = chr(code)
        is_hidden = unicodedata.category(letter) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
        assert plain(letter) == (f"⟨U+{code:04X}⟩" if is_hidden else letter)
        assert safe(letter) == (f"\\u{code:04x}" if is_hidden else letter)


def test_generated_pages_when_written_again_then_nothing_changes() -> None:
    """`docs/messages.md` and `docs/commands.md` are made from the source."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
