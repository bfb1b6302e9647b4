"""Graded run → files for other programs, one registered writer each."""

from grader.export import grades_csv, results

__all__ = ["grades_csv", "results"]
