"""One file per criterion kind: evidence → points and a reason."""

from grader.grading.criteria import (
    ambiguous_digits,
    architecture,
    files,
    handwriting_accuracy,
    manual,
    model_loads,
    perturbed,
    report_evidence,
    test_accuracy,
)

__all__ = [
    "ambiguous_digits",
    "architecture",
    "files",
    "handwriting_accuracy",
    "manual",
    "model_loads",
    "perturbed",
    "report_evidence",
    "test_accuracy",
]
