"""A job and its limits → a locked child process and a bounded channel to it."""
