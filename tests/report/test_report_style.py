"""Every pair of colors that can meet on a page has enough contrast, on screen light and dark and on paper."""

import re
from itertools import product
from pathlib import Path

import grader.report
from grader.report.charts import contrast
from tests.loops import every

CSS = Path(grader.report.__file__).with_name("assets").joinpath("report.css").read_text(encoding="utf-8")
TEXT = ("ink", "soft", "link", "good", "part", "bad", "open")
SURFACES = ("paper", "panel")
DRAWN = ("student", "reference", "line", "focus", "ink")
"""Lines, markers and edges that carry meaning."""


def themes() -> dict[str, dict[str, tuple[int, int, int]]]:
    light, dark, paper = re.findall(r":root \{(.*?)\}", CSS, flags=re.DOTALL)
    return {
        name: {
            key: tuple(int(value[i : i + 2], 16) for i in (0, 2, 4))
            for key, value in re.findall(r"--([a-z]+): #([0-9a-f]{6});", block)
        }
        for name, block in (("light", light), ("dark", dark), ("print", paper))
    }


THEMES = themes()


def test_themes_then_all_define_the_same_colors() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys() == THEMES["print"].keys()


@every("theme, text, surface", product(THEMES, TEXT, SURFACES))
def test_text_then_contrast_is_at_least_four_and_a_half(theme: str, text: str, surface: str) -> None:
    assert contrast(THEMES[theme][text], THEMES[theme][surface]) >= 4.5


@every("theme, surface", product(THEMES, ["hit", "miss", "zone", "band"]))
def test_text_on_colored_areas_then_contrast_is_enough(theme: str, surface: str) -> None:
    assert contrast(THEMES[theme]["soft"], THEMES[theme]["band"]) >= 4.5
    assert contrast(THEMES[theme]["ink"], THEMES[theme][surface]) >= 4.5


@every("theme, drawn, surface", product(THEMES, DRAWN, ["paper", "zone", "band"]))
def test_lines_and_markers_then_contrast_is_at_least_three(theme: str, drawn: str, surface: str) -> None:
    assert contrast(THEMES[theme][drawn], THEMES[theme][surface]) >= 3


def test_student_and_reference_then_the_colors_of_the_style_guide() -> None:
    for theme in THEMES.values():
        assert theme["student"] == (0x00, 0x72, 0xB2)
        assert theme["reference"] == (0xD5, 0x5E, 0x00)


def test_rules_then_colors_come_from_the_themes_only() -> None:
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", rules) == []
    used = set(re.findall(r"var\(--([a-z]+)\)", rules))
    assert used == set(THEMES["light"])
    colored = set(re.findall(r"[;{\s]color: var\(--([a-z]+)\)", rules))
    assert colored <= set(TEXT)
