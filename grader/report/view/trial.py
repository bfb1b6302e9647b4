"""The page about one model on its own, put together from the parts that student pages have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grader.analysis.readings import margin
from grader.core.evidence import SubjectEvidence
from grader.core.model_trial import ModelTrial
from grader.core.perturbed import PerturbedPredictions
from grader.report.view.model import convention_text
from grader.report.view.notes import Note, finding_notes
from grader.report.view.page import Fact, Section, code_facts
from grader.report.view.robust_numbers import DigitSet
from grader.report.view.robust_radius import Listed
from grader.report.view.robustness import Drawn, Robustness, drawn, robustness
from grader.texts.catalog import Texts, plain

MOST_LISTED = 60
"""Pictures with a row of their own."""


@dataclass(frozen=True, kw_only=True)
class Part(Section):
    """One entry of the table of contents, and what stands there."""

    drawn: Drawn | None = None
    """What a set of digits shows; None for the other parts."""


@dataclass(frozen=True, kw_only=True)
class TrialPage:
    """Everything the template places."""

    title: str
    model: str
    date: str
    level: str
    convention: str
    """Input convention in words; "" for a reference model."""
    parts: tuple[Part, ...]
    robustness: Robustness
    notes: tuple[Note, ...]
    more: str
    """How many pictures have no row; "" for none."""
    limits: tuple[str, ...]
    facts: tuple[Fact, ...]


def trial_page(trial: ModelTrial, words: Texts) -> TrialPage:
    """Return everything that the page of one model shows."""
    name = plain(trial.model)
    test_set = _digits(trial, "test_set", trial.test_set, words)
    sets = [test_set]
    parts = [Part(id="set-test-set", title=test_set.title, drawn=drawn(test_set))]
    listed = _listed(trial)
    if trial.own is not None:
        own = _digits(trial, "own", trial.own, words)
        sets.append(own)
        shown = drawn(own, listed[:MOST_LISTED], trial.first_failures)
        parts.append(Part(id="set-own", title=own.title, drawn=shown))
    notes = finding_notes(trial.findings, words)
    if notes:
        parts.append(Part(id="findings", title=words("section.findings")))
    parts.insert(0, Part(id="numbers", title=words("trial.numbers")))
    parts.append(Part(id="provenance", title=words("trial.provenance")))
    hidden = len(listed) - MOST_LISTED
    return TrialPage(
        title=words("trial.title", model=name),
        model=name,
        date=trial.date,
        level=trial.level,
        convention="" if trial.convention is None else convention_text(words, trial.convention),
        parts=tuple(parts),
        robustness=robustness(sets, [part.drawn for part in parts if part.drawn is not None]),
        notes=notes,
        more=words.plural("pictures.hidden", hidden) if hidden > 0 else "",
        limits=tuple(words(f"limits.{key}") for key in ("intervals", "tested")),
        facts=code_facts(trial.versions),
    )


def _digits(
    trial: ModelTrial, key: Literal["own", "test_set"], predictions: PerturbedPredictions, words: Texts
) -> DigitSet:
    return DigitSet(
        key=key,
        predictions=predictions,
        subject=trial.subject,
        subject_name=plain(trial.model),
        referee=trial.referee,
        references=trial.references,
        zone=trial.zone,
        class_names=trial.class_names,
        words=words,
        is_alone=False,
    )


def _listed(trial: ModelTrial) -> Sequence[Listed]:
    """Return the pictures of the folder, in the order of their digits."""
    if trial.own is None or trial.images is None:
        return ()
    answered = SubjectEvidence(normalized=trial.probabilities)
    found = []
    for picture in sorted(trial.images.usable, key=lambda each: (each.label or 0, each.file)):
        if picture.index is None or picture.index not in trial.own.rows:
            continue
        found.append(
            Listed(
                row=picture.index,
                label=plain(picture.file),
                link="",
                margin=margin(answered, picture.index, picture.label),
            )
        )
    return found
