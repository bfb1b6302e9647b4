"""Grade and evidence → finished text and numbers, one module per section of a page."""
