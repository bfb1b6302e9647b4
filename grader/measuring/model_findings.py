"""What is known of a model → findings about how it was mended, fed and read."""

from collections.abc import Iterator

from grader.core.finding import Finding, Severity
from grader.core.submission import StatedModel
from grader.models.conventions import PLAIN
from grader.models.facts import REPAIR_SLUGS, Repair
from grader.models.inference import ConventionEvidence


def repair_findings(file: str, repairs: Repair) -> Iterator[Finding]:
    """Say what had to be mended before the model could be loaded."""
    for repair, slug in REPAIR_SLUGS.items():
        if repair in repairs:
            yield Finding(slug=slug, severity=Severity.INFO, file=file)


def convention_findings(file: str, found: ConventionEvidence, stated: StatedModel) -> Iterator[Finding]:
    """Say where the model expects something else than is taught, than was stated, or than class i at output i."""
    own = found.chosen.id
    if found.contradicted is not None:
        other = found.contradicted.id
        yield Finding(
            slug="model-stated-otherwise",
            severity=Severity.WARNING,
            file=file,
            values={
                "stated": str(stated_text(stated)),
                "stated_percent": _percent(found.accuracies[other]),
                "convention": own,
                "own_percent": _percent(found.accuracies[own]),
                "n": found.digits[own],
            },
        )
    if found.chosen != PLAIN:
        yield Finding(
            slug="model-other-convention",
            severity=Severity.INFO,
            file=file,
            values={
                "convention": own,
                "plain_percent": _percent(found.accuracies[PLAIN.id]),
                "own_percent": _percent(found.accuracies[own]),
            },
        )
    if found.label_order:
        yield Finding(
            slug="model-label-order",
            severity=Severity.WARNING,
            file=file,
            values={
                "order": ", ".join(map(str, found.label_order)),
                "percent": _percent(found.accuracies[own]),
                "n": found.digits[own],
            },
        )


def stated_text(stated: StatedModel) -> str | None:
    """Return what was stated of the convention, "black-on-white/0-255" or a part of it; None when nothing was."""
    return "/".join(part for part in (stated.polarity, stated.scale) if part) or None


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
