"""Text that is safe to print: names come from students."""

import os
import sys
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_OF_FILES = 120

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def safe(text: str) -> str:
    r"""Return `text` with control, bidirectional, zero-width and unassigned characters shown as `\uXXXX`."""
    return "".join(
        f"\\u{ord(letter):04x}" if unicodedata.category(letter) in _HIDDEN else letter for letter in text
    )


def console_for_results() -> "Console":
    """Return a console on stdout; what goes into a file or a pipe is 120 columns wide, or as COLUMNS says."""
    from rich.console import Console

    is_told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(file=sys.stdout, width=None if is_told else _WIDTH_OF_FILES)
