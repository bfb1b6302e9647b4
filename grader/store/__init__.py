"""Evidence ↔ files of a run folder."""
