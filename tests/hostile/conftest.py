"""What both runs of the hostile class start from: traps, and the honest ones graded without them."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.conftest import Ran, check
from tests.hostile.run import LIMIT_SECONDS, add_controls
from tests.hostile.trap import Traps, traps


@pytest.fixture(scope="module")
def armed() -> Iterator[Traps]:
    with traps() as set_up:
        yield set_up


@pytest.fixture(scope="module")
def honest_alone(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("honest")
    (folder / "class").mkdir()
    add_controls(folder / "class")
    return check(folder / "class", folder / "run", "--limit-seconds", LIMIT_SECONDS)
