"""Pictures as they are, made square and resized: clothes, natural pictures, classes of one's own."""
