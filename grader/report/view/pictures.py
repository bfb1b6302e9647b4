"""The pictures themselves: as handed in, only resized, as normalized, and what each network reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.analysis.readings import Answer, Verdict, answer, answers, picture_verdict
from grader.core.count import Count
from grader.core.evidence import STUDENT, SubjectEvidence
from grader.core.picture import Picture
from grader.report.numbers import confidence_text
from grader.report.thumbnails import preview_png, seen_png
from grader.report.view.page import Page, measured
from grader.texts.catalog import plain


@dataclass(frozen=True, kw_only=True)
class AnswerCell:
    """What one network made of one picture."""

    text: str
    """The class, or why there is none."""
    confidence: str
    mark: str
    """"right", "wrong", or "" when there is nothing to compare."""
    word: str
    """The mark as a word."""


def answer_cell(
    page: Page, subject: SubjectEvidence | None, picture: Picture, *, as_submitted: bool = False
) -> AnswerCell:
    """Return what a network made of a picture, in words; a picture that could not be read has no class."""
    found = answer(subject, picture.index, as_submitted=as_submitted)
    return _no_answer(page, picture) if found is None else _cell(page, found, picture.label)


def best_cells(page: Page, subject: SubjectEvidence | None, picture: Picture) -> tuple[AnswerCell, ...]:
    """Return the two best answers, right or wrong left open; one cell that says why where there is none."""
    found = answers(subject, picture.index, top=2)
    return tuple(_cell(page, each, None) for each in found) or (_no_answer(page, picture),)


def spoken(cell: AnswerCell) -> str:
    """Return an answer as one piece of text."""
    return f"{cell.text} ({cell.confidence})" if cell.confidence else cell.text


def _cell(page: Page, found: Answer, label: int | None) -> AnswerCell:
    mark = "" if label is None else "right" if found.prediction == label else "wrong"
    return AnswerCell(
        text=page.class_name(found.prediction),
        confidence=confidence_text(found.confidence),
        mark=mark,
        word=page.words(f"answer.{mark}") if mark else "",
    )


def _no_answer(page: Page, picture: Picture) -> AnswerCell:
    key = "answer.not_read" if picture.index is None else "answer.none"
    return AnswerCell(text=page.words(key), confidence="", mark="", word="")


MOST_PICTURES = 30
"""Pictures listed, each with three thumbnails; wrong ones stay."""

THUMBNAIL_BYTES = 64_000
"""Room for all thumbnails of a page, as data URIs."""

PREVIEW_SIZES = ((96, 16), (48, 8))
"""Side and colors of the previews: the first that fits into `THUMBNAIL_BYTES`, else the last."""

TONES = {
    Verdict.MODEL: "bad",
    Verdict.CONTESTED: "part",
    Verdict.HANDED_IN: "part",
    Verdict.WELL_DONE: "good",
    Verdict.WELL_READ: "good",
}
"""CSS class of each verdict. Where not all pictures fit, those with the first verdicts stay, after those without one."""


@dataclass(frozen=True, kw_only=True)
class Thumbs:
    """The views of one picture, as data URIs."""

    original: str
    submitted: str
    """"" where it would show the same as `normalized`."""
    normalized: str


@dataclass(frozen=True, kw_only=True)
class PictureRow:
    """One picture."""

    id: str
    label: str
    file: str
    note: str
    """Size, where the label came from, or why it was not used."""
    thumbs: Thumbs | None
    original_alt: str
    submitted_alt: str
    normalized_alt: str
    as_submitted: AnswerCell
    student: AnswerCell
    referee: AnswerCell
    lecture: AnswerCell | None
    verdict: str
    tone: str
    """CSS class of the verdict."""


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Both lists."""

    rows: tuple[PictureRow, ...]
    listed: tuple[Picture, ...]
    """The picture behind each row."""
    totals: Mapping[str, Count | None]
    """Pictures read rightly, by column."""
    ambiguous: tuple[Picture, ...]
    """The deliberately ambiguous pictures that are listed."""
    thumbs: Mapping[int, Thumbs]
    """Thumbnails that fit into the page, by row of the arrays."""
    hidden: str
    """How many are not listed; "" for none."""
    without_thumbs: str
    """How many are listed without their pictures; "" for none."""
    missing: str
    """Classes without any picture; "" for none."""
    lecture_name: str
    """"" when there is no lecture network."""
    has_submitted: bool
    """Whether the pictures as they are, only resized, differ from what the network sees."""
    has_referee: bool
    """Whether the data set has one."""


