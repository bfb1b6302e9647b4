"""`submission.toml` → the labels that the student states."""

import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path

from grader.core.finding import Finding, Severity
from grader.intake import limits
from grader.intake.names import clean_name

FILE_NAME = "submission.toml"
"""Name of the file, at the top of the submission."""


def read_stated(path: Path, pictures: Collection[str]) -> tuple[Mapping[str, int], tuple[Finding, ...]]:
    """Return the stated labels by picture, and what is wrong with the file; what is right in it counts.

    Args:
        path: the copied file.
        pictures: paths of the submission's pictures.
    """
    if path.stat().st_size > limits.SETTINGS_BYTES:
        return {}, (_finding("settings-too-large", limit_bytes=limits.SETTINGS_BYTES),)
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}, (_finding("settings-unreadable"),)
    findings = [_finding("settings-unknown-key", key=_shown(key)) for key in document if key != "labels"]
    stated = document.get("labels", {})
    if not isinstance(stated, dict):
        return {}, (*findings, _finding("settings-labels-not-a-table"))
    labels = {}
    for key, digit in stated.items():
        name = unicodedata.normalize("NFC", key)
        if name not in pictures:
            findings.append(_finding("settings-no-such-picture", name=_shown(key)))
        elif type(digit) is not int or not 0 <= digit <= 9:
            findings.append(_finding("settings-label-not-a-digit", name=_shown(key), found=_value(digit)))
        else:
            labels[name] = digit
    return labels, tuple(findings)


def _finding(slug: str, **values: str | int) -> Finding:
    return Finding(slug=slug, severity=Severity.WARNING, file=FILE_NAME, values=values)


def _value(value: object) -> str:
    """Return a value as text; "…" where it is too large to be written out: a number of 5,000 digits, a deep table."""
    try:
        return _shown(str(value))
    except (ValueError, RecursionError):
        return "…"


def _shown(text: str) -> str:
    """Return at most 100 characters of what the student wrote, as safe to show as a name."""
    return clean_name(text if len(text) <= 100 else text[:99] + "…")
