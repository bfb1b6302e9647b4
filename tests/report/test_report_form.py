"""What every page promises, whoever it is about."""

import base64
import hashlib
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise, product

from grader.core.grade import CriterionStatus, SubmissionStatus
from grader.report.render import render_class, render_robustness, render_student
from tests.loops import every
from tests.report import build
from tests.report.markup import Element, parse


@cache
def html_of(name: str, language: str) -> str:
    """Return the page of one state; made once for all laws."""
    return _render(name, language)


def _render(name: str, language: str) -> str:
    full = build.evidence()
    if name == "class":
        return render_class(build.classroom(12), build.ASSIGNMENT, build.RUN, language)
    if name == "trial":
        return render_robustness(build.trial(), language)
    if name == "no_model":
        evidence, status = build.without_model(full), SubmissionStatus.INCOMPLETE
    elif name == "unreadable":
        evidence, status = build.unreadable(full, "digits/5b.png"), SubmissionStatus.INCOMPLETE
    elif name == "not_submitted":
        evidence, status = build.empty(full), SubmissionStatus.NOT_SUBMITTED
    elif name == "could_not_grade":
        evidence, status = build.empty(full, failure="test-our-failure"), SubmissionStatus.COULD_NOT_GRADE
    elif name == "empty_class":
        return render_class([], build.ASSIGNMENT, build.RUN, language)
    elif name == "hostile":
        evil = build.HOSTILE
        pictures = tuple(
            replace(p, file=evil[n % len(evil)] + str(n)) for n, p in enumerate(full.images.pictures)
        )
        files = tuple(replace(f, name=evil[n % len(evil)]) for n, f in enumerate(full.files))
        findings = tuple(replace(build.FINDINGS[0], file=e, values={"found": e, "needed": e}) for e in evil)
        evidence = replace(
            full,
            name=evil[0],
            submission_id=evil[2],
            images=replace(full.images, pictures=pictures),
            files=files,
            findings=findings,
            model=replace(full.model, file=evil[3], convention=evil[4]),
            provenance={evil[3]: evil[0]},
        )
        status = SubmissionStatus.GRADED
    else:
        evidence, status = full, SubmissionStatus.GRADED
    criteria = build.CRITERIA
    if status is SubmissionStatus.COULD_NOT_GRADE:
        criteria = tuple(replace(c, status=CriterionStatus.NOT_MEASURED, points=None) for c in criteria)
    grade = build.grade(
        evidence, criteria=criteria, status=status, has_points=status is not SubmissionStatus.COULD_NOT_GRADE
    )
    return render_student(
        grade, evidence, build.ASSIGNMENT, replace(build.RUN, is_self_check=name == "self_check"), language
    )


STATES = (
    "full",
    "self_check",
    "no_model",
    "unreadable",
    "not_submitted",
    "could_not_grade",
    "hostile",
    "class",
    "empty_class",
    "trial",
)


EVERY_PAGE = every("state, language", list(product(STATES, ("ko", "en"))))
"""A law holds on the page of every state in both languages; a failure names the pages on which it does not."""


@cache
def page_of(state: str, language: str) -> Element:
    return parse(html_of(state, language))


def test_page_when_rendered_twice_then_same_bytes() -> None:
    for state in ("full", "class"):
        assert _render(state, "ko").encode() == html_of(state, "ko").encode()


@EVERY_PAGE
def test_page_then_language_and_one_title(state: str, language: str) -> None:
    page = page_of(state, language)
    assert page.all("html")[0].attributes["lang"] == language
    assert len(page.all("title")[0].text) > 3


@EVERY_PAGE
def test_ids_then_unique_and_links_resolve(state: str, language: str) -> None:
    page = page_of(state, language)
    ids = [e.attributes["id"] for e in page.walk() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        target = link.attributes["href"]
        assert (
            target.removeprefix("#") in ids
            if target.startswith("#")
            else re.fullmatch(r"students/[A-Za-z0-9._~%-]+\.html", target)
        )
    for element in page.walk():
        for name in ("aria-labelledby", "aria-controls", "for"):
            if name in element.attributes:
                assert element.attributes[name] in ids


@EVERY_PAGE
def test_page_then_nothing_is_loaded(state: str, language: str) -> None:
    html = html_of(state, language)
    page = page_of(state, language)
    assert not re.search(r"https?:", html)
    assert not page.all("link")
    for element in page.walk():
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]
        for name in ("src", "srcset", "data", "action", "poster"):
            assert element.attributes.get(name, "data:").startswith("data:")
    assert "url(" not in page.all("style")[0].text
    assert "@import" not in page.all("style")[0].text


