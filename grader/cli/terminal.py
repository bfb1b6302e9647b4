"""Text that is safe to print: names come from students."""

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def safe(text: str) -> str:
    r"""Return `text` with control, bidirectional, zero-width and unassigned characters shown as `\uXXXX`."""
    return "".join(
        f"\\u{ord(letter):04x}" if unicodedata.category(letter) in _HIDDEN else letter for letter in text
    )
