"""Names of a submission's pictures → the class each should show.

Digits are told by numbers and words, other classes by the words on the card of the data set.

The names decide together: `33.png` is a second 3 when `11.png` and `22.png` stand beside it, and cannot be
told alone. What could mean two things gets no label.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.core.dataset import Dataset
from grader.core.finding import Finding, Severity, Value
from grader.core.submission import LabelSource
from grader.intake.names import COUNTER_WORDS, PLAIN_WORDS
from grader.intake.roles import PICTURE_SUFFIXES

MISSING = "label-missing"
AMBIGUOUS = "label-ambiguous"
TEN = "label-ten-means-zero"
SECOND_SET = "label-second-set"

SERIES = 5
"""Distinct digits that make a series."""
ALMOST_ALL = 8
"""Distinct digits of a set that lacks one or two."""
REPEATS = 3
"""Distinct digits written twice (`11`, `22`, `33`) that show the habit."""

_COPY = re.compile(r"(\s*\([0-9]{1,2}\)|[\s_-]*(copy|복사본|의 사본|사본)([\s_-]*\(?[0-9]{0,2}\)?)?)$")
_NOT_LABELS = re.compile(
    r"(19|20)[0-9]{2}[-._ ]?[01][0-9][-._ ]?[0-3][0-9]"  # date
    r"|[0-9]{2}[:.h-][0-9]{2}[:.-][0-9]{2}"  # time
    r"|[0-9]+\s*[x×]\s*[0-9]+"  # size, 28x28
    r"|(?<![0-9a-z])(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,}(?![0-9a-z])"  # hash
    r"|(?<![^\W\d_])(hw|lab|week|day|ver|v|assignment|homework|version|과제|실습)[\s_-]*[0-9]+"
    r"|[0-9]+[\s_-]*(주차|학번)"
    r"|[0-9]{4,}"  # counters, years, student numbers
)
_FOLDER = re.compile(r"(?P<said>(?:digits?|numbers?|num|class|label|숫자)[\s_-]*)?(?P<digit>[0-9])")


@dataclass(frozen=True, kw_only=True)
class Label:
    """What the name of one picture says."""

    digit: int | None
    """Number of the class; None when the name does not tell."""
    source: LabelSource | None = None
    """Where it says so; None when it does not."""
    note: str | None = None
    """`MISSING`, `AMBIGUOUS`, or the rule that had to interpret: `TEN`, `SECOND_SET`."""


@dataclass(frozen=True, kw_only=True)
class _Stem:
    """A file name without suffix, date, size and counter: a template and the numbers that fill it."""

    text: str
    template: str
    numbers: tuple[str, ...]
    word: int | None

    @property
    def has_counter_word(self) -> bool:
        return "(#)" in self.template or not COUNTER_WORDS.isdisjoint(re.findall(r"[^\W\d_]+", self.template))


def read_labels(names: Sequence[str], dataset: Dataset) -> Mapping[str, Label]:
    """Return the label of every picture of one submission.

    Args:
        names: paths inside the submission, all different; any text.
        dataset: names the classes. Numbers in names are labels only where the classes are digits.
    """
    words = class_words(dataset)
    if dataset.class_names != DIGITS:
        return {name: _labels_from_words(PurePosixPath(name), words) for name in names}
    by_folder: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_folder[PurePosixPath(name).parent.as_posix()].append(name)
    folder_digits: dict[str, set[int]] = defaultdict(set)
    for folder in by_folder:
        digit, _ = _folder_digit(folder, words)
        if digit is not None:
            folder_digits[PurePosixPath(folder).parent.as_posix()].add(digit)
    labels: dict[str, Label] = {}
    for folder, members in by_folder.items():
        own = _labels_from_names({name: _stem(PurePosixPath(name).name, words) for name in members})
        siblings = folder_digits[PurePosixPath(folder).parent.as_posix()]
        for name, label in own.items():
            labels[name] = _with_folder(label, _folder_digit(folder, words), len(siblings), len(members))
    return labels


DIGITS = tuple(map(str, range(10)))
"""Names of the classes where numbers in file names are labels."""

_Words = Mapping[str, int]
"""Class by word, in small letters without spaces."""

_MOST_WORDS = 3
"""Words that one class may be written in: "t shirt top"."""


def class_words(dataset: Dataset) -> _Words:
    """Return the class of every word that names one: its name, its titles and the words on the card."""
    return {
        "".join(_words_in(word)) or word: number
        for number, each in enumerate(dataset.classes)
        for word in (each.name, *each.title.values(), *each.words)
    }


def _words_in(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", text).casefold())


def _labels_from_words(path: PurePosixPath, words: _Words) -> Label:
    """Label a picture by the class that its name says, else by the innermost folder that says one."""
    named = _classes_in(path.stem, words)
    folders = [found for folder in reversed(path.parts[:-1]) if (found := _classes_in(folder, words))]
    told = named or (folders[0] if folders else set())
    if not told:
        return Label(digit=None, note=MISSING)
    if len(told) > 1 or (named and folders and not named & folders[0]):
        return _UNTOLD
    return Label(digit=min(told), source=LabelSource.NAME if named else LabelSource.FOLDER)


def _classes_in(text: str, words: _Words) -> set[int]:
    """Return the classes that a name says; of words that overlap the longest counts: "ankle boot" is no "boot"."""
    said, found, at = _words_in(text), set(), 0
    while at < len(said):
        for length in range(min(_MOST_WORDS, len(said) - at), 0, -1):
            word = "".join(said[at : at + length])
            number = words.get(word, words.get(word.removesuffix("s")))
            if number is not None:
                found.add(number)
                break
        at += length if number is not None else 1
    return found


def label_findings(labels: Mapping[str, Label]) -> tuple[Finding, ...]:
    """Return what has to be said about `labels`: unknown ones each, a second set once."""
    findings = [
        Finding(slug=label.note, severity=Severity.WARNING, file=name)
        for name, label in labels.items()
        if label.note in {MISSING, AMBIGUOUS}
    ]
    findings += [
        Finding(slug=TEN, severity=Severity.INFO, file=name)
        for name, label in labels.items()
        if label.note == TEN
    ]
    second = [name for name, label in labels.items() if label.note == SECOND_SET]
    if second:
        values: dict[str, Value] = {
            "example": second[0],
            "digit": str(labels[second[0]].digit),
            "count": len(second),
        }
        findings.append(Finding(slug=SECOND_SET, severity=Severity.INFO, values=values))
    return tuple(findings)


def _stem(file_name: str, words: _Words) -> _Stem:
    text = unicodedata.normalize("NFKC", file_name).casefold()
    while (suffix := PurePosixPath(text).suffix) in PICTURE_SUFFIXES:
        text = text[: -len(suffix)]
    short = _COPY.sub("", text)
    while short != text and re.search(r"[0-9]|^[^\W\d_]+$", short):
        text, short = short, _COPY.sub("", short)
    text = text.strip()
    rest = _NOT_LABELS.sub(" ", text)
    template = re.sub(r"[0-9]+", "#", rest)
    return _Stem(
        text=text,
        template=template,
        numbers=tuple(re.findall(r"[0-9]+", rest)),
        word=_word_digit(template, words),
    )


def _word_digit(template: str, class_of: _Words) -> int | None:
    words = [word for word in re.findall(r"[^\W\d_]+", template) if word not in PLAIN_WORDS]
    if len(words) != 1:
        return None
    return class_of.get(words[0].removeprefix("숫자"))


def _labels_from_names(stems: Mapping[str, _Stem]) -> dict[str, Label]:
    """Label the pictures of one folder."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, stem in stems.items():
        groups[stem.template].append(name)
    n_words = len({stem.word for stem in stems.values()} - {None})
    labels: dict[str, Label] = {}
    open_names: list[str] = []
    for members in groups.values():
        rows = _varying([stems[name].numbers for name in members])
        values = frozenset(row[0] for row in rows) if len(rows[0]) == 1 else frozenset()
        for name, row in zip(members, rows, strict=True):
            stem = stems[name]
            if stem.word is not None:
                labels[name] = _from_word(stem.word, row, n_words)
            elif len(row) == 1:
                labels[name] = _from_number(row[0], values, is_counter=stem.has_counter_word)
            elif row:
                labels[name] = _from_column(row, rows)
                open_names.append(name)
            else:
                labels[name] = Label(digit=None, note=MISSING)
    _copy_from_partners(open_names, stems, labels)
    return _without_common_number(stems, labels)


