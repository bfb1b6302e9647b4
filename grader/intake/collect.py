"""Paths → submissions: files are copied into the spool, hashed and sorted by role; none is decoded."""

import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from grader.core.dataset import Dataset
from grader.core.finding import Finding, Severity
from grader.core.submission import LabelSource, Role, Submission, SubmittedFile
from grader.errors import GraderError
from grader.intake import limits
from grader.intake.discover import Unread, find, zip_tree
from grader.intake.labels import Label, label_findings, read_labels
from grader.intake.names import NaturalKey, identify, natural_key, system_name
from grader.intake.roles import PICTURE_SUFFIXES, figures_among
from grader.intake.sniff import Content
from grader.intake.spool import Copy, Spool, join_saved_models
from grader.intake.stated import Stated, read_stated
from grader.intake.tree import Entry, noticed

MOST_ALIKE = 50
"""Findings with the same message that are listed."""


def without_crowds(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the first `MOST_ALIKE` findings of each message in their order, and after them how many were left out."""
    kept: list[Finding] = []
    seen: Counter[str] = Counter()
    severities: dict[str, Severity] = {}
    for finding in findings:
        seen[finding.slug] += 1
        severities.setdefault(finding.slug, finding.severity)
        if seen[finding.slug] <= MOST_ALIKE:
            kept.append(finding)
    kept += [
        Finding(
            slug="findings-alike",
            severity=severities[slug],
            values={"slug": slug, "count": count - MOST_ALIKE, "shown": MOST_ALIKE},
        )
        for slug, count in seen.items()
        if count > MOST_ALIKE
    ]
    return tuple(kept)


_DIGIT_ROLES = (Role.PICTURE, Role.AMBIGUOUS)


def collect(paths: Sequence[Path], spool: Path, dataset: Dataset) -> tuple[Submission, ...]:
    """Read every submission in `paths`.

    A path is one submission or a folder of several, or a zip of either. It is ONE submission when it directly
    holds a picture, a model or `submission.toml`; when all its folders are called like parts of one
    (`digits/`, `model/`, `손글씨/`); or when it holds neither folders nor zips and its files are no README.
    Otherwise each of its folders and zips is a submission.

    Args:
        paths: folders and zips, in any number.
        spool: folder of ours that receives the copies, as `<submission number>/<file number><suffix>`.
        dataset: names the classes that pictures may show.

    Returns:
        Submissions by id; ids are unique.

    Raises:
        GraderError: `path-not-found`, `path-not-a-submission`, `path-unreadable`, `no-submissions`.
    """
    spool.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        found = [item for path in paths for item in find(path, spool, stack)]
        if not found:
            raise GraderError("no-submissions", path=", ".join(system_name(str(path)) for path in paths))
        plain_ids = [identify(item.name)[0] for item in found]
        ids = _unique_ids(plain_ids)
        repeats = Counter(plain_ids)
        order = sorted(range(len(found)), key=lambda i: ids[i])
        return tuple(
            _read(found[i], ids[i], repeats[plain_ids[i]], Spool(spool / str(number)), dataset)
            for number, i in enumerate(order, start=1)
        )


def _read(
    found: Unread, submission_id: str, n_of_this_name: int, spool: Spool, dataset: Dataset
) -> Submission:
    """Read one submission; a mistake of ours in reading it costs only this one.

    Raises:
        OSError: the spool cannot be written; what a student's own files refuse is a finding.
    """
    plain_id, name = identify(found.name)
    try:
        with ExitStack() as opened:
            tree = found.list_files(opened)
            findings = list(tree.findings)
            if n_of_this_name > 1:
                findings.append(
                    noticed(
                        "submission-duplicate-name",
                        None,
                        Severity.SUSPICIOUS,
                        name=plain_id,
                        count=n_of_this_name,
                    )
                )
            copies = join_saved_models(_take(tree.entries, spool, findings), spool)
        return _describe(submission_id, name, copies, findings, dataset)
    except OSError:
        raise
    except Exception:
        return Submission(id=submission_id, name=name, files=(), failure=traceback.format_exc())


def _unique_ids(ids: list[str]) -> list[str]:
    """Return `ids` with ` (2)`, ` (3)` … behind the second, third … of the same."""
    taken = set(ids)
    seen: set[str] = set()
    unique = []
    for plain in ids:
        candidate, n = plain, 1
        while candidate in seen or (n > 1 and candidate in taken):
            n += 1
            candidate = f"{plain} ({n})"
        seen.add(candidate)
        unique.append(candidate)
    return unique


def _describe(
    submission_id: str, name: str, copies: Sequence[Copy], findings: list[Finding], dataset: Dataset
) -> Submission:
    """Give every file its role and every digit its label."""
    if not copies and not findings:
        findings.append(noticed("submission-empty", None, Severity.WARNING))
    figures = figures_among(copy.name for copy in copies if copy.role is Role.PICTURE)
    roles = {copy.name: Role.OTHER if copy.name in figures else copy.role for copy in copies}
    pictures = [copy.name for copy in copies if roles[copy.name] in _DIGIT_ROLES]
    read = read_labels([copy.name for copy in copies if copy.role in _DIGIT_ROLES], dataset)
    stated = _stated(copies, pictures, dataset)
    findings += stated.findings
    labels = {name: read[name] for name in pictures} | {
        name: Label(digit=digit, source=LabelSource.STATED) for name, digit in stated.labels.items()
    }
    findings += label_findings({name: labels[name] for name in pictures if roles[name] is Role.PICTURE})
    findings += [
        noticed("picture-looks-like-figure", name, Severity.WARNING)
        for name in sorted(figures)
        if read[name].digit is not None
    ]
    findings += [noticed("file-empty", c.name, Severity.WARNING) for c in copies if not c.size_bytes]
    unknown = Label(digit=None)
    files = tuple(
        SubmittedFile(
            name=copy.name,
            role=roles[copy.name],
            path=copy.path,
            size_bytes=copy.size_bytes,
            sha256=copy.sha256,
            label=labels.get(copy.name, unknown).digit,
            label_source=labels.get(copy.name, unknown).source,
        )
        for copy in sorted(copies, key=lambda copy: copy.name)
    )
    return Submission(
        id=submission_id,
        name=name,
        files=files,
        stated=stated.model,
        findings=without_crowds(findings),
    )


def _take(entries: tuple[Entry, ...], spool: Spool, findings: list[Finding]) -> list[Copy]:
    """Copy `entries` and what is in the zips among them, one level deep, up to the bound on files.

    A data set left in the submission must not crowd out the model: pictures come last, deep ones at the end.
    """
    copies: list[Copy] = []
    names: set[str] = set()
    waiting = [(entry, True) for entry in sorted(entries, key=_urgency, reverse=True)]
    with ExitStack() as opened:
        while waiting:
            if len(copies) == limits.FILES_LOOKED_AT:
                findings.append(noticed("too-many-files", limit=limits.FILES_LOOKED_AT))
                break
            entry, may_open = waiting.pop()
            copy = spool.take(entry)
            if isinstance(copy, Finding):
                findings.append(copy)
                continue
            if copy.content is Content.FOREIGN_ARCHIVE:
                findings.append(noticed("archive-format-unsupported", copy.name))
            is_archive = copy.content is Content.SAVED_MODEL_ARCHIVE or (
                copy.content is Content.ARCHIVE and PurePosixPath(copy.name.casefold()).suffix == ".zip"
            )
            if copy.name in names:
                findings.append(noticed("file-duplicate-name", copy.name))
                spool.drop(copy)
            elif not is_archive:
                copies.append(copy)
                names.add(copy.name)
            elif not may_open:
                findings.append(noticed("archive-nested", copy.name))
                spool.drop(copy)
            else:
                opened.callback(spool.drop, copy)
                tree = zip_tree(copy.path, opened)
                findings += [_inside(copy.name, finding) for finding in tree.findings]
                waiting += [(inner.within(copy.name), False) for inner in reversed(tree.entries)]
    return copies


def _urgency(entry: Entry) -> tuple[bool, int, NaturalKey]:
    is_picture = PurePosixPath(entry.name.casefold()).suffix in PICTURE_SUFFIXES
    return is_picture, entry.name.count("/"), natural_key(entry.name)


def _inside(archive: str, finding: Finding) -> Finding:
    file = f"{archive}/{finding.file}" if finding.file else archive
    return Finding(slug=finding.slug, severity=finding.severity, file=file, values=finding.values)


def _stated(copies: Sequence[Copy], pictures: list[str], dataset: Dataset) -> Stated:
    settings = next((copy for copy in copies if copy.role is Role.SETTINGS), None)
    return Stated() if settings is None else read_stated(settings.path, pictures, dataset)
