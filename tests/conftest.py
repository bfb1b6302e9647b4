"""Options and fixtures that every test can use."""

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

GOLDEN = Path(__file__).resolve().parent / "golden"

settings.register_profile("here", deadline=None)
settings.load_profile("here")
os.environ.pop(
    "PYTHONDONTWRITEBYTECODE", None
)  # many interpreters are started; they need not all compile the package


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that load TensorFlow: they take longest, and each goes to one worker as a whole."""
    slow = {item.path for item in items if item.get_closest_marker("tensorflow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def check_golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a function that compares text with a file below tests/golden/."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        wanted = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text != wanted:
            lines = difflib.unified_diff(
                wanted.splitlines(), text.splitlines(), "golden", "now", lineterm="", n=1
            )
            pytest.fail(
                f"{name} differs; review, then refresh with --update-golden\n" + "\n".join(list(lines)[:120])
            )

    return check
