"""Names → objects: built-in parts and plug-ins register themselves, everything else asks by name."""

import difflib
from collections.abc import Iterable
from typing import Generic, TypeVar

from grader.errors import GraderError

T = TypeVar("T")


class Registry(Generic[T]):
    """Objects of one sort by name.

    Other packages add to it by an entry point in the group `grader.<sort>` that names a module: importing the module
    registers what is in it. Plug-ins are looked for when a name is first asked for, not before.
    """

    def __init__(self, sort: str) -> None:
        """Start empty.

        Args:
            sort: what is registered, in a word, as messages and entry points name it: "criteria".
        """
        self.sort = sort
        """What is registered, in a word."""
        self._things: dict[str, T] = {}
        self._awaits_plug_ins = True

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
            GraderError: `name-unknown`: nothing is; the nearest known name is suggested. `plug-in-broken`: a plug-in
                could not be loaded. `name-taken`: a plug-in wants a name that something else has already.
        """
        self._load_plug_ins()
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
        """Every registered name, sorted; raises as `get` does where plug-ins fail."""
        self._load_plug_ins()
        return tuple(sorted(self._things))

    def _load_plug_ins(self) -> None:
        if not self._awaits_plug_ins:
            return
        from importlib.metadata import entry_points

        self._awaits_plug_ins = False  # a plug-in may ask for names itself
        for plug_in in entry_points(group=f"grader.{self.sort}"):
            try:
                plug_in.load()
            except Exception as error:
                self._awaits_plug_ins = True
                if isinstance(error, GraderError):
                    raise
                raise GraderError(
                    "plug-in-broken",
                    name=plug_in.name,
                    package=plug_in.dist.name if plug_in.dist else plug_in.value,
                    detail=f"{type(error).__name__}: {error}",
                ) from error


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the name in `known` that is most like `name`; "–" where `known` is empty."""
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.0)), "–")
