"""How long a class of forty takes when ten of them are hostile, against the thirty honest ones alone.

python -m benchmarks.hostile_class [--jobs N] [--limit-seconds S]

The thirty are copies of four honest submissions of the sample class; the ten come from `tests/hostile`: models that loop,
are slow, allocate or call code, pictures and archives that explode. Both runs measure the same machine one after the other.
The class must be done within the honest time plus what the hostile models may use up: one limit for each model file that is
tried, shared by the jobs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.hostile.cases import CASES
from tests.hostile.run import build, make_with_tensorflow
from tests.hostile.trap import traps

SAMPLES = ("20250001-kim-minseo", "20250002-lee-jihun", "20250003-park-seoyeon", "20250004-choi-haram")
HOSTILE = (
    "endless", "slow-answers", "saved-model-endless", "onnx-endless", "memory-hog", "lambda-spawn-keras",
    "png-bomb", "zip-bomb-of-many", "h5-shape-bomb", "1000-pictures",
)  # fmt: skip
HONEST = 30


def run(class_: Path, out: Path, jobs: int, limit: str) -> tuple[float, dict[str, object]]:
    """Grade a class; return the seconds it took and the entries of its results by id."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "grader", "check", class_, "--out", out, "--jobs", str(jobs)]
    done = subprocess.run([*command, "--limit-seconds", limit], capture_output=True, text=True, check=False)
    if done.returncode != 1:
        raise SystemExit(f"exit code {done.returncode}\n{done.stderr[-2000:]}")
    entries = json.loads((out / "results.json").read_text(encoding="utf-8"))["submissions"]
    for entry in entries:
        entry.pop("seconds")
    return time.perf_counter() - start, {entry["id"]: entry for entry in entries}


def main() -> None:
    """Print both times, the bound, and whether the honest results are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit-seconds", default="20")
    given = parser.parse_args()
    samples = Path(__file__).parents[1] / "submissions"
    cases = [case for case in CASES if case.name in HOSTILE]
    with tempfile.TemporaryDirectory() as name, traps() as armed:
        folder = Path(name)
        for number in range(HONEST):
            sample = samples / SAMPLES[number % len(SAMPLES)]
            for class_ in ("honest", "mixed"):
                shutil.copytree(sample, folder / class_ / f"honest-{number:02}")
        make_with_tensorflow(cases, armed, folder / "factory")
        build(cases, folder / "mixed", armed, folder / "factory")
        alone, before = run(folder / "honest", folder / "run-honest", given.jobs, given.limit_seconds)
        mixed, after = run(folder / "mixed", folder / "run-mixed", given.jobs, given.limit_seconds)
    bound = alone + len(cases) * float(given.limit_seconds) / given.jobs
    same = all(after[id_] == entry for id_, entry in before.items())
    print(f"{HONEST} honest alone             {alone:7.1f} s")
    print(
        f"with {len(cases)} hostile among them   {mixed:7.1f} s, bound {bound:.1f} s, ratio {mixed / bound:.2f}"
    )
    print(f"honest results are the same  {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()
