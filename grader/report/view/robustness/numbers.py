"""The numbers of each network side by side, and how far apart they are on the same digits."""

from collections.abc import Callable
from dataclasses import dataclass

from grader.analysis.robustness import FLIP_DEGREES, OTHERS, Robustness, robustness, robustness_difference
from grader.core.count import SMALL_N, Count, Estimate
from grader.core.perturbed import within
from grader.perturbations.affine import UPSIDE_DOWN
from grader.report.numbers import (
    NOTHING,
    angle_text,
    count_text,
    estimate_interval_text,
    interval_text,
    number_text,
    points_range_text,
    share_text,
    shift_text,
    signed_points_text,
)
from grader.report.view.robustness.tried import Tried

Number = Estimate | Count | None
"""A share over digits, or a count of digits; None: not tried, or nothing counts."""


@dataclass(frozen=True, kw_only=True)
class NumberCell:
    """One number of one network."""

    value: str
    interval: str
    """Its 95 % interval; "" without a number."""


@dataclass(frozen=True, kw_only=True)
class NumberRow:
    """One way of trying digits."""

    name: str
    hint: str
    """How much was tried, and what the number is; "" for nothing to add."""
    n: str
    """Digits that count, of the network the page is about."""
    is_small: bool
    """Whether these are few."""
    cells: tuple[NumberCell, ...]


@dataclass(frozen=True, kw_only=True)
class NumberTable:
    """Numbers on one set of digits."""

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[NumberRow, ...]
    has_small: bool
    """Whether a row rests on few digits."""


@dataclass(frozen=True, kw_only=True)
class DifferenceCell:
    """How much more the network reads than a reference."""

    value: str
    interval: str
    word: str
    """What follows: more, less, or not to be told apart."""
    tone: str
    """CSS class of the word."""


@dataclass(frozen=True, kw_only=True)
class DifferenceRow:
    """One way of trying digits."""

    name: str
    n: str
    cells: tuple[DifferenceCell, ...]


@dataclass(frozen=True, kw_only=True)
class DifferenceTable:
    """The network less each reference on the same digits."""

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[DifferenceRow, ...]


_Pick = Callable[[Robustness], Number]


def number_table(tried: Tried) -> NumberTable | None:
    """Return what holds for turning and moving; None where the network read nothing."""
    return _table(tried, "numbers", _rows_wanted(tried))


def other_table(tried: Tried) -> NumberTable | None:
    """Return what holds for every other change; None where none was tried."""
    wanted: list[tuple[str, str, _Pick]] = []
    for name in OTHERS:
        if name not in tried.predictions.parameter_sets:
            continue
        sizes = tried.predictions.parameter_sets[name][:, 0]
        hint = tried.words(
            f"robustness.others.{name}_hint",
            n=len(sizes),
            low=number_text(float(sizes.min())),
            high=number_text(float(sizes.max())),
        )
        wanted.append((tried.words(f"robustness.others.{name}"), hint, _other(name)))
    return _table(tried, "others", wanted) if wanted else None


def difference_table(sets: tuple[Tried, ...]) -> DifferenceTable | None:
    """Return how much more the network reads than each further reference; None without any.

    The referee is left out: only what it reads counts, so that it reads all of it.
    """
    columns = next((tried.others for tried in sets if tried.is_measured and tried.others), ())
    if not columns:
        return None
    rows: list[DifferenceRow] = []
    for tried in sets:
        if not tried.is_measured or tried.others != columns:
            continue
        found = [
            robustness_difference(tried.predictions, tried.subject, other, tried.zone) for other in columns
        ]
        for part in ("rotation", "shift", "grid"):
            estimates: list[Estimate | None] = [getattr(each, part) if each else None for each in found]
            known = [each for each in estimates if each is not None]
            if known:
                rows.append(
                    DifferenceRow(
                        name=f"{tried.digits}: {tried.words(f'robustness.part.{part}')}",
                        n=str(known[0].n),
                        cells=tuple(_difference_cell(tried, each) for each in estimates),
                    )
                )
    words = sets[0].words
    return DifferenceTable(
        id="differences",
        caption=words("robustness.differences_caption", who=sets[0].subject_name),
        columns=columns,
        rows=tuple(rows),
    )


def rotation_name(tried: Tried) -> str:
    """Return the scored rotations in words."""
    return tried.words("robustness.row.rotation", zone=number_text(tried.zone.angle_degrees))


def tested(tried: Tried, name: str) -> int:
    """Return how many places of a perturbation lie in the scored zone."""
    return int(within(tried.predictions.parameter_sets[name], tried.zone.limits[name]).sum())


