"""Small rubrics for tests."""

from decimal import Decimal

from grader.grading.rubric import Rubric, parse_rubric

HEAD = """
format = 2
id = "small"
points_possible = {points}
points_step = {step}
dataset = "mnist"
test_set_size = 1000
references = ["referee", "lecture-cnn-small", "lecture-mlp"]
referee = "referee"
title = {{ ko = "과제", en = "Homework" }}
text = {{ ko = "하세요.", en = "Do it." }}
robustness = {{ level = "standard" }}
"""

CRITERION = """
[[criteria]]
id = "c{number}"
title = {{ ko = "항목", en = "Criterion" }}
guidance = {{ ko = "다음", en = "Next" }}
{rest}
"""

LINEAR = "linear = { zero_at = 0, full_at = 1 }"
BANDS = """bands = [
  { name = "A", at_least = 0.9, points = 4 },
  { name = "B", at_least = 0.5, points = 2.5 },
]"""


def rubric_toml(*criteria: str, points: str = "1", step: str = "0.1") -> str:
    """Return a rubric file with these criteria, each given as the keys besides id, title and guidance."""
    parts = [CRITERION.format(number=number, rest=rest) for number, rest in enumerate(criteria, start=1)]
    return HEAD.format(points=points, step=step) + "".join(parts)


def make_rubric(*criteria: str, points: str = "1", step: str = "0.1") -> Rubric:
    """Return the rubric with these criteria."""
    return parse_rubric(rubric_toml(*criteria, points=points, step=step).encode(), file="small.toml")


def one(kind: str, keys: str = "", points: Decimal | int = 1, step: str = "0.1") -> Rubric:
    """Return a rubric with one criterion."""
    return make_rubric(f'kind = "{kind}"\npoints = {points}\n{keys}', points=str(points), step=step)
