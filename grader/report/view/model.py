"""What the student's model is, and what it expects."""

from dataclasses import dataclass

from grader.core.count import Count
from grader.core.evidence import STUDENT, ModelEvidence
from grader.core.finding import Severity
from grader.core.submission import Role
from grader.report.numbers import NOTHING, count_text, interval_text
from grader.report.view.architecture import (
    Drawing,
    LayerTable,
    drawing,
    layer_table,
    network_facts,
    network_notes,
)
from grader.report.view.page import Fact, Page, asked, known_text, measured
from grader.texts.catalog import Texts, plain


@dataclass(frozen=True, kw_only=True)
class ConventionRow:
    """One way of feeding the model, and how it did."""

    name: str
    loss: str
    accuracy: str
    is_used: bool


@dataclass(frozen=True, kw_only=True)
class Model:
    """The section."""

    why_not: str
    """Why there are no facts; "" when the model loaded."""
    convention: str = ""
    """What the model expects, in one sentence; "" when unknown."""
    facts: tuple[Fact, ...] = ()
    drawing: Drawing | None = None
    layers: LayerTable | None = None
    conventions: tuple[ConventionRow, ...] = ()


def model(page: Page) -> Model:
    """Return the section."""
    found = page.evidence.model
    if found is None:
        return Model(why_not=page.words(_absence(page)))
    return Model(
        why_not="" if found.loaded else page.words("model.not_loaded"),
        convention=_convention(page, found),
        facts=_facts(page, found),
        drawing=drawing(page, found),
        layers=layer_table(page, found),
        conventions=tuple(
            ConventionRow(
                name=convention_text(page.words, name),
                loss=f"{loss:.3f}",
                accuracy=f"{100 * found.convention_accuracies[name]:.1f} %"
                if name in found.convention_accuracies
                else NOTHING,
                is_used=name == found.convention,
            )
            for name, loss in sorted(found.convention_losses.items(), key=lambda pair: (pair[1], pair[0]))
        ),
    )


def _absence(page: Page) -> str:
    refused = any(
        finding.severity is Severity.REFUSED and finding.file == file.name
        for file in page.evidence.files
        if file.role is Role.MODEL
        for finding in page.evidence.findings
    )
    return "model.refused" if refused else "model.none"


def convention_text(words: Texts, convention: str) -> str:
    """Return an input convention such as "white-on-black/0-1" in words; an unknown part stays as it is."""
    told = []
    for sort, part in zip(("polarity", "scale", "fit"), convention.split("/", 2), strict=False):
        if part:
            told.append(known_text(words, f"convention.{sort}.{part}", plain(part)))
    return ", ".join(told)


def _convention(page: Page, found: ModelEvidence) -> str:
    if found.convention is None:
        return ""
    told = page.words(
        "model.convention",
        convention=convention_text(page.words, found.convention),
        shape=" × ".join(map(str, found.input_shape)) or NOTHING,
    )
    uncertain = "" if found.convention_is_certain else page.words("model.uncertain")
    return " ".join(part for part in (told, uncertain, _as_handed_in(page, found)) if part)


_PLAIN = "white-on-black/0-1"


def _as_handed_in(page: Page, found: ModelEvidence) -> str:
    """Return what the model would have scored if nothing had been adapted to it; "" when that is not known."""
    n = found.convention_digits.get(_PLAIN, 0)
    if _PLAIN not in found.convention_accuracies or not n:
        return ""
    test_set = Count(correct=round(n * found.convention_accuracies[_PLAIN]), total=n)
    percent = test_set.percent_text
    own = measured(page, STUDENT, "handwriting_as_submitted")
    pictures = count_text(own.count, page.words) if own is not None and own.count.total else ""
    if found.convention == _PLAIN:
        return page.words("model.pictures_as_handed_in", pictures=pictures) if pictures else ""
    if not pictures:
        return page.words("model.as_handed_in", percent=percent)
    return page.words("model.as_handed_in_with_pictures", percent=percent, pictures=pictures)


def _facts(page: Page, found: ModelEvidence) -> tuple[Fact, ...]:
    words = page.words
    facts = list(network_facts(page, found))
    test_set = measured(page, STUDENT, "test_set")
    if test_set is not None:
        value = words(
            "model.test_set_value",
            count=count_text(test_set.count, words),
            percent=test_set.count.percent_text,
            interval=interval_text(test_set.count, words),
        )
    else:
        value = page.why_not(asked(page, STUDENT, "test_set"))
    facts.append(Fact(name=words("model.test_set"), value=value))
    reference = measured(page, page.referee_id, "test_set")
    if reference is not None:
        told = words(
            "count.sum", percent=reference.count.percent_text, count=count_text(reference.count, words)
        )
        facts.append(Fact(name=words("model.test_set_referee"), value=told))
    return (*facts, *network_notes(page, found))
