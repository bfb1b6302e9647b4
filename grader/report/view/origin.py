"""Where each miss comes from, and what normalizing changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.analysis.readings import Verdict, answer, diagnosis_of, picture_verdict
from grader.core.count import Count
from grader.core.diagnosis import repair_counts
from grader.core.evidence import STUDENT
from grader.core.picture import Picture
from grader.report.numbers import count_text
from grader.report.view.misses import Miss, fit, miss, repair_words
from grader.report.view.page import Page, measured
from grader.report.view.pictures import TONES, Pictures

GROUPS = {Verdict.MODEL: 7, Verdict.CONTESTED: 5, Verdict.HANDED_IN: 10, Verdict.WELL_DONE: 3}
"""Groups that list their pictures, those that cost points first, and how many at most; the table of the pictures has all.
"""

LIGHT_BORDER = 0.5
"""Median of the border above which a picture counts as dark ink on a light background."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The pictures with one verdict."""

    key: str
    title: str
    explanation: str
    tone: str
    repairs: str
    """What was needed to make the model read them, and how often; "" when nothing is known."""
    misses: tuple[Miss, ...]
    is_table: bool
    """Whether a table row is enough for each picture."""
    hints: str
    """What colors and near digits mean; "" where there are none."""
    more: str
    """How many are not shown here; "" for none."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """As handed in against normalized."""

    before: str
    after: str
    sentence: str
    gained: str
    """Which pictures normalizing won; "" for none, and where they are listed one by one."""
    lost: str
    """Which pictures normalizing lost; "" for none."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The section."""

    why_not: str
    comparison: Comparison | None
    groups: tuple[Group, ...]
    well_read: str
    """How many pictures both networks read, with nothing to explain; "" for none."""
    left_out: str
    """How many pictures could not be judged; "" for none."""


def origin(page: Page, shown: Pictures) -> Origin:
    """Return the section; `shown` are the listed pictures."""
    verdicts = {p.file: picture_verdict(page.evidence, p) for p in page.pictures}
    groups = [_group(page, shown, verdicts, found) for found in GROUPS if found in verdicts.values()]
    misses = iter(fit([each for group in groups for each in group.misses]))
    groups = [replace(group, misses=tuple(next(misses) for _ in group.misses)) for group in groups]
    judged = [found for found in verdicts.values() if found is not None]
    well_read = judged.count(Verdict.WELL_READ)
    left_out = len(verdicts) - len(judged)
    return Origin(
        why_not="" if judged else page.words("origin.nothing"),
        comparison=_comparison(page),
        groups=tuple(groups),
        well_read=page.words.plural("origin.well_read", well_read) if well_read else "",
        left_out=page.words.plural("origin.left_out", left_out) if judged and left_out else "",
    )


def _group(page: Page, shown: Pictures, verdicts: dict[str, Verdict | None], wanted: Verdict) -> Group:
    members = [picture for picture in page.pictures if verdicts[picture.file] is wanted]
    listed = [
        (picture, row)
        for picture, row in zip(shown.listed, shown.rows, strict=True)
        if verdicts[picture.file] is wanted
    ][: GROUPS[wanted]]
    more = len(members) - len(listed)
    is_contested = wanted in (Verdict.CONTESTED, Verdict.WELL_DONE)
    misses = tuple(miss(page, picture, row, is_contested=is_contested) for picture, row in listed)
    has_hints = any(each.heat is not None or each.nearest for each in misses)
    return Group(
        key=str(wanted),
        title=page.words.plural(f"verdict.{wanted}.title", len(members)),
        explanation=page.words(f"verdict.{wanted}.explanation"),
        tone=TONES[wanted],
        repairs=_repairs(page, members),
        misses=misses,
        is_table=wanted is Verdict.HANDED_IN,
        hints=page.words("origin.hints") if has_hints else "",
        more=page.words("origin.more", n=more) if more > 0 else "",
    )


def _repairs(page: Page, members: Sequence[Picture]) -> str:
    diagnoses = [found for p in members if (found := diagnosis_of(page.evidence, p)) is not None]
    asked = [found for found in diagnoses if found.variants_tried]
    counted = repair_counts(asked)
    if not counted or len(asked) == 1:
        return ""
    told = "; ".join(
        page.words("origin.repair_count", repair=repair_words(page.words, [name]), n=n) for name, n in counted
    )
    return page.words("origin.repairs", repairs=told, total=len(asked))


def _comparison(page: Page) -> Comparison | None:
    before = measured(page, STUDENT, "handwriting_as_submitted")
    after = measured(page, STUDENT, "handwriting")
    if not page.assignment.is_ink or before is None or after is None or before.count.total == 0:
        return None
    gained, lost = [], []
    for picture in page.pictures:
        plain = answer(page.evidence.student, picture.index, as_submitted=True)
        ours = answer(page.evidence.student, picture.index)
        if plain is None or ours is None or picture.label is None:
            continue
        was, is_now = plain.prediction == picture.label, ours.prediction == picture.label
        if is_now and not was:
            gained.append(page.class_name(picture.label))
        elif was and not is_now:
            lost.append(page.class_name(picture.label))
    words = page.words
    return Comparison(
        before=count_text(before.count, words),
        after=count_text(after.count, words),
        sentence=" ".join((_lesson(page, before.count, after.count), _polarity(page))).strip(),
        gained=words("origin.gained", digits=", ".join(gained))
        if gained and not page.evidence.diagnoses
        else "",
        lost=words("origin.lost", digits=", ".join(lost)) if lost else "",
    )


def _lesson(page: Page, before: Count, after: Count) -> str:
    gain = after.correct - before.correct
    return page.words(f"origin.lesson.{'better' if gain > 0 else 'worse' if gain < 0 else 'same'}")


def _polarity(page: Page) -> str:
    usable = [p for p in page.pictures if p.index is not None]
    light = sum(_has_light_background(page, p) for p in usable)
    model = page.evidence.model
    expects_dark = model is not None and (model.convention or "").startswith("white-on-black")
    if not light or not expects_dark:
        return ""
    return page.words("origin.polarity", n=light, total=len(usable))


def _has_light_background(page: Page, picture: Picture) -> bool:
    image = page.evidence.images.as_submitted[picture.index, :, :, 0]
    border = [*image[0], *image[-1], *image[1:-1, 0], *image[1:-1, -1]]
    middle = sorted(float(v) for v in border)[len(border) // 2]
    return middle > LIGHT_BORDER