def _varying(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Drop the numbers that are the same in all of three or more names, as long as one differs."""
    columns = list(zip(*rows, strict=True))
    kept = [i for i, column in enumerate(columns) if len(set(column)) > 1]
    if len(rows) < REPEATS or not kept or len(columns) == 1:
        return rows
    return [tuple(row[i] for i in kept) for row in rows]


def _named(digit: int, note: str | None = None) -> Label:
    return Label(digit=digit, source=LabelSource.NAME, note=note)


_UNTOLD = Label(digit=None, note=AMBIGUOUS)


def _from_word(word: int, row: tuple[str, ...], n_words: int) -> Label:
    agrees = all(number == str(word) for number in row)
    return _named(word) if agrees or (len(row) == 1 and n_words >= REPEATS) else _UNTOLD


def _from_number(number: str, values: frozenset[str], *, is_counter: bool) -> Label:
    """Label a name with one number in it, seen beside the numbers of its fellows."""
    digits = {int(value) for value in values}
    single = {digit for digit in digits if digit <= 9}
    if {10, 11} <= digits or (is_counter and not (0 in single and len(single) >= SERIES)):
        return _UNTOLD
    if int(number) <= 9:
        return _named(int(number))
    if number == "10" and 0 not in single and len(single) >= ALMOST_ALL:
        return _named(0, TEN)
    alike = {value for value in values if len(value) == len(number) and len(set(value)) == 1}
    if number in alike and len(alike) >= REPEATS:
        return _named(int(number[0]), SECOND_SET)
    return _UNTOLD


def _from_column(row: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Label:
    """Label a name with several numbers: one must run through almost all digits, the others must not.

    A number that passes 9 in some name counts pictures and is no rival.
    """
    columns = [set(column) for column in zip(*rows, strict=True)]
    digits = [i for i, values in enumerate(columns) if all(len(value) == 1 for value in values)]
    digits.sort(key=lambda i: len(columns[i]), reverse=True)
    sizes = [len(columns[i]) for i in digits] + [0]
    if digits and sizes[0] >= ALMOST_ALL and sizes[0] > sizes[1]:
        return _named(int(row[digits[0]]))
    return _UNTOLD


def _copy_from_partners(names: Iterable[str], stems: Mapping[str, _Stem], labels: dict[str, Label]) -> None:
    """Give `3.1` and `6-1` the labels of `3` and `6` where those stand beside them."""
    plain = {stems[name].text: label.digit for name, label in labels.items() if label.digit is not None}
    for name in names:
        first = re.fullmatch(r"(.*[0-9])[\s._-]+[0-9]{1,2}", stems[name].text)
        if labels[name].digit is None and first and first[1] in plain:
            labels[name] = _named(plain[first[1]], SECOND_SET)


def _without_common_number(stems: Mapping[str, _Stem], labels: dict[str, Label]) -> dict[str, Label]:
    """Take back labels when names that differ in words all carry one and the same number, like a course's."""
    named = {name for name, label in labels.items() if label.digit is not None and stems[name].word is None}
    one_number = len({labels[name].digit for name in named}) == 1
    if one_number and len({stems[name].template for name in named}) >= REPEATS:
        return {name: _UNTOLD if name in named else label for name, label in labels.items()}
    return labels


def _folder_digit(folder: str, words: _Words) -> tuple[int | None, bool]:
    """Return the digit that a folder's name says, and whether it says that it is a digit."""
    name = unicodedata.normalize("NFKC", PurePosixPath(folder).name).casefold().strip()
    match = _FOLDER.fullmatch(name)
    if match:
        return int(match["digit"]), bool(match["said"])
    word = words.get(name)
    return word, word is not None


def _with_folder(
    label: Label, folder_digit: tuple[int | None, bool], n_siblings: int, n_pictures: int
) -> Label:
    """Weigh what a picture's name says against what its folder says."""
    digit, is_said = folder_digit
    if digit is None or label.digit == digit:
        return label
    if n_siblings >= SERIES:
        return Label(digit=digit, source=LabelSource.FOLDER)
    could_be_set_number = n_siblings == 1 and n_pictures >= ALMOST_ALL and not is_said
    if label.note in {MISSING, AMBIGUOUS} and not could_be_set_number:
        return Label(digit=digit, source=LabelSource.FOLDER)
    return _UNTOLD
