"""A list of paths → a rule of the kernel's Landlock that nothing else can be read, and nothing written at all."""

import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls; the same numbers on every machine."""
_QUERY_VERSION = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3

_FILE_RIGHTS = ((1, 13), (2, 14), (3, 15), (5, 16))
"""From which version on the kernel knows how many rights over files: all, moving between folders, truncating, device
control. Source: `Documentation/userspace-api/landlock.rst` of the Linux kernel."""
_NETWORK_SINCE, _NETWORK_RIGHTS = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11

_RULESET = struct.Struct("=QQQ")
_PATH_BENEATH = struct.Struct("=Qi")


def version() -> int:
    """Return the version of Landlock in this kernel; 0 where there is none or it is switched off."""
    if sys.platform != "linux":
        return 0
    return max(
        0, int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_QUERY_VERSION)))
    )


class PathRules:
    """Rules that are complete and not yet applied, so that paths can be opened before rights are given up."""

    def __init__(self, readable: Iterable[str]) -> None:
        """Collect the rules.

        Args:
            readable: files, and folders with everything below; what does not exist is left out.

        Raises:
            OSError: the kernel has no Landlock, or refuses a rule.
        """
        known = version()
        if known == 0:
            raise OSError(errno.ENOSYS, "landlock")
        rights = (1 << max((count for since, count in _FILE_RIGHTS if known >= since), default=0)) - 1
        network = _NETWORK_RIGHTS if known >= _NETWORK_SINCE else 0
        scopes = _SCOPES if known >= _SCOPES_SINCE else 0
        length = 24 if known >= _SCOPES_SINCE else 16 if known >= _NETWORK_SINCE else 8
        attributes = _RULESET.pack(rights, network, scopes)[:length]
        self._descriptor = _checked(
            _libc().syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(length), ctypes.c_uint32(0))
        )
        for path in readable:
            self._allow_reading(path)

    def _allow_reading(self, path: str) -> None:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            rule = _PATH_BENEATH.pack(_READ_FILE | (_READ_FOLDER if is_folder else 0), descriptor)
            added = _libc().syscall(
                _ADD_RULE, self._descriptor, _RULE_PATH_BENEATH, ctypes.c_char_p(rule), ctypes.c_uint32(0)
            )
            _checked(added)
        finally:
            os.close(descriptor)

    def apply(self) -> None:
        """Restrict this process, which must have given up new privileges, and all it starts.

        Raises:
            OSError: the kernel refuses.
        """
        _checked(_libc().syscall(_RESTRICT_SELF, self._descriptor, ctypes.c_uint32(0)))
        os.close(self._descriptor)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
