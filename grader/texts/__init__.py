"""A key and its values → what the grader says, in Korean or English."""
