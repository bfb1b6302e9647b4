"""A folder or a zip → submissions."""