@EVERY_PAGE
def test_policy_then_second_in_head_and_hashes_match(state: str, language: str) -> None:
    html = html_of(state, language)
    page = page_of(state, language)
    metas = page.all("meta")
    assert metas[0].attributes == {"charset": "utf-8"}
    assert metas[1].attributes["http-equiv"] == "Content-Security-Policy"
    policy = metas[1].attributes["content"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert policy.endswith("base-uri 'none'; form-action 'none'")
    for tag in ("style", "script"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        assert len(inside) == 1
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@EVERY_PAGE
def test_headings_then_one_h1_and_no_skipped_level(state: str, language: str) -> None:
    page = page_of(state, language)
    levels = [int(e.tag[1]) for e in page.walk() if re.fullmatch("h[1-6]", e.tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@EVERY_PAGE
def test_landmarks_then_main_header_footer_and_skip_link(state: str, language: str) -> None:
    page = page_of(state, language)
    assert len(page.all("main")) == len(page.all("header")) == len(page.all("footer")) == 1
    skip = page.all("a")[0]
    assert skip.attributes["href"] == "#" + page.all("main")[0].attributes["id"]


@EVERY_PAGE
def test_images_then_each_has_a_long_description_and_a_size(state: str, language: str) -> None:
    page = page_of(state, language)
    for image in page.all("img"):
        assert len(image.attributes["alt"]) > 20
        size = (image.attributes["width"], image.attributes["height"])
        assert size == (("168", "56") if image.attributes["class"] == "strip" else ("84", "84"))


@EVERY_PAGE
def test_drawings_then_each_has_a_title_or_is_hidden(state: str, language: str) -> None:
    page = page_of(state, language)
    for drawing in page.all("svg"):
        if drawing.attributes.get("aria-hidden") == "true":
            continue
        title = next(e for e in drawing.children if isinstance(e, Element))
        assert title.tag == "title"
        assert title.text
        assert drawing.attributes["aria-labelledby"] == title.attributes["id"]


@EVERY_PAGE
def test_tables_then_caption_and_scope(state: str, language: str) -> None:
    page = page_of(state, language)
    for table in page.all("table"):
        assert table.all("caption")[0].text
        for header in table.all("th"):
            assert header.attributes["scope"] in {"col", "row", "colgroup"}


@EVERY_PAGE
def test_controls_then_each_has_a_label(state: str, language: str) -> None:
    page = page_of(state, language)
    for control in [*page.all("input"), *page.all("select")]:
        holder = control.parent
        assert holder is not None
        assert holder.tag == "label"
        assert holder.text


@EVERY_PAGE
def test_duplicate_attributes_then_none(state: str, language: str) -> None:
    html = html_of(state, language)
    for tag in re.findall(r"<[a-z][^>]*>", re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)):
        names = re.findall(r'\s([a-z-]+)="', tag)
        assert len(names) == len(set(names)), tag[:200]


@every("language", ["ko", "en"])
def test_hostile_names_then_they_stay_text(language: str) -> None:
    html, page = html_of("hostile", language), page_of("hostile", language)
    assert len(page.all("script")) == 1
    assert "<script>alert(1)</script>" not in html
    assert page.all("h1")[0].text == "<script>alert(1)</script>"
    assert "⟨U+202E⟩gpj.exe" in page.text
    assert "\u202e" not in html
    assert "\x00" not in html
    assert "{{ 7*7 }}" in page.text
    assert "49" not in [cell.text for cell in page.all("dd")]
    assert "a" * 200 not in html
    assert not any("onerror" in e.attributes for e in page.walk())
    html.encode("utf-8")
