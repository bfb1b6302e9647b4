"""Findings of one submission → as many as anybody reads: thousands alike are told by some of them and a number."""

from collections import Counter
from collections.abc import Iterable

from grader.core.finding import Finding, Severity

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
