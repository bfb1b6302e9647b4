"""`submission.toml` → what the student states: labels of pictures, and what the model expects."""

import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.core.dataset import Dataset
from grader.core.finding import Finding, Severity
from grader.core.submission import NOTHING_STATED, StatedModel
from grader.intake import limits
from grader.intake.names import clean_name

FILE_NAME = "submission.toml"
"""Name of the file, at the top of the submission."""

MODEL_VALUES: Mapping[str, tuple[str, ...]] = {
    "polarity": ("white-on-black", "black-on-white"),
    "scale": ("0-1", "0-255", "-1..1", "l2"),
    "network": (
        "lecture-mlp",
        "lecture-cnn-valid",
        "lecture-cnn-deep",
        "lecture-cnn-logits",
        "lecture-cnn-small",
        "fashion-cnn-small",
        "cifar-cnn-small",
        "cifar-cnn-tf",
        "cifar-cnn-keras",
    ),
}
"""Keys of the table `[model]`, and what each may be."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What is right in the file, and what is wrong with it."""

    labels: Mapping[str, int] = field(default_factory=dict)
    """Digit by picture."""
    model: StatedModel = NOTHING_STATED
    """What the model expects."""
    findings: tuple[Finding, ...] = ()
    """What was left out, and why."""


def read_stated(path: Path, pictures: Collection[str], dataset: Dataset) -> Stated:
    """Read the file; what is right in it counts, whatever is wrong beside it.

    Args:
        path: the copied file.
        pictures: paths of the submission's pictures.
        dataset: names the classes.
    """
    if path.stat().st_size > limits.SETTINGS_BYTES:
        return Stated(findings=(_finding("settings-too-large", limit_bytes=limits.SETTINGS_BYTES),))
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Stated(findings=(_finding("settings-unreadable"),))
    findings = [
        _finding("settings-unknown-key", key=_shown(key))
        for key in document
        if key not in {"labels", "model"}
    ]
    tables = {}
    for name, slug in (("labels", "settings-labels-not-a-table"), ("model", "settings-model-not-a-table")):
        table = document.get(name, {})
        tables[name] = table if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            findings.append(_finding(slug))
    labels: dict[str, int] = {}
    findings += _read_labels(tables["labels"], pictures, labels, dataset)
    model: dict[str, str] = {}
    findings += _read_model(tables["model"], model)
    return Stated(labels=labels, model=StatedModel(**model), findings=tuple(findings))


def _read_labels(
    table: Mapping[str, object], pictures: Collection[str], labels: dict[str, int], dataset: Dataset
) -> Iterator[Finding]:
    """Put what is right into `labels`."""
    classes = {name: number for number, name in enumerate(dataset.class_names)}
    numbers = {number: number for number in classes.values()}
    for key, said in table.items():
        name = unicodedata.normalize("NFC", key)
        if name not in pictures:
            yield _finding("settings-no-such-picture", name=_shown(key))
        elif isinstance(said, str) and said in classes:
            labels[name] = classes[said]
        elif type(said) is int and said in numbers:
            labels[name] = said
        else:
            yield _finding("settings-label-not-a-digit", name=_shown(key), found=_value(said))


def _read_model(table: Mapping[str, object], model: dict[str, str]) -> Iterator[Finding]:
    """Put what is right into `model`."""
    for key, value in table.items():
        known = MODEL_VALUES.get(key)
        if known is None:
            yield _finding("settings-unknown-model-key", key=_shown(key), known=", ".join(MODEL_VALUES))
        elif not isinstance(value, str) or value not in known:
            yield _finding(
                "settings-unknown-model-value", key=key, found=_value(value), known=", ".join(known)
            )
        else:
            model[key] = value


def _finding(slug: str, **values: str | int) -> Finding:
    return Finding(slug=slug, severity=Severity.WARNING, file=FILE_NAME, values=values)


def _value(value: object) -> str:
    """Return a value as text; "…" where it is too large to be written out: a number of 5,000 digits, a deep table."""
    try:
        return _shown(str(value))
    except (ValueError, RecursionError):
        return "…"


def _shown(text: str) -> str:
    """Return at most 100 characters of what the student wrote, made safe to show as names are."""
    return clean_name(text if len(text) <= 100 else text[:99] + "…")
