"""What every section of a student page starts from."""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.analysis.accuracy import accuracy
from grader.core.evidence import Evidence, SubjectEvidence
from grader.core.grade import Grade
from grader.core.measurement import Measurement, MeasurementStatus
from grader.core.picture import Picture
from grader.core.run import Assignment
from grader.core.submission import Role
from grader.texts.catalog import Texts, plain


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A status: word, shape and color."""

    word: str
    shape: str
    tone: str
    """CSS class: "good", "part", "bad", "open" or "quiet"."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One entry of the table of contents."""

    id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One named value."""

    name: str
    value: str
    is_code: bool = False
    """Whether it is set in the code face: hashes, files."""
    code: str = ""
    """Code to show after the value."""
    is_long: bool = False
    """Whether it takes the whole width: sentences."""


def code_facts(values: Mapping[str, str]) -> tuple[Fact, ...]:
    """Return named values in the code face, by name: versions and hashes."""
    return tuple(
        Fact(name=plain(name), value=plain(value), is_code=True) for name, value in sorted(values.items())
    )


def known_text(words: Texts, key: str, otherwise: str) -> str:
    """Return the text at `key`; where there is none, what is given."""
    return words(key) if key in words else otherwise


@dataclass(frozen=True, kw_only=True)
class Page:
    """One submission, and the language to tell it in."""

    grade: Grade
    evidence: Evidence
    assignment: Assignment
    words: Texts
    decimals: int
    """Decimals of every number of points on the page."""

    @property
    def referee_id(self) -> str:
        """Id of the referee."""
        return self.evidence.settings.referee

    @property
    def referee(self) -> SubjectEvidence | None:
        """What the referee did."""
        return self.evidence.subjects.get(self.evidence.settings.referee)

    @property
    def further_references(self) -> tuple[str, ...]:
        """Ids of the reference models besides the referee."""
        settings = self.evidence.settings
        return tuple(name for name in settings.references if name != settings.referee)

    @property
    def lecture_id(self) -> str | None:
        """The lecture network shown beside the referee: the first reference that is not the referee."""
        return next(iter(self.further_references), None)

    @property
    def lecture(self) -> SubjectEvidence | None:
        """What the lecture network did."""
        return None if self.lecture_id is None else self.evidence.subjects.get(self.lecture_id)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The digit pictures, by label, then by file; without a label last."""
        group = [p for p in self.evidence.images.pictures if p.group is Role.PICTURE]
        return tuple(sorted(group, key=lambda p: (p.label is None, p.label or 0, p.file)))

    @property
    def ambiguous(self) -> tuple[Picture, ...]:
        """The deliberately ambiguous pictures, by file."""
        return tuple(p for p in self.evidence.images.pictures if p.group is Role.AMBIGUOUS)

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the page calls each class."""
        return tuple(map(self.words.localized, self.assignment.class_titles))

    def class_name(self, index: int | None) -> str:
        """Return what the page calls a class; "?" for an unknown one."""
        names = self.class_names
        return "?" if index is None or not 0 <= index < len(names) else names[index]

    def why_not(self, measurement: Measurement | None) -> str:
        """Return why there is no number, in words; "" when there is one."""
        if measurement is None:
            return self.words("measurement.not_asked")
        if measurement.status is MeasurementStatus.MEASURED:
            return ""
        if measurement.reason is not None:
            return self.words.told(measurement.reason)
        return self.words(f"measurement.{measurement.status}")


def measured(page: Page, subject: str, question: str) -> Measurement | None:
    """Return a measurement that has numbers, or None."""
    found = accuracy(page.evidence, subject, question)
    return found if found is not None and found.status is MeasurementStatus.MEASURED else None


def asked(page: Page, subject: str, question: str) -> Measurement | None:
    """Return a measurement with or without numbers, or None when nobody asked."""
    return accuracy(page.evidence, subject, question)
