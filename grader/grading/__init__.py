"""A rubric and evidence → a grade."""
