"""The straight path without models: what is kept of an earlier run."""

from pathlib import Path

import pytest

from grader.core.finding import Finding, Severity
from grader.pipeline import _is_current
from grader.store.evidence import save_evidence
from tests.builders import make_evidence


@pytest.mark.parametrize(
    ("slug", "is_kept"), [("model-killed", False), ("picture-killed", False), ("model-timeout", True)]
)
def test_evidence_when_something_was_killed_by_chance_then_it_is_measured_again(
    slug: str, is_kept: bool, tmp_path: Path
) -> None:
    found = Finding(slug=slug, severity=Severity.REFUSED, file="model.keras")
    evidence = make_evidence(findings=[found])
    save_evidence(evidence, tmp_path)
    assert _is_current(tmp_path / f"{evidence.submission_id}.json", evidence.key) is is_kept