def pictures(page: Page) -> Pictures:
    """Return the rows of both picture lists."""
    important = sorted(page.pictures, key=lambda p: _urgency(page, p))[:MOST_PICTURES]
    room_left = MOST_PICTURES - len(important)
    ambiguous = page.ambiguous[:room_left]
    hidden = len(page.evidence.images.pictures) - len(important) - len(ambiguous)
    thumbs = thumbnails(page, [*important, *ambiguous])
    listed = tuple(p for p in page.pictures if p in important)
    bare = sum(1 for p in (*important, *ambiguous) if p.index is not None and p.index not in thumbs)
    labels = {p.label for p in page.pictures}
    missing = [name for i, name in enumerate(page.class_names) if i not in labels]
    return Pictures(
        rows=tuple(_row(page, p, f"picture-{n}", thumbs) for n, p in enumerate(listed, 1)),
        listed=listed,
        totals={
            column: found.count if found else None
            for column, who, question in (
                ("as_submitted", STUDENT, "handwriting_as_submitted"),
                ("student", STUDENT, "handwriting"),
                ("referee", page.referee_id, "handwriting"),
                ("lecture", page.lecture_id or "", "handwriting"),
            )
            for found in (measured(page, who, question),)
        },
        ambiguous=ambiguous,
        thumbs=thumbs,
        hidden=page.words.plural("pictures.hidden", hidden) if hidden else "",
        without_thumbs=page.words.plural("pictures.without_thumbs", bare) if bare else "",
        missing=page.words("pictures.missing", classes=", ".join(missing)) if missing else "",
        lecture_name=page.lecture_id or "",
        has_submitted=page.assignment.is_ink,
        has_referee=bool(page.referee_id),
    )


def thumbnails(page: Page, important_first: Sequence[Picture]) -> dict[int, Thumbs]:
    """Return the thumbnails that fit into a page, by row of the arrays.

    Args:
        page: the submission.
        important_first: the pictures to show, those to keep longest first.
    """
    indices = [p.index for p in important_first if p.index is not None]
    for side_pixels, colors in PREVIEW_SIZES:
        thumbs = {i: _thumbs(page, i, side_pixels, colors) for i in indices}
        if sum(map(_size, thumbs.values())) <= THUMBNAIL_BYTES:
            return thumbs
    room = THUMBNAIL_BYTES
    fitting = {}
    for i, thumb in thumbs.items():
        room -= _size(thumb)
        if room < 0:
            break
        fitting[i] = thumb
    return fitting


def _thumbs(page: Page, index: int, side_pixels: int, colors: int) -> Thumbs:
    images = page.evidence.images
    return Thumbs(
        original=preview_png(images.previews[index], side_pixels=side_pixels, colors=colors),
        submitted=seen_png(images.as_submitted[index], side_pixels=side_pixels, colors=colors)
        if page.assignment.is_ink
        else "",
        normalized=seen_png(images.normalized[index], side_pixels=side_pixels, colors=colors),
    )


def _size(thumbs: Thumbs) -> int:
    return len(thumbs.original) + len(thumbs.submitted) + len(thumbs.normalized)


def _urgency(page: Page, picture: Picture) -> int:
    found = picture_verdict(page.evidence, picture)
    return -1 if found is None else list(TONES).index(found)


def _row(page: Page, picture: Picture, row_id: str, thumbs: dict[int, Thumbs]) -> PictureRow:
    words = page.words
    student = answer_cell(page, page.evidence.student, picture)
    referee = answer_cell(page, page.referee, picture)
    as_submitted = answer_cell(page, page.evidence.student, picture, as_submitted=True)
    found = picture_verdict(page.evidence, picture)
    label = page.class_name(picture.label)
    return PictureRow(
        id=row_id,
        label=label,
        file=plain(picture.file),
        note=picture_note(page, picture),
        thumbs=None if picture.index is None else thumbs.get(picture.index),
        original_alt=words("pictures.alt_original", file=plain(picture.file), label=label),
        submitted_alt=words("pictures.alt_submitted", label=label, student=spoken(as_submitted)),
        normalized_alt=words(
            "pictures.alt_normalized", label=label, student=spoken(student), referee=spoken(referee)
        ),
        as_submitted=as_submitted,
        student=student,
        referee=referee,
        lecture=None if page.lecture_id is None else answer_cell(page, page.lecture, picture),
        verdict=_verdict_word(page, picture, found),
        tone="quiet" if found is None else _tone(page, picture, found),
    )


def _verdict_word(page: Page, picture: Picture, found: Verdict | None) -> str:
    if found is Verdict.HANDED_IN and not _is_read_normalized(page, picture):
        return page.words("verdict.short.turned")
    if found is not None:
        return page.words(f"verdict.short.{found}")
    if picture.index is None:
        return page.words(f"verdict.short.{_why_unused(picture)}")
    if picture.label is None:
        return page.words("verdict.short.unlabelled")
    return page.words("verdict.short.unknown")


def _tone(page: Page, picture: Picture, found: Verdict) -> str:
    is_mended = found is Verdict.HANDED_IN and _is_read_normalized(page, picture)
    return "good" if is_mended else TONES[found]


def _is_read_normalized(page: Page, picture: Picture) -> bool:
    found = answer(page.evidence.student, picture.index)
    return found is not None and found.prediction == picture.label


def _why_unused(picture: Picture) -> str:
    """Return "blank" for a picture that was opened and holds no ink, else "unreadable"."""
    return "unreadable" if picture.width_pixels is None else "blank"


def picture_note(page: Page, picture: Picture) -> str:
    """Return size and where the label came from, or why the picture was not used."""
    if picture.index is None:
        return page.words(f"pictures.{_why_unused(picture)}")
    parts = []
    if picture.width_pixels is not None and picture.height_pixels is not None:
        parts.append(f"{picture.width_pixels} × {picture.height_pixels} px")
    if picture.label_source is not None:
        parts.append(page.words(f"label_source.{picture.label_source}"))
    return " · ".join(parts)
