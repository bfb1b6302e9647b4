"""What stops hostile submissions before any model runs: intake and the pictures' locked children. No TensorFlow here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.core.finding import Finding
from grader.core.submission import Role, Submission, page_id
from grader.images.reader import PICTURE_JOB, read_pictures
from grader.intake.collect import collect
from grader.sandbox.zygotes import Zygote
from grader.texts.catalog import LANGUAGES, Texts
from tests.digits import MNIST
from tests.hostile import output
from tests.hostile.case import Case
from tests.hostile.cases import CASES
from tests.hostile.run import build, possible
from tests.hostile.trap import Traps, traps
from tests.loops import every

QUICK = [case for case in CASES if not case.needs_model and possible(case)]


@dataclass(frozen=True, kw_only=True)
class Collected:
    submissions: Mapping[str, Submission]
    findings: Mapping[str, tuple[Finding, ...]]
    spool: Path
    armed: Traps


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collected]:
    folder = tmp_path_factory.mktemp("collected")
    with traps() as armed, Zygote(PICTURE_JOB) as zygote:
        build(QUICK, folder / "class", armed, folder / "factory")
        armed.arm()
        submissions = collect([folder / "class"], folder / "spool", MNIST)
        findings = {}
        for each in submissions:
            files = (*each.having(Role.PICTURE), *each.having(Role.AMBIGUOUS))
            findings[each.id] = (
                *each.findings,
                *(read_pictures(files, zygote, MNIST.form).findings if files else ()),
            )
        yield Collected(
            submissions={each.id: each for each in submissions},
            findings=findings,
            spool=folder / "spool",
            armed=armed,
        )


@every("case", [pytest.param(case, id=case.name) for case in QUICK])
def test_case_when_collected_then_says_what_was_wrong(collected: Collected, case: Case) -> None:
    assert case.id in collected.submissions
    assert collected.submissions[case.id].failure is None
    slugs = {finding.slug for finding in collected.findings[case.id]}
    assert not case.slugs or case.slugs & slugs, slugs


def test_class_when_collected_then_nobody_else_is_in_it_and_no_trap_was_touched(collected: Collected) -> None:
    assert set(collected.submissions) == {case.id for case in QUICK}
    assert not collected.armed.sprung()


@every("language", LANGUAGES)
def test_findings_when_told_then_the_message_has_everything_it_names(
    collected: Collected, language: str
) -> None:
    for findings in collected.findings.values():
        for finding in findings:
            text = Texts(language).message(finding)
            assert not output.hidden_characters(text)


def test_findings_when_there_are_thousands_then_some_are_listed_and_the_rest_counted(
    collected: Collected,
) -> None:
    assert all(len(findings) < 400 for findings in collected.findings.values())


def test_names_when_collected_then_are_safe_to_show_and_to_store(collected: Collected) -> None:
    for submission in collected.submissions.values():
        names = (submission.id, submission.name, *(file.name for file in submission.files))
        assert not any(output.hidden_characters(name) for name in names)
        assert len(page_id(submission.id).encode()) <= 200
    pages = [page_id(id_) for id_ in collected.submissions]
    assert len(set(pages)) == len(pages)


def test_spool_when_filled_then_holds_nothing_but_plain_files_under_our_names(collected: Collected) -> None:
    for path in collected.spool.rglob("*"):
        assert re.fullmatch(r"[0-9]+(/[0-9]+\.[a-z0-9]+)?", path.relative_to(collected.spool).as_posix())
        assert path.is_dir() or (path.is_file() and not path.is_symlink())


def test_spool_when_filled_then_holds_no_secret(collected: Collected) -> None:
    """Except where the student had it to hand in."""
    own = {"zip-is-text", "png-with-secret-texts"}
    for id_, submission in collected.submissions.items():
        if id_ not in own:
            assert all(
                collected.armed.marker.encode() not in file.path.read_bytes() for file in submission.files
            )