def _rows_wanted(tried: Tried) -> list[tuple[str, str, _Pick]]:
    """Return name, hint and number of every row that was tried."""
    words, zone, parameter_sets = tried.words, tried.zone, tried.predictions.parameter_sets
    wanted: list[tuple[str, str, _Pick]] = [(words("robustness.row.clean"), "", lambda found: found.clean)]
    if "rotation" in parameter_sets:
        angles = parameter_sets["rotation"][:, 0]
        wanted.append(
            (
                rotation_name(tried),
                words("robustness.hint.rotation", n=tested(tried, "rotation")),
                lambda found: found.rotation,
            )
        )
        if abs(angles).max() > zone.angle_degrees:
            low, high = angle_text(float(angles.min())), angle_text(float(angles.max()))
            wanted.append(
                (
                    words("robustness.row.rotation_wide"),
                    words("robustness.hint.rotation_wide", n=len(angles), low=low, high=high),
                    lambda found: found.rotation_wide,
                )
            )
    if "shift" in parameter_sets:
        wanted.append(
            (
                words("robustness.row.shift", zone=number_text(zone.shift_pixels)),
                words("robustness.hint.shift", n=tested(tried, "shift")),
                lambda found: found.shift,
            )
        )
    if "grid" in parameter_sets:
        n_cells = len(parameter_sets["grid"])
        wanted.append(
            (words("robustness.row.grid"), words("robustness.hint.grid", n=n_cells), lambda found: found.grid)
        )
        wanted.append(
            (
                words("robustness.row.grid_worst"),
                words("robustness.hint.grid_worst", n=n_cells),
                lambda found: found.grid_worst,
            )
        )
    if "rotation" in parameter_sets:
        wanted.append(
            (
                words("robustness.row.flips", angle=number_text(FLIP_DEGREES)),
                words("robustness.hint.flips"),
                lambda found: found.flip_rate,
            )
        )
    for number, place in enumerate(parameter_sets["lecture"].tolist() if "lecture" in parameter_sets else ()):
        wanted.append(
            (
                _lecture_name(tried, tuple(place)),
                words(f"robustness.hint.{_lecture_zone(tried, tuple(place))}"),
                _lecture(number),
            )
        )
    return wanted


def _other(name: str) -> _Pick:
    return lambda found: found.others[name]


def _lecture(number: int) -> _Pick:
    return lambda found: found.lecture[number][1]


def _lecture_name(tried: Tried, place: tuple[float, ...]) -> str:
    if place == UPSIDE_DOWN:
        return tried.words("robustness.row.upside_down")
    angle, dx, dy = place
    if dx or dy:
        shift = shift_text(dx, dy)
        return tried.words("robustness.row.lecture_both", angle=number_text(angle), shift=shift)
    return tried.words("robustness.row.lecture", angle=number_text(angle))


def _lecture_zone(tried: Tried, place: tuple[float, ...]) -> str:
    if place == UPSIDE_DOWN:
        return "information"
    return "lecture" if abs(place[0]) <= tried.zone.reported_degrees else "lecture_information"


def _table(tried: Tried, name: str, wanted: list[tuple[str, str, _Pick]]) -> NumberTable | None:
    predictions, words = tried.predictions, tried.words
    own = robustness(predictions, tried.subject, tried.zone)
    judge = (
        None if tried.judge is None else robustness(predictions, tried.judge, tried.zone, only_valid=False)
    )
    others = [robustness(predictions, other, tried.zone) for other in tried.others]
    if predictions.labels.size == 0 or not (own or judge or any(others)):
        return None
    columns = [tried.subject_name] if own else []
    columns += [words("robustness.column.judge", n=len(predictions.labels))] if judge else []
    rows = []
    for title, hint, pick in wanted:
        numbers = [pick(found) for found in (own, judge, *others) if found is not None]
        counting = next((pick(found) for found in (own, *others) if found is not None), None)
        n = _n(counting)
        rows.append(
            NumberRow(
                name=title,
                hint=hint,
                n=NOTHING if n is None else str(n),
                is_small=n is not None and n < SMALL_N,
                cells=tuple(_cell(tried, number) for number in numbers),
            )
        )
    return NumberTable(
        id=f"{name}-{tried.key}",
        caption=words(f"robustness.{name}_caption.{tried.key}", n=len(predictions.labels)),
        columns=(*columns, *tried.others),
        rows=tuple(rows),
        has_small=any(row.is_small for row in rows),
    )


def _n(number: Number) -> int | None:
    return number.total if isinstance(number, Count) else None if number is None else number.n


def _cell(tried: Tried, number: Number) -> NumberCell:
    if number is None or _n(number) == 0:
        return NumberCell(value=NOTHING, interval="")
    if isinstance(number, Count):
        return NumberCell(value=count_text(number, tried.words), interval=interval_text(number, tried.words))
    return NumberCell(value=share_text(number.value), interval=estimate_interval_text(number, tried.words))


def _difference_cell(tried: Tried, found: Estimate | None) -> DifferenceCell:
    if found is None:
        return DifferenceCell(value=NOTHING, interval="", word="", tone="")
    key, tone = (
        ("more", "good") if found.low > 0 else ("less", "part") if found.high < 0 else ("alike", "quiet")
    )
    return DifferenceCell(
        value=signed_points_text(found.value),
        interval=points_range_text(found, tried.words),
        word=tried.words(f"robustness.difference.{key}"),
        tone=tone,
    )
