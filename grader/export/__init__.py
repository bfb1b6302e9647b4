"""Grades and evidence → JSON and CSV."""
