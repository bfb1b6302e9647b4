"""Misread pictures → why: repairs tried out on the student's own model, and what speaks for the wrong class."""
