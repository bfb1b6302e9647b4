"""A process of root's → one of nobody's that can read what the lock lets it read, and do nothing else as root."""

import ctypes
import os
import struct

NOBODY = 65534
"""The user and group that own nothing."""
_PR_SET_KEEPCAPS, _PR_SET_SECUREBITS = 8, 28
_NO_SETUID_FIXUP = 1 << 2
"""Without it `access` asks as a user without capabilities would, and TensorFlow finds no file where it may read one."""
_CAPABILITY_VERSION = 0x20080522
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_SETS = struct.Struct("=6I")


def become_nobody() -> bool:
    """Give up root for good; does nothing for an ordinary user.

    A student's file stays in a folder that only its owner can enter, also when that is root. So one capability is kept,
    to read in spite of file permissions; which files that can be, the path rules of the lock decide.

    Returns:
        Whether this is now the process of an ordinary user.
    """
    if os.geteuid() != 0:
        return True
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    held = ctypes.create_string_buffer(_SETS.size)
    libc.capget(header, held)
    permitted = _SETS.unpack(held.raw)[1]
    kept = next((1 << each for each in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE) if permitted >> each & 1), 0)
    libc.prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False
    return bool(libc.capset(header, _SETS.pack(kept, kept, 0, 0, 0, 0)) == 0)
