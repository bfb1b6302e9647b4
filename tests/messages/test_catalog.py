"""Every slug exists in both languages with the same placeholders, is used somewhere, and is documented."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.messages.catalog import LANGUAGES, catalog, message, placeholders

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "grader").rglob("*.py"))
PARTICLES = re.compile(r"\{\w+\}(은|는|이|가|을|를|과|와|로|으로|이라|라)(?![가-힣])")


def slugs_in_source() -> set[str]:
    """Slugs given to GraderError, Finding and Reason as plain strings."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [keyword.value for keyword in node.keywords if keyword.arg == "slug"]
            given += node.args[:1] if name == "GraderError" else []
            found |= {
                each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
    return found


def test_catalogs_when_compared_then_have_the_same_slugs_and_placeholders() -> None:
    korean, english = catalog("ko"), catalog("en")
    assert list(korean) == list(english)
    for slug in english:
        assert set(korean[slug]) == set(english[slug]), slug
        for part in english[slug]:
            assert placeholders(korean[slug][part]) == placeholders(english[slug][part]), slug


def test_slug_when_raised_anywhere_then_is_in_the_catalog() -> None:
    assert slugs_in_source() - set(catalog("en")) == set()


def test_slug_when_in_the_catalog_then_something_can_say_it() -> None:
    everything = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert [slug for slug in catalog("en") if f'"{slug}"' not in everything] == []


@pytest.mark.parametrize("slug", list(catalog("en")))
def test_korean_when_a_placeholder_stands_in_it_then_no_particle_follows(slug: str) -> None:
    assert not [text for text in catalog("ko")[slug].values() if PARTICLES.search(text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_message_when_told_then_names_values_remedy_and_slug(language: str) -> None:
    told = message("model-output-size", language, {"file": "a/model.keras", "found": 11, "needed": 10})
    assert "11" in told
    assert "a/model.keras" in told
    assert told.endswith("[model-output-size]")


def test_generated_pages_when_written_again_then_nothing_changes() -> None:
    """`docs/messages.md` and `docs/commands.md` are made from the source."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_docs.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
