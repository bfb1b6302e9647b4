"""Text of the pages in one language."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from grader.core.finding import Finding, Reason, Value
from grader.core.grade import LocalizedText
from grader.messages import catalog

LOCALES = Path(__file__).resolve().parent / "locales"
"""Folder of the page texts, one file per language."""

LONGEST_NAME = 120
"""Characters of a handed-in name that a page shows; a longer one loses its middle."""

_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories that hide, reorder or cannot be written: control, format, private use, surrogate, separators."""


@cache
def entries(language: str) -> Mapping[str, str]:
    """Return the page texts of `language` ("ko" or "en") by dotted key."""
    table = tomllib.loads((LOCALES / f"{language}.toml").read_text(encoding="utf-8"))
    return dict(_flatten(table))


def _flatten(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            flat += _flatten(value, f"{prefix}{key}.")
        else:
            flat.append((f"{prefix}{key}", str(value)))
    return flat


def plain(name: str, *, longest: int = LONGEST_NAME) -> str:
    """Return handed-in text so that it shows as what it is.

    Characters that hide or reorder others appear by number ("⟨U+202E⟩"); text longer than `longest` loses its middle.
    """
    if len(name) > longest:
        half = (longest - 1) // 2
        name = f"{name[:half]}…{name[-half:]}"
    return "".join(f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in _UNSEEN else c for c in name)


class Words:
    """The texts of one language, and the messages of the catalog in it."""

    def __init__(self, language: str) -> None:
        if language not in catalog.LANGUAGES:
            raise ValueError(f"language {language!r}")
        self.language = language
        """ "ko" or "en"."""
        self._entries = entries(language)

    def __call__(self, key: str, **values: Value) -> str:
        """Return the text at the dotted `key`, filled with `values`."""
        return self._entries[key].format_map(values)

    def template(self, key: str) -> str:
        """Return the text at `key` with its placeholders, for the script of the page to fill."""
        return self._entries[key]

    def has(self, key: str) -> bool:
        """Return whether there is a text at `key`."""
        return key in self._entries

    def plural(self, key: str, n: int, **values: Value) -> str:
        """Return `key.one` for exactly one, else `key.other`, filled with `n` and `values`."""
        return self(f"{key}.{'one' if n == 1 else 'other'}", n=n, **values)

    def localized(self, texts: LocalizedText) -> str:
        """Return the text in this language, else in any language there is, else ""."""
        return texts.get(self.language) or next(iter(texts.values()), "")

    def reason(self, reason: Reason) -> str:
        """Return a reason in words."""
        return catalog.text(reason.slug, self.language, _plain_values(reason.values))

    def reason_remedy(self, reason: Reason) -> str:
        """Return what to do about a reason; "" where there is nothing to do."""
        return catalog.remedy(reason.slug, self.language, _plain_values(reason.values))

    def finding(self, finding: Finding) -> str:
        """Return a finding in words; the file can be named in it."""
        return catalog.text(finding.slug, self.language, _finding_values(finding))

    def finding_remedy(self, finding: Finding) -> str:
        """Return what to do about a finding; "" where there is nothing to do."""
        return catalog.remedy(finding.slug, self.language, _finding_values(finding))


def _plain_values(values: Mapping[str, Value]) -> dict[str, Value]:
    return {key: plain(value) if isinstance(value, str) else value for key, value in values.items()}


def _finding_values(finding: Finding) -> dict[str, Value]:
    return {"file": plain(finding.file or ""), **_plain_values(finding.values)}
