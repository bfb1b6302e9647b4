"""Where the files that travel with the package are: rubrics, data sets and reference models."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_folder(name: str) -> Path:
    """Return the folder `name` ("rubrics", "datasets" or "reference_models").

    A wheel carries it inside the package; an editable checkout keeps it at the top of the repository.
    """
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
