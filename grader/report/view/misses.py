"""One misread picture: what makes the model read it, what speaks for the wrong class, and which digits are near."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grader.analysis.occlusion import influence, strongest_region
from grader.analysis.readings import answer, diagnosis_of, standing
from grader.core.diagnosis import Diagnosis
from grader.core.picture import ImageSet, Picture
from grader.report.numbers import angle_text, confidence_text, shift_text, signed_points_text
from grader.report.thumbnails import heat_png, ink_png, seen_png, strip_png
from grader.report.view.page import Page
from grader.report.view.pictures import PictureRow
from grader.texts.catalog import Texts


def repair_words(words: Texts, names: Sequence[str], amounts: Mapping[str, float] | None = None) -> str:
    """Return repairs as a list in words, with how much was changed where that is known."""
    return ", ".join(_repair(words, name, amounts or {}) for name in names)


def _repair(words: Texts, name: str, amounts: Mapping[str, float]) -> str:
    details = []
    if name == "upright":
        if amounts.get("is_mirrored"):
            details.append(words("origin.mirrored"))
        if amounts.get("angle_degrees"):
            details.append(angle_text(_shortest(amounts["angle_degrees"])))
    if name == "shift" and amounts:
        shift = shift_text(amounts.get("dx_pixels", 0), amounts.get("dy_pixels", 0))
        return words("robustness.moved", shift=shift)
    told = words(f"origin.repair.{name}")
    return f"{told} ({', '.join(details)})" if details else told


def _shortest(degrees: float) -> float:
    """Return the same turn as an angle from -180 to 180 degrees, half a turn as 180."""
    return 180 - (180 - degrees) % 360


LEAST_CHANGE = 0.05
"""Where covering any part changes the lead by less, no part is singled out."""

ROOM_BYTES = 28_000
"""Room for everything that is drawn about misses, as data URIs: pairs first, then maps, then near digits."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One small picture."""

    source: str
    """A data URI; "" where there was no room."""
    alt: str
    caption: str


@dataclass(frozen=True, kw_only=True)
class Miss:
    """One misread picture."""

    row: PictureRow
    """The same picture in the table of the pictures."""
    before: Shown
    after: Shown | None = None
    """The repaired picture; None where no repair helps."""
    fix: str
    """What makes the model read it, in words; or that nothing does."""
    tried: str = ""
    """How many repaired pictures were tried; "" when none was."""
    against: str = ""
    """Which class is read instead, and by how much; "" when nobody asked."""
    others: str
    """What the referee makes of it; "" where that adds nothing."""
    standing: str
    """Whether it counts for points, in words."""
    heat: Shown | None = None
    """What speaks for the wrong class."""
    nearest: tuple[Shown, ...] = ()
    """Known digits that look most like it, of the wrong class and of the label."""


def miss(page: Page, picture: Picture, row: PictureRow, *, is_contested: bool) -> Miss:
    """Return what is known about one misread picture.

    Args:
        page: the submission.
        picture: misread, with a label and a row in the arrays.
        row: the same picture in the table.
        is_contested: the referee does not read it either; what it reads is told.
    """
    found = diagnosis_of(page.evidence, picture)
    counts = standing(page.evidence, picture)
    unexplained = Miss(
        row=row,
        before=_normalized(page, picture, row),
        fix=page.words("origin.not_asked"),
        others=_others(page, picture) if is_contested else "",
        standing="" if counts is None else page.words(f"origin.standing.{counts}"),
    )
    if found is None or picture.index is None:
        return unexplained
    return replace(
        unexplained,
        before=_before(page, found, row),
        after=_after(page, found),
        fix=_fix(page, found),
        tried=""
        if found.variants_tried == 0
        else page.words.plural("origin.tried", found.variants_tried, right=found.variants_right),
        against=page.words(
            f"origin.against.{'submitted' if found.reads_normalized else 'normalized'}",
            competitor=page.class_name(found.competitor),
            label=page.class_name(found.label),
            points=signed_points_text(-found.margin).lstrip("+"),
        ),
        heat=_heat(page, found, page.evidence.images),
        nearest=_nearest(page, found),
    )


def fit(misses: Sequence[Miss]) -> tuple[Miss, ...]:
    """Return the misses with as many small pictures as a page has room for."""
    room = ROOM_BYTES

    def kept(shown: Shown) -> Shown:
        nonlocal room
        room -= len(shown.source)
        return shown if room >= 0 else replace(shown, source="")

    pairs = [
        replace(each, before=kept(each.before), after=None if each.after is None else kept(each.after))
        for each in misses
    ]
    maps = [each if each.heat is None else replace(each, heat=kept(each.heat)) for each in pairs]
    return tuple(replace(each, nearest=tuple(map(kept, each.nearest))) for each in maps)


