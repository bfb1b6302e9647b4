"""List every difference between two `results.json`: what both say, and what only one of them says of a submission.

    python scripts/compare_results.py OLD NEW

Points, statuses, reasons, findings, what networks read, and every robustness number that both forms have are compared;
OLD may have form 1, of before numbers had one table of rows. Exit: 0 no difference, 1 differences.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Facts = dict[tuple[str, ...], Any]
"""What a document says, by a path of words that is the same in every form."""

_ROWS_OF_FORM_1 = {
    "clean": "clean", "rotation": "rotation", "rotation_wide": "rotation wide", "shift": "shift", "grid": "grid",
    "worst": "grid worst", "flip_rate": "rotation flips",
}  # fmt: skip
_SETS_OF_FORM_1 = {"own": "own", "probe": "test_set", "test_set": "test_set"}


def facts(document: dict[str, Any]) -> Facts:
    """Return everything that is compared."""
    found: Facts = {}
    for entry in document["submissions"]:
        for path, value in _facts_of(entry):
            found[entry["id"], *path] = value
    numbers = _numbers_of_form_1 if document["schema"] == 1 else _numbers
    found.update(numbers(document))
    return {path: _exact(value) for path, value in found.items()}


def _facts_of(entry: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key in ("name", "status", "points", "points_possible", "points_open"):
        yield (key,), entry[key]
    for criterion in entry["criteria"]:
        for key in ("status", "points", "points_possible", "reason"):
            yield ("criterion", criterion["id"], key), criterion[key]
    yield (
        ("findings",),
        [(each["slug"], each["severity"], each["file"], each["detail"]) for each in entry["findings"]],
    )
    for image in entry["images"]:
        for network, said in {"student": image["student"], **image["reference"]}.items():
            yield ("image", image["file"], network), said
        for key in ("group", "label", "robustness"):
            yield ("image", image["file"], key), image[key]
        why = image["diagnosis"]
        if why is not None:
            why = {("cause" if key == "verdict" else key): value for key, value in why.items()}
        yield ("image", image["file"], "diagnosis"), why
    for key, value in (entry["model"] or {}).items():
        yield ("model", "test_set_accuracy" if key == "probe_accuracy" else key), value


def _numbers_of_form_1(document: dict[str, Any]) -> Facts:
    found: Facts = {}
    for entry in document["submissions"]:
        for network, said in entry["robustness"].items():
            # Form 1 has the referee where it counts, which is all that it reads; form 2 has it everywhere.
            reader = "referee, valid" if network == "referee" else network
            for old, name in _SETS_OF_FORM_1.items():
                who = entry["id"] if network == "student" or name == "own" else "run"
                for row, number in _rows_of_form_1(said.get(old) or {}):
                    found[who, "numbers", name, row, reader] = number
            for name in ("rotation", "shift"):
                for old, new in ((name, "correct"), (f"{name}_readable", "valid_correct")):
                    known = said.get(old, {})
                    if network == "student" and known.get("at"):
                        counts = _by_parameters(known["at"], known["correct"])
                        found[entry["id"], "counts", "own", name, new] = counts
            for other, parts in (said.get("less_reference") or {}).items():
                for row, number in (parts or {}).items():
                    found[entry["id"], "less", row, other] = number
    return found


def _rows_of_form_1(numbers: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, row in _ROWS_OF_FORM_1.items():
        if key in numbers:
            yield row, numbers[key]
    for each in numbers.get("lecture", ()):
        at = ",".join(f"{value:g}" for value in each["at"])
        yield f"lecture {at}", {"correct": each["correct"], "total": each["total"]}
    yield from numbers.get("others", {}).items()


def _numbers(document: dict[str, Any]) -> Facts:
    found: Facts = {}
    shared = document["robustness"] or {"parameter_sets": {}}
    parts = [("run", "test_set", shared.get("test_set"))]
    for entry in document["submissions"]:
        parts += [(entry["id"], name, said) for name, said in (entry["robustness"] or {}).items()]
    for who, name, said in parts:
        for row, by_network in (said or {}).get("numbers", {}).items():
            for network, number in by_network.items():
                found[who, "numbers", name, row, network] = number
        for network, by_perturbation in (said or {}).get("counts", {}).items():
            for perturbation, counts in by_perturbation.items():
                at = shared["parameter_sets"][name][perturbation]
                for key, values in counts.items():
                    if network == "student":
                        found[who, "counts", name, perturbation, key] = _by_parameters(at, values)
        for row, by_network in (said or {}).get("less_reference", {}).items():
            for network, number in by_network.items():
                found[who, "less", row, network] = number
    return found


def _by_parameters(at: list[list[float]], counts: list[int]) -> list[Any]:
    return sorted(zip(map(tuple, at), counts, strict=True))


def _exact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def main() -> int:
    """Print the differences, then how much was compared."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    arguments = parser.parse_args()
    old, new = (
        facts(json.loads(path.read_text(encoding="utf-8"))) for path in (arguments.old, arguments.new)
    )
    both = [path for path in old if path in new]
    different = [path for path in both if old[path] != new[path]]
    for path in different:
        print(f"{' / '.join(path)}\n  old {old[path]}\n  new {new[path]}")
    for title, paths in (("only in old", old.keys() - new.keys()), ("only in new", new.keys() - old.keys())):
        kinds: dict[str, int] = {}
        for path in paths:
            key = (
                " / ".join((*path[1:2], *path[-1:]))
                if path[1] in ("numbers", "counts", "less")
                else " / ".join(path)
            )
            kinds[key] = kinds.get(key, 0) + 1
        for key, n in sorted(kinds.items()):
            print(f"{title}: {key} ({n})")
    print(f"{len(both)} facts in both, {len(different)} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
