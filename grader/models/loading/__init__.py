"""A model file → a network that answers; everything here runs in the locked child only."""
