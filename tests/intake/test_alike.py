from pathlib import Path

from grader.core.finding import Finding, Severity
from grader.intake.collect import MOST_ALIKE, collect, without_crowds
from grader.texts.catalog import LANGUAGES, Texts
from tests.digits import MNIST
from tests.intake.files import PNG, write


def finding(slug: str, file: str, severity: Severity = Severity.REFUSED) -> Finding:
    return Finding(slug=slug, severity=severity, file=file)


def test_findings_when_few_are_alike_then_nothing_changes() -> None:
    findings = (finding("a", "1"), finding("b", "2"), *(finding("a", str(n)) for n in range(MOST_ALIKE - 1)))
    assert without_crowds(findings) == findings


def test_findings_when_many_are_alike_then_the_first_are_listed_and_the_rest_counted() -> None:
    many = [finding("a", str(n), Severity.WARNING) for n in range(MOST_ALIKE + 7)]
    *listed, other, more = without_crowds([*many, finding("b", "x")])
    assert listed == many[:MOST_ALIKE]
    assert other.slug == "b"
    assert (more.slug, more.severity) == ("findings-alike", Severity.WARNING)
    assert more.values == {"slug": "a", "count": 7, "shown": MOST_ALIKE}
    assert all("7" in Texts(language).message(more) for language in LANGUAGES)


def test_collect_when_thousands_of_links_lie_in_a_folder_then_few_are_listed(tmp_path: Path) -> None:
    folder = write(tmp_path / "kim", {"3.png": PNG})
    for number in range(2000):
        (folder / f"link{number}").symlink_to("3.png")
    (submission,) = collect([folder], tmp_path / "spool", MNIST)
    slugs = [each.slug for each in submission.findings]
    assert slugs == ["file-not-regular"] * MOST_ALIKE + ["findings-alike"]
    assert submission.findings[-1].values["count"] == 2000 - MOST_ALIKE
