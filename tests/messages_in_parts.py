"""The messages of both languages, wherever they are kept: in one file a language, or still in parts."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import grader.messages

FOLDER = Path(grader.messages.__file__).parent


def messages(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return every message of `language` by slug."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(FOLDER.glob(f"{language}.*toml*")):
        found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found
