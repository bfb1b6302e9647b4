"""Messages by slug, in Korean and English.

`en.toml` and `ko.toml` hold one table per slug with `text` (what happened) and, where there is something to do, `remedy`.
"""

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("ko", "en")
"""Languages that every message exists in."""

_FOLDER = Path(__file__).resolve().parent


@cache
def catalog(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return the messages of `language` ("ko" or "en") by slug."""
    entries: Mapping[str, Mapping[str, str]] = tomllib.loads(
        (_FOLDER / f"{language}.toml").read_text(encoding="utf-8")
    )
    return entries


def text(slug: str, language: str, values: Mapping[str, str | int | float]) -> str:
    """Return what happened, in words, without the remedy."""
    return _fill(catalog(language)[slug]["text"], values)


def remedy(slug: str, language: str, values: Mapping[str, str | int | float]) -> str:
    """Return what to do about it; "" where nothing needs doing."""
    return _fill(catalog(language)[slug].get("remedy", ""), values)


def message(slug: str, language: str, values: Mapping[str, str | int | float]) -> str:
    """Return the whole message: what happened, what to do, and the slug in brackets."""
    parts = (text(slug, language, values), remedy(slug, language, values), f"[{slug}]")
    return " ".join(part for part in parts if part)


def placeholders(template: str) -> frozenset[str]:
    """Return the names that `template` expects."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


def _fill(template: str, values: Mapping[str, str | int | float]) -> str:
    return template.format_map({key: str(value) for key, value in values.items()})
