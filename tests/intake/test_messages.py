import re
import tomllib
from pathlib import Path

import grader
from grader.messages.catalog import placeholders

ROOT = Path(grader.__file__).parent
SOURCES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "intake").glob("*.py"))


def entries(language: str) -> dict[str, dict[str, str]]:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "messages").glob(f"{language}.*toml*")]
    return {slug: entry for text in texts for slug, entry in tomllib.loads(text).items()}


def test_messages_when_intake_names_a_slug_then_both_languages_have_it() -> None:
    prefixes = "path|no-submissions|submission|archive|file|folder|too-many|settings|label|picture"
    slugs = set(re.findall(rf'"((?:{prefixes})(?:-[a-z]+)*)"', SOURCES)) - {"file", "label", "path"}
    assert len(slugs) > 30
    for language in ("en", "ko"):
        assert slugs - set(entries(language)) == set()


def test_messages_when_languages_are_compared_then_placeholders_agree() -> None:
    english, korean = entries("en"), entries("ko")
    assert english.keys() == korean.keys()
    for slug, entry in english.items():
        assert entry.keys() == korean[slug].keys()
        for part, template in entry.items():
            assert placeholders(template) == placeholders(korean[slug][part]), slug
