"""Names → objects: built-in parts register themselves, everything else asks by name."""

import difflib
from collections.abc import Iterable
from typing import Generic, TypeVar

from grader.errors import GraderError

T = TypeVar("T")


class Registry(Generic[T]):
    """Objects of one sort by name."""

    def __init__(self, sort: str) -> None:
        """Start empty.

        Args:
            sort: what is registered, in a word, as messages name it: "criteria".
        """
        self.sort = sort
        """What is registered, in a word."""
        self._things: dict[str, T] = {}

    def add(self, name: str, thing: T) -> None:
        """Register `thing` under `name`.

        Raises:
            GraderError: `name-taken`: something else has the name already.
        """
        if name in self._things:
            raise GraderError("name-taken", sort=self.sort, name=name)
        self._things[name] = thing

    def get(self, name: str) -> T:
        """Return what is registered under `name`.

        Raises:
            GraderError: `name-unknown`: nothing is; the nearest known name is suggested.
        """
        if name not in self._things:
            raise GraderError(
                "name-unknown",
                sort=self.sort,
                name=name,
                nearest=nearest(name, self._things),
                known=", ".join(self.names),
            )
        return self._things[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Every registered name, sorted."""
        return tuple(sorted(self._things))


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the name in `known` that is most like `name`; "–" where `known` is empty."""
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.0)), "–")
