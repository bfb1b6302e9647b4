"""A model file → a predictor, run only inside a locked child; our own networks → reference predictors."""
