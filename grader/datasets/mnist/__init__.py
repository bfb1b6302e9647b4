"""Handwritten digits in ink on paper."""
