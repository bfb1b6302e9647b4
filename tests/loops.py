"""One test for many cases: a loop that goes on after a failure and tells at the end every case that failed."""

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

SHOWN = 20
"""The line that sums up names at most so many cases; all of them are shown below it."""


def every(
    names: str, cases: Iterable[Any], *, ids: Callable[[Any], object] | Sequence[object] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test with each case in turn; it takes what `pytest.mark.parametrize` takes.

    Each case has a folder of its own as `tmp_path`; every other fixture is shared by all cases.

    Args:
        names: of the arguments that a case gives, separated by commas.
        cases: a value for each name; the value itself where there is one name.
        ids: what a case is called in a failure: a text for each, or a function of its values.

    Raises:
        ValueError: there is no case, and so the test could not fail.
    """
    arguments = [name.strip() for name in names.split(",")]
    rows = [_row(case, len(arguments)) for case in cases]
    if not rows:
        raise ValueError(f"no cases of {names}")

    def name_of(number: int, row: tuple[Any, ...], given: str | None) -> str:
        if given is not None:
            return given
        if callable(ids):
            return "-".join(str(ids(value)) for value in row)
        return str(ids[number]) if ids is not None else "-".join(_short(value) for value in row)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(test)

        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            failures: list[Exception] = []
            failed: list[str] = []
            for number, (row, given) in enumerate(rows):
                values = dict(zip(arguments, row, strict=True))
                if "tmp_path" in fixtures:
                    values["tmp_path"] = fixtures["tmp_path"] / f"case{number}"
                    values["tmp_path"].mkdir()
                try:
                    test(**(fixtures | values))
                except (Exception, pytest.fail.Exception) as error:
                    failed.append(name_of(number, row, given))
                    error.add_note(f"in the case {failed[-1]}")
                    failures.append(error if isinstance(error, Exception) else AssertionError(str(error)))
            if failures:
                more = len(failed) - SHOWN
                told = ", ".join(failed[:SHOWN]) + (f" and {more} more" if more > 0 else "")
                raise ExceptionGroup(f"{len(failed)} of {len(rows)} cases failed: {told}", failures)

        kept = [each for name, each in signature.parameters.items() if name not in arguments]
        run.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return run

    return decorate


def _row(case: Any, n: int) -> tuple[tuple[Any, ...], str | None]:
    """Return the values of a case, and its name where `pytest.param` gave one."""
    if isinstance(case, type(pytest.param())):
        assert not case.marks, "a case in a loop takes no marks"
        return tuple(case.values), None if case.id is None else str(case.id)
    return ((case,) if n == 1 else tuple(case)), None


def _short(value: object) -> str:
    text = (
        value.__name__
        if isinstance(value, type) or (callable(value) and hasattr(value, "__name__"))
        else repr(value)
    )
    return text if len(text) <= 60 else text[:59] + "…"