def _before(page: Page, found: Diagnosis, row: PictureRow) -> Shown:
    images = page.evidence.images
    kind = "normalized" if found.reads_as_submitted else "submitted"
    image = (images.normalized if found.reads_as_submitted else images.as_submitted)[found.index]
    read = _read(page, found.prediction_before, found.confidence_before)
    caption = page.words(f"origin.caption.{kind}", read=read)
    return _as_it_was(page, row, seen_png(image), caption)


def _normalized(page: Page, picture: Picture, row: PictureRow) -> Shown:
    found = answer(page.evidence.student, picture.index)
    read = (
        "" if found is None else f"{page.class_name(found.prediction)} ({confidence_text(found.confidence)})"
    )
    source = "" if picture.index is None else seen_png(page.evidence.images.normalized[picture.index])
    return _as_it_was(page, row, source, page.words("origin.caption.normalized", read=read))


def _as_it_was(page: Page, row: PictureRow, source: str, caption: str) -> Shown:
    alt = page.words("origin.alt_before", label=row.label, caption=caption)
    return Shown(source=source, alt=alt, caption=caption)


def _read(page: Page, prediction: int, confidence: float) -> str:
    """Return an answer that is not broken into two lines."""
    return f"{page.class_name(prediction)} ({confidence_text(confidence)})".replace(" ", "\u00a0")


def _after(page: Page, found: Diagnosis) -> Shown | None:
    if found.repaired is None or found.confidence_after is None:
        return None
    read = _read(page, found.label, found.confidence_after)
    caption = page.words("origin.caption.repaired", read=read)
    repairs = repair_words(page.words, found.repairs, found.amounts)
    return Shown(
        source=ink_png(found.repaired),
        alt=page.words(
            "origin.alt_after", label=page.class_name(found.label), repairs=repairs, caption=caption
        ),
        caption=caption,
    )


def _fix(page: Page, found: Diagnosis) -> str:
    if found.repairs:
        return page.words("origin.fix", repairs=repair_words(page.words, found.repairs, found.amounts))
    if found.reads_normalized:
        return page.words("origin.normalized_alone")
    if found.variants_tried == 0:
        return page.words("origin.not_asked")
    return page.words("origin.no_fix_reliable" if found.variants_right else "origin.no_fix")


def _others(page: Page, picture: Picture) -> str:
    student, referee = answer(page.evidence.student, picture.index), answer(page.referee, picture.index)
    if student is None or referee is None:
        return ""
    if student.prediction == referee.prediction and student.prediction != picture.label:
        return page.words("origin.same_other", prediction=page.class_name(student.prediction))
    return page.words(
        "origin.referee_reads",
        prediction=page.class_name(referee.prediction),
        confidence=confidence_text(referee.confidence),
    )


def _heat(page: Page, found: Diagnosis, images: ImageSet) -> Shown | None:
    if found.occlusion is None:
        return None
    region, heat = strongest_region(found.occlusion), influence(found.occlusion)
    if region is None or region.change < LEAST_CHANGE or heat.max() <= 0:
        return None
    competitor = page.class_name(found.competitor)
    caption = page.words(
        "origin.heat",
        competitor=competitor,
        label=page.class_name(found.label),
        region=page.words(f"origin.region.{region.row}_{region.column}"),
        points=f"{100 * region.change:.1f}",
    )
    return Shown(
        source=heat_png(images.normalized[found.index], heat / np.float32(heat.max())),
        alt=page.words("origin.heat_alt", label=page.class_name(found.label), caption=caption),
        caption=caption,
    )


def _nearest(page: Page, found: Diagnosis) -> tuple[Shown, ...]:
    shown = []
    for near in found.nearest:
        distances = ", ".join(f"{distance:.1f}" for distance in near.distances)
        caption = page.words(
            "origin.nearest", digit=page.class_name(near.label), distance=f"{near.distances[0]:.1f}"
        )
        pictures = np.stack([page.evidence.test_images[row] for row in near.rows])
        alt = page.words("origin.nearest_alt", digit=page.class_name(near.label), distances=distances)
        shown.append(Shown(source=strip_png(pictures), alt=alt, caption=caption))
    return tuple(shown)
