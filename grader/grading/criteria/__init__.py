"""One file per criterion kind: evidence → points and a reason."""

from grader.grading.criteria import (
    ambiguous_digits,
    architecture,
    files,
    grid,
    handwriting_accuracy,
    manual,
    model_loads,
    report_evidence,
    rotation,
    shift,
    test_accuracy,
)

__all__ = [
    "ambiguous_digits",
    "architecture",
    "files",
    "grid",
    "handwriting_accuracy",
    "manual",
    "model_loads",
    "report_evidence",
    "rotation",
    "shift",
    "test_accuracy",
]
