import re
from pathlib import Path

import grader
from grader.texts.catalog import messages

SOURCES = "".join(
    path.read_text(encoding="utf-8") for path in (Path(grader.__file__).parent / "intake").glob("*.py")
)


def test_messages_when_intake_names_a_slug_then_it_has_a_text() -> None:
    prefixes = "path|no-submissions|submission|archive|file|folder|too-many|settings|label|picture"
    slugs = set(re.findall(rf'"((?:{prefixes})(?:-[a-z]+)*)"', SOURCES)) - {"file", "label", "path"}
    assert len(slugs) > 30
    assert slugs - set(messages("en")) == set()
