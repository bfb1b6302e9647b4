"""One hostile submission: how it is written, what it tries, and what must be said about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.trap import Trap

GOOD_POINTS = 12
"""What the plain submission of `tests.hostile.plain.write_good` gets before a person has looked at it."""

MODEL_POINTS = 6
"""What the model alone gives of them: it loads, it is a convolutional network, it reads the test digits."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a case is built."""

    class_: Path
    """Folder of the class."""
    name: str
    """Name of the case, and of its folder or zip unless the name itself is the attack."""
    trap: Trap
    """What it must not touch."""
    factory: Path
    """Files that only TensorFlow can make, by name of the case; see `tests.hostile.factory`."""

    @property
    def folder(self) -> Path:
        """The submission's own folder, made when it is asked for."""
        folder = self.class_ / self.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def write(self, file: str, content: bytes | str) -> Path:
        """Write one file of the submission."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def made(self) -> Path:
        """What the factory made for this case."""
        return self.factory / self.name


Build = Callable[[Site], None]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One hostile submission."""

    name: str
    category: str
    build: Build
    slugs: frozenset[str]
    """At least one of them must be told; empty where nothing has to be said."""
    id: str
    """Id of the submission that it becomes."""
    needs_model: bool
    """Whether the slug comes from the process that runs the model: such cases are not among the quick ones."""
    points: int | None
    """Points so far; None where they do not matter."""
    needs: str
    """"" or "device": what the system must allow for it to be built."""


class Cases:
    """The cases of one category."""

    def __init__(self, category: str, *, needs_model: bool = False) -> None:
        self.category = category
        self.all: list[Case] = []
        self._needs_model = needs_model

    def add(
        self,
        name: str,
        *slugs: str,
        id_: str | None = None,
        points: int | None = None,
        needs_model: bool | None = None,
        needs: str = "",
    ) -> Callable[[Build], Build]:
        """Return a decorator that makes a function that writes a submission a case."""

        def register(build: Build) -> Build:
            self.all.append(
                Case(
                    name=name,
                    category=self.category,
                    build=build,
                    slugs=frozenset(slugs),
                    id=id_ or name,
                    needs_model=self._needs_model if needs_model is None else needs_model,
                    points=points,
                    needs=needs,
                )
            )
            return build

        return register


def distinct(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases by name; no two may share a name or an id."""
    found = tuple(cases)
    if len({case.name for case in found}) < len(found) or len({case.id for case in found}) < len(found):
        raise ValueError("two cases share a name")
    return found
