"""Nouns and arithmetic that every room shares."""
