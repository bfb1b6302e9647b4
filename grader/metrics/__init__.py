"""Predictions and labels → measurements."""
