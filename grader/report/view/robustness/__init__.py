"""Perturbed predictions → what a page says about turned, moved and otherwise changed digits."""
