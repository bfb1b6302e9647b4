"""A slug and its values → a sentence in Korean or English."""
