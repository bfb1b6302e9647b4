"""The TensorFlow zygote's job with everything switched off that refuses code before it runs: only the lock is left.

Served in place of `grader.models.child` by `tests.hostile.test_lock_alone`. What hostile code needs is imported here: it
must fail at the lock, not for want of a module.
"""

import ctypes
import encodings.base64_codec
import pathlib
import pickle
import socket
import subprocess
import threading
import urllib.request
from typing import Any

import keras

from grader.models import child

_ = ctypes, encodings.base64_codec, pathlib, pickle, socket, subprocess, threading, urllib.request
_load = keras.models.load_model


def _load_anything(path: str, **options: Any) -> Any:
    return _load(path, **{**options, "safe_mode": False})


keras.config.enable_unsafe_deserialization()
keras.models.load_model = _load_anything
serve = child.serve
