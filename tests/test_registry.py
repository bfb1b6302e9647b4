from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.registry import Registry, nearest


@pytest.fixture
def fruit() -> Registry[int]:
    registry: Registry[int] = Registry("fruit")
    registry.add("pear", 1)
    registry.add("apple", 2)
    return registry


def caught_slug(do: object, *values: object) -> tuple[str, dict[str, object]]:
    assert callable(do)
    with pytest.raises(GraderError) as caught:
        do(*values)
    return caught.value.slug, dict(caught.value.values)


def test_registry_when_asked_then_names_and_things_and_the_nearest_name(fruit: Registry[int]) -> None:
    assert fruit.get("apple") == 2
    assert fruit.names == ("apple", "pear")
    unknown = {"sort": "fruit", "name": "aple", "nearest": "apple", "known": "apple, pear"}
    assert caught_slug(fruit.get, "aple") == ("name-unknown", unknown)
    assert nearest("x", ()) == "–"


def test_add_when_name_is_taken_then_error_and_first_stays(fruit: Registry[int]) -> None:
    assert caught_slug(fruit.add, "pear", 3)[0] == "name-taken"
    assert fruit.get("pear") == 1


PLUG_INS: list[Registry[int]] = []
"""The registry that the plug-ins of these tests add to."""


def install(folder: Path, name: str, source: str) -> None:
    """Make a package in `folder` that announces a plug-in for fruit."""
    (folder / f"{name}.py").write_text(f"from {__name__} import PLUG_INS\n{source}\n")
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[grader.fruit]\n{name}_fruit = {name}\n")


def test_plug_ins_when_installed_then_loaded_at_first_use_and_a_failing_one_stops_every_use(
    fruit: Registry[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    PLUG_INS[:] = [fruit]
    install(tmp_path, "exotic", "PLUG_INS[0].add('mango', 3)\nassert PLUG_INS[0].get('apple') == 2")
    fruit.add("plum", 4)  # registering does not look for plug-ins
    assert fruit.names == ("apple", "mango", "pear", "plum")
    assert fruit.get("mango") == 3
    install(tmp_path, "late", "PLUG_INS[0].add('kiwi', 7)")
    assert "kiwi" not in fruit.names

    PLUG_INS[:] = [Registry("fruit")]
    install(tmp_path, "rotten", "raise RuntimeError('worm')")
    for _ in range(2):
        slug, values = caught_slug(PLUG_INS[0].get, "mango")
        assert slug == "plug-in-broken"
        assert values == {"name": "rotten_fruit", "package": "rotten", "detail": "RuntimeError: worm"}

    PLUG_INS[:] = [Registry("fruit")]
    PLUG_INS[0].add("quince", 5)
    (tmp_path / "rotten.py").write_text(f"from {__name__} import PLUG_INS\nPLUG_INS[0].add('quince', 6)\n")
    for _ in range(2):
        assert caught_slug(lambda: PLUG_INS[0].names)[0] == "name-taken"
