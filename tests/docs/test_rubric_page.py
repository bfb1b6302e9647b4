"""docs/rubric.md names every key and every kind, and its examples are valid."""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from grader.grading.criteria.architecture import LayerRule, NamedNetwork
from grader.grading.criteria.base import CRITERIA
from grader.grading.fields import Robustness, Text
from grader.grading.rubric import Rubric, parse_rubric
from grader.grading.scale import Band, Linear
from tests.loops import every

PAGE = (Path(__file__).parents[2] / "docs" / "rubric.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def tables() -> Iterator[type[BaseModel]]:
    yield from (Rubric, Robustness, Text, Band, Linear, LayerRule, NamedNetwork)
    for kind in CRITERIA.names:
        yield CRITERIA.get(kind).settings


@every("table", list(tables()), ids=lambda table: table.__name__)
def test_page_when_searched_then_every_key_is_there(table: type[BaseModel]) -> None:
    for key in table.model_fields:
        assert f"`{key}`" in PAGE, key


@every("kind", CRITERIA.names)
def test_page_when_searched_then_every_kind_has_a_heading_and_an_example(kind: str) -> None:
    assert f"### `{kind}`" in PAGE
    assert any(f'kind = "{kind}"' in example for example in EXAMPLES)


def test_page_when_its_examples_are_put_together_then_a_valid_rubric() -> None:
    rubric = parse_rubric("\n".join(EXAMPLES).encode(), file="docs/rubric.md")
    assert {criterion.kind for criterion in rubric.criteria} == set(CRITERIA.names)
