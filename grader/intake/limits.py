"""How much of a submission is looked at. Source of the figures: the threat study behind docs/security.md."""

MEGABYTE = 1_000_000

FILES_LOOKED_AT = 200
"""Files of one submission that are used; the rest is left out, in order of names."""
FOLDER_ENTRIES_LISTED = 10_000
"""Names read while walking one submission, folders and ignored files included."""
DEPTH = 4
"""Folders below the submission's own that are entered."""
PICTURE_BYTES = 25 * MEGABYTE
"""Largest picture; a phone's photo has 3 to 12 MB."""
MODEL_BYTES = 300 * MEGABYTE
"""Largest model; the lecture's largest network has 38 MB with its optimizer."""
OTHER_BYTES = 50 * MEGABYTE
"""Largest report or other file."""
SETTINGS_BYTES = 64 * 1024
"""Largest submission.toml."""
TOTAL_BYTES = 600 * MEGABYTE
"""All files of one submission together."""
ARCHIVE_ENTRIES = 500
"""Entries of one submission's zip, folders and ignored files included."""
ARCHIVE_DIRECTORY_BYTES = 1 * MEGABYTE
"""Table of contents of a student's zip; 500 entries need about 50 kB."""
CLASS_DIRECTORY_BYTES = 16 * MEGABYTE
"""Table of contents of a zip that holds a whole class; about 100,000 entries."""
INFLATION = 200
"""Bytes out for one byte in, for anything but a model; deflate reaches 1,032, drawings stay below 100."""
INFLATION_FREE_BYTES = 1 * MEGABYTE
"""Below this size a file may inflate as it likes: an empty white drawing is harmless."""
NAME_CHARACTERS = 300
"""Longest path inside a submission."""
