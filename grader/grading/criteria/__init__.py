"""One file per criterion kind: evidence → points and a reason."""
