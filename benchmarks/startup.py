"""How long `grader --help` takes, beside `python -c "import tensorflow"`, alternating in one run.

python benchmarks/startup.py [--runs N]
"""

import argparse
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "grader --help": [sys.executable, "-m", "grader", "--help"],
    "grader check --help": [sys.executable, "-m", "grader", "check", "--help"],
    "python -c pass": [sys.executable, "-c", "pass"],
    "import tensorflow": [sys.executable, "-c", "import tensorflow"],
}


def seconds(command: list[str]) -> float:
    """Wall-clock time of one run of a whole process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Print median, range and ratio to the import of TensorFlow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    base = statistics.median(times["import tensorflow"])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:20} {median:7.3f} s  ({min(taken):.3f}-{max(taken):.3f})  ratio {median / base:.3f}")


if __name__ == "__main__":
    main()
