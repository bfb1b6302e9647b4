"""What the grader noticed, and how the page came about."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.core.finding import Finding, Severity
from grader.core.run import Assignment, RunInfo
from grader.report.numbers import angle_text, number_text, thousands
from grader.report.view.page import Chip, Fact, Page, code_facts
from grader.texts.catalog import Texts, plain

LOOKS = {
    Severity.REFUSED: ("✕", "bad"),
    Severity.SUSPICIOUS: ("▲", "open"),
    Severity.WARNING: ("◐", "part"),
    Severity.INFO: ("·", "quiet"),
}
"""Shape and tone of each severity; those that matter more come first."""

MOST_FILES = 60
"""Files listed."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """One finding in words."""

    chip: Chip
    file: str
    text: str
    remedy: str
    slug: str


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """One file that was handed in."""

    name: str
    role: str
    size: str
    sha256_start: str
    """The first 12 digits; the evidence file has all of them."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The section."""

    facts: tuple[Fact, ...]
    versions: tuple[Fact, ...]
    files: tuple[FileRow, ...]
    more_files: str
    """How many files are not listed; "" for none."""
    limits: tuple[str, ...]
    review: str


def notes(page: Page) -> tuple[Note, ...]:
    """Return every finding in words, those that matter most first."""
    return finding_notes(page.evidence.findings, page.words)


def rank(finding: Finding) -> int:
    """Return 0 for the findings that matter most, more for others."""
    return list(LOOKS).index(finding.severity)


def severity_chip(severity: Severity, words: Texts) -> Chip:
    """Return word, shape and color of how much a finding matters."""
    shape, tone = LOOKS[severity]
    return Chip(word=words(f"severity.{severity}"), shape=shape, tone=tone)


def finding_notes(findings: Sequence[Finding], words: Texts) -> tuple[Note, ...]:
    """Return findings in words, those that matter most first."""
    return tuple(
        Note(
            chip=severity_chip(finding.severity, words),
            file=plain(finding.file or ""),
            text=words.told(finding),
            remedy=words.remedy(finding),
            slug=finding.slug,
        )
        for finding in sorted(findings, key=rank)
    )


def provenance(page: Page, run: RunInfo) -> Provenance:
    """Return how the page came about."""
    words, evidence, info = page.words, page.evidence, page.assignment
    settings = evidence.settings
    facts = [
        *run_facts(run, info, words),
        Fact(name=words("provenance.key"), value=evidence.key, is_code=True),
        Fact(name=words("provenance.references"), value=", ".join(settings.references), is_code=True),
        Fact(name=words("provenance.angles"), value=_angles(page)),
        Fact(name=words("provenance.shifts"), value=_shifts(page)),
        Fact(name=words("provenance.test_set"), value=thousands(settings.test_set_size)),
        Fact(
            name=words("provenance.limit"),
            value=words("provenance.seconds", n=number_text(settings.limit_seconds)),
        ),
        *run_settings(run, words),
    ]
    hidden = len(evidence.files) - MOST_FILES
    return Provenance(
        facts=tuple(facts),
        versions=code_facts({**run.versions, **evidence.provenance}),
        files=tuple(
            FileRow(
                name=plain(file.name),
                role=words(f"role.{file.role}"),
                size=_bytes(file.size_bytes),
                sha256_start=file.sha256[:12],
            )
            for file in evidence.files[:MOST_FILES]
        ),
        more_files=words("provenance.more_files", n=hidden) if hidden > 0 else "",
        limits=tuple(words(f"limits.{key}") for key in ("intervals", "digits", "zones", "confidence")),
        review=words("provenance.review", run=plain(run.id)),
    )


def run_facts(run: RunInfo, info: Assignment, words: Texts) -> tuple[Fact, ...]:
    """Return which run it was, when, and with which rubric."""
    return (
        Fact(name=words("provenance.run"), value=plain(run.id), is_code=True),
        Fact(name=words("provenance.date"), value=run.date),
        Fact(name=words("provenance.rubric"), value=plain(info.rubric_file), is_code=True),
        Fact(name=words("provenance.rubric_sha256"), value=info.rubric_sha256, is_code=True),
    )


def run_settings(run: RunInfo, words: Texts) -> tuple[Fact, ...]:
    """Return the settings of a run that no other fact of the page tells, named in words."""
    answers = {"True": words("provenance.yes"), "False": words("provenance.no")}
    return tuple(
        Fact(name=words(f"provenance.setting.{name}"), value=answers.get(value, plain(value)))
        for name, value in sorted(run.settings.items())
        if f"provenance.setting.{name}" in words
    )


def _angles(page: Page) -> str:
    angles = page.evidence.own.parameter_sets.get("rotation")
    if angles is None:
        return page.words("provenance.none")
    low, high = angle_text(float(angles.min())), angle_text(float(angles.max()))
    return page.words("provenance.angle_range", low=low, high=high, n=len(angles))


def _shifts(page: Page) -> str:
    shifts = page.evidence.own.parameter_sets.get("shift")
    if shifts is None:
        return page.words("provenance.none")
    most = number_text(float(abs(shifts).max()))
    return page.words("provenance.shift_range", most=most, n=len(shifts))


def _bytes(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
