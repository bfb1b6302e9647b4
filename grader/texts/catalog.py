"""Everything the grader says, in Korean and English: on pages, in the terminal, in exports and in messages.

`en.toml` and `ko.toml` hold the same dotted keys. `message.SLUG.text` is what happened, `message.SLUG.remedy` what to do
about it, where there is something to do. `terminal.…` is what the command line prints. `PREPARATION.KEY` is what is said
instead of `KEY` about a data set with that preparation: pictures of clothes are no digits. All other keys are of the pages.
"""

import string
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from grader.core.finding import Finding, Reason, Value
from grader.errors import GraderError

LANGUAGES = ("ko", "en")
"""Languages that every text exists in."""

LONGEST_NAME = 120
"""Characters of a handed-in name that a page shows; a longer one loses its middle."""

_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories that hide, reorder or cannot be written: control, format, unassigned, private use, surrogate,
separators."""


@cache
def entries(language: str) -> dict[str, str]:
    """Return the texts of `language` ("ko" or "en") by dotted key, with their placeholders."""
    source = Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(source)))


def add_texts(texts: Mapping[str, Mapping[str, Any]]) -> None:
    """Add the texts of something that comes from outside the package.

    Args:
        texts: by language, tables as in `en.toml`; nested or with dotted keys.

    Raises:
        GraderError: `name-taken`: there is a text at one of the keys already. Nothing was added.
        ValueError: the languages do not have the same keys with the same placeholders.
    """
    added = {language: dict(_flat(texts.get(language, {}))) for language in LANGUAGES}
    expected, *others = ({key: placeholders(text) for key, text in new.items()} for new in added.values())
    for other in others:
        if other != expected:
            raise ValueError(f"differ between languages: {dict(expected.items() ^ other.items())}")
    for key in expected.keys() & entries(LANGUAGES[0]).keys():
        raise GraderError("name-taken", sort="texts", name=key)
    for language, new in added.items():
        entries(language).update(new)


def messages(language: str) -> dict[str, dict[str, str]]:
    """Return the messages of `language` by slug: `text` and, where there is something to do, `remedy`."""
    found: dict[str, dict[str, str]] = {}
    for key, template in entries(language).items():
        if key.startswith("message."):
            _, slug, part = key.split(".")
            found.setdefault(slug, {})[part] = template
    return found


def placeholders(template: str) -> frozenset[str]:
    """Return the names that `template` expects."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


class Texts:
    """What the grader says in one language."""

    def __init__(
        self, language: str, *, preparation: str = "mnist", show: Callable[[str], str] = str
    ) -> None:
        """Choose a language.

        Args:
            language: "ko" or "en".
            preparation: of the data set that is spoken about, see `grader.core.dataset.Dataset`.
            show: makes the handed-in names in a message harmless where it is shown: `plain` for pages.
        """
        if language not in LANGUAGES:
            raise ValueError(f"language {language!r}")
        self.language = language
        """ "ko" or "en"."""
        self._show = show
        known, special = entries(language), f"{preparation}."
        self._entries = known | {
            key.removeprefix(special): text for key, text in known.items() if key.startswith(special)
        }

    def __call__(self, key: str, /, **values: Value) -> str:
        """Return the text at the dotted `key`, filled with `values`."""
        return self._entries[key].format_map(values)

    def __contains__(self, key: str) -> bool:
        """Return whether there is a text at `key`."""
        return key in self._entries

    def plural(self, key: str, n: int, **values: Value) -> str:
        """Return `key.one` for exactly one, else `key.other`, filled with `n` and `values`."""
        return self(f"{key}.{'one' if n == 1 else 'other'}", n=n, **values)

    def template(self, key: str) -> str:
        """Return the text at `key` with its placeholders, for the script of the page to fill."""
        return self._entries[key]

    def localized(self, texts: Mapping[str, str]) -> str:
        """Return the text of a rubric in this language, else in any language there is, else ""."""
        return texts.get(self.language) or next(iter(texts.values()), "")

    def told(self, what: Finding | Reason | GraderError) -> str:
        """Return what happened, without the remedy; a finding's file can be named in it."""
        return self._part("text", what)

    def remedy(self, what: Finding | Reason | GraderError) -> str:
        """Return what to do about it; "" where there is nothing to do."""
        return self._part("remedy", what) if f"message.{what.slug}.remedy" in self else ""

    def advice(self, what: Finding | Reason | GraderError) -> str:
        """Return what happened and what to do."""
        return f"{self.told(what)} {self.remedy(what)}".rstrip()

    def message(self, what: Finding | Reason | GraderError) -> str:
        """Return the whole message: what happened, what to do, and the slug in brackets."""
        return f"{self.advice(what)} [{what.slug}]"

    def _part(self, part: str, what: Finding | Reason | GraderError) -> str:
        values = what.named if isinstance(what, Finding) else what.values
        shown = {
            name: self._show(value) if isinstance(value, str) else value for name, value in values.items()
        }
        return self(f"message.{what.slug}.{part}", **shown)


def plain(name: str, *, longest: int = LONGEST_NAME) -> str:
    """Return handed-in text for a page, so that it shows as what it is.

    Characters that hide or reorder others appear by number ("⟨U+202E⟩"); text longer than `longest` loses its middle.
    """
    if len(name) > longest:
        half = (longest - 1) // 2
        name = f"{name[:half]}…{name[-half:]}"
    return _by_number(name, "⟨U+{:04X}⟩")


def safe(text: str) -> str:
    r"""Return `text` for a terminal, with characters that hide or reorder others as `\uXXXX`."""
    return _by_number(text, "\\u{:04x}")


def _by_number(text: str, form: str) -> str:
    return "".join(form.format(ord(c)) if unicodedata.category(c) in _HIDDEN else c for c in text)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
