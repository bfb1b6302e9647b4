"""Where each miss comes from, and what normalizing changed."""

from dataclasses import dataclass

from grader.core.count import Count
from grader.core.picture import Picture
from grader.core.verdict import Verdict, answer, picture_verdict
from grader.report.numbers import count_text
from grader.report.view.page import Page, measured
from grader.report.view.pictures import TONES, PictureRow, Pictures

GROUPS = (Verdict.MODEL, Verdict.PICTURE, Verdict.LABEL, Verdict.WELL_DONE)
"""Groups that list their pictures, in this order."""

MOST_IN_GROUP = 5
"""Pictures shown for one verdict; the table of the pictures has them all."""

LIGHT_BORDER = 0.5
"""Median of the border above which a picture counts as dark ink on a light background."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The pictures with one verdict."""

    title: str
    explanation: str
    tone: str
    rows: tuple[PictureRow, ...]
    more: str
    """How many are not shown here; "" for none."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """As handed in against normalized."""

    before: str
    after: str
    sentence: str
    gained: str
    """Which pictures normalizing won; "" for none."""
    lost: str
    """Which pictures normalizing lost; "" for none."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The section."""

    why_not: str
    comparison: Comparison | None
    groups: tuple[Group, ...]
    well_read: str
    """How many pictures both networks read."""
    left_out: str
    """How many pictures could not be judged; "" for none."""


def origin(page: Page, shown: Pictures) -> Origin:
    """Return the section; `shown` are the listed pictures."""
    verdicts = {p.file: picture_verdict(page.evidence, p) for p in page.pictures}
    groups = tuple(
        _group(page, found, members) for found in GROUPS if (members := _members(shown, verdicts, found))
    )
    judged = [found for found in verdicts.values() if found is not None]
    well_read = judged.count(Verdict.WELL_READ)
    left_out = len(verdicts) - len(judged)
    return Origin(
        why_not="" if judged else page.words("origin.nothing"),
        comparison=_comparison(page),
        groups=groups,
        well_read=page.words.plural("origin.well_read", well_read) if judged else "",
        left_out=page.words.plural("origin.left_out", left_out) if judged and left_out else "",
    )


def _group(page: Page, found: Verdict, members: tuple[PictureRow, ...]) -> Group:
    more = len(members) - MOST_IN_GROUP
    return Group(
        title=page.words.plural(f"verdict.{found}.title", len(members)),
        explanation=page.words(f"verdict.{found}.explanation"),
        tone=TONES[found],
        rows=members[:MOST_IN_GROUP],
        more=page.words("origin.more", n=more) if more > 0 else "",
    )


def _members(shown: Pictures, verdicts: dict[str, Verdict | None], wanted: Verdict) -> tuple[PictureRow, ...]:
    pairs = zip(shown.listed, shown.rows, strict=True)
    return tuple(row for picture, row in pairs if verdicts[picture.file] is wanted)


def _comparison(page: Page) -> Comparison | None:
    before = measured(page.evidence.student, "handwriting_as_submitted")
    after = measured(page.evidence.student, "handwriting")
    if before is None or after is None or before.count.total == 0:
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
        gained=words("origin.gained", digits=", ".join(gained)) if gained else "",
        lost=words("origin.lost", digits=", ".join(lost)) if lost else "",
    )


def _lesson(page: Page, before: Count, after: Count) -> str:
    if after.correct > before.correct:
        return page.words("origin.lesson.better")
    if after.correct < before.correct:
        return page.words("origin.lesson.worse")
    return page.words("origin.lesson.same")


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
