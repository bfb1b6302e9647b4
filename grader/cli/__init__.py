"""Words on a command line → calls."""
