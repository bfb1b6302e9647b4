"""Grades and evidence → HTML pages."""
