"""What is said of how a model was mended, fed and read."""

import numpy as np
import pytest

from grader.core.finding import Severity
from grader.core.submission import NOTHING_STATED, StatedModel
from grader.measuring.findings import convention_findings, repair_findings, stated_text
from grader.models.adapters import PLAIN, Convention
from grader.models.facts import Repair
from grader.models.inference import ConventionEvidence
from grader.texts.catalog import LANGUAGES, Texts, messages

OTHER = Convention(polarity="black-on-white", scale="0-255")


def found(
    chosen: Convention = PLAIN,
    contradicted: Convention | None = None,
    label_order: tuple[int, ...] = (),
) -> ConventionEvidence:
    return ConventionEvidence(
        chosen=chosen,
        is_certain=True,
        contradicted=contradicted,
        outputs="probabilities",
        label_order=label_order,
        losses={PLAIN.id: 0.1, OTHER.id: 0.2},
        accuracies={PLAIN.id: 0.25, OTHER.id: 0.9876},
        digits={PLAIN.id: 1000, OTHER.id: 1000},
        predictions=np.zeros(1, np.int64),
        scores=np.zeros((1, 10), np.float32),
    )


def test_repairs_when_every_one_was_made_then_each_is_said_in_both_languages() -> None:
    every = Repair(sum(Repair))
    findings = list(repair_findings("m.h5", every))
    assert len(findings) == len(Repair)
    assert {finding.severity for finding in findings} == {Severity.INFO}
    for language in LANGUAGES:
        assert all(finding.slug in messages(language) for finding in findings)


@pytest.mark.parametrize("repair", list(Repair))
def test_repairs_when_one_was_made_then_only_that_is_said(repair: Repair) -> None:
    assert len(list(repair_findings("m.h5", repair))) == 1
    assert list(repair_findings("m.h5", Repair(0))) == []


def test_convention_when_plain_then_nothing_is_said() -> None:
    assert list(convention_findings("m.keras", found(), NOTHING_STATED)) == []


def test_convention_when_another_then_both_accuracies_are_named() -> None:
    (finding,) = convention_findings("m.keras", found(OTHER), NOTHING_STATED)
    assert (finding.slug, finding.severity) == ("model-other-convention", Severity.INFO)
    for language in LANGUAGES:
        told = Texts(language).message(finding)
        assert all(part in told for part in ("98.8", "25.0", OTHER.id, "m.keras"))


def test_convention_when_stated_otherwise_then_a_warning_names_both() -> None:
    stated = StatedModel(polarity="white-on-black", network="lecture-mlp")
    first, _ = convention_findings("m.keras", found(OTHER, contradicted=PLAIN), stated)
    assert (first.slug, first.severity) == ("model-stated-otherwise", Severity.WARNING)
    for language in LANGUAGES:
        told = Texts(language).message(first)
        assert all(part in told for part in ("white-on-black", "25.0", OTHER.id, "98.8", "1000"))


def test_convention_when_outputs_are_in_another_order_then_it_is_named() -> None:
    (finding,) = convention_findings("m.keras", found(label_order=(9, *range(9))), NOTHING_STATED)
    assert finding.slug == "model-label-order"
    assert "9, 0, 1, 2, 3, 4, 5, 6, 7, 8" in Texts("ko").message(finding)


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        (NOTHING_STATED, None),
        (StatedModel(network="lecture-mlp"), None),
        (StatedModel(scale="l2"), "l2"),
        (StatedModel(polarity="black-on-white", scale="0-1"), "black-on-white/0-1"),
    ],
)
def test_stated_when_told_then_only_what_was_said(stated: StatedModel, text: str | None) -> None:
    assert stated_text(stated) == text
