"""Records and submissions ↔ one SQLite file of evidence; and the run folder around it."""
