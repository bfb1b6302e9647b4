"""Images → rotated and shifted images."""
