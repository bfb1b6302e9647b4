"""The TensorFlow zygote's job with everything switched off that refuses code before it runs: only the lock is left.

Served in place of `grader.models.child` by `tests.hostile.test_lock_alone`.
"""

from typing import Any

import keras

from grader.models import child

_load = keras.models.load_model


def _load_anything(path: str, **options: Any) -> Any:
    return _load(path, **{**options, "safe_mode": False})


keras.config.enable_unsafe_deserialization()
keras.models.load_model = _load_anything
serve = child.serve
