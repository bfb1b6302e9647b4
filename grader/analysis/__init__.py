"""Evidence → numbers, made once for every renderer."""
