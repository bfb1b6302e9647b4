from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.messages import catalog


@pytest.fixture(autouse=True)
def _every_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read messages that still lie in parts together with the rest."""
    source = Path(catalog.__file__).parent
    for language in catalog.LANGUAGES:
        parts = sorted(source.glob(f"{language}.*toml*"))
        text = "\n".join(part.read_text(encoding="utf-8") for part in parts)
        (tmp_path / f"{language}.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalog, "_FOLDER", tmp_path)
    catalog.catalog.cache_clear()
    yield
    catalog.catalog.cache_clear()
