import pytest

from grader.errors import GraderError
from grader.registry import Registry, nearest


@pytest.fixture
def fruit() -> Registry[int]:
    registry: Registry[int] = Registry("fruit")
    registry.add("pear", 1)
    registry.add("apple", 2)
    return registry


def test_get_when_registered_then_the_thing(fruit: Registry[int]) -> None:
    assert fruit.get("apple") == 2
    assert fruit.names == ("apple", "pear")


def test_get_when_unknown_then_nearest_is_suggested(fruit: Registry[int]) -> None:
    with pytest.raises(GraderError) as caught:
        fruit.get("aple")
    assert caught.value.slug == "name-unknown"
    assert caught.value.values == {
        "sort": "fruit",
        "name": "aple",
        "nearest": "apple",
        "known": "apple, pear",
    }


def test_add_when_name_is_taken_then_error_and_first_stays(fruit: Registry[int]) -> None:
    with pytest.raises(GraderError) as caught:
        fruit.add("pear", 3)
    assert caught.value.slug == "name-taken"
    assert fruit.get("pear") == 1


def test_nearest_when_nothing_is_known_then_dash() -> None:
    assert nearest("x", ()) == "–"
