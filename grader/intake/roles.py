"""Path and content → what a file is for."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from grader.core.submission import Role, SubmittedFile
from grader.intake.names import PART_NAMES
from grader.intake.sniff import Content

_PICTURES = frozenset(
    {
        Content.PNG,
        Content.JPEG,
        Content.GIF,
        Content.BMP,
        Content.WEBP,
        Content.TIFF,
        Content.HEIF,
        Content.AVIF,
    }
)
_MODELS = frozenset(
    {Content.HDF5, Content.KERAS, Content.TFLITE, Content.ONNX, Content.SAVED_MODEL, Content.TORCH}
)
_MAYBE_MODELS = frozenset({Content.PICKLE, Content.NUMPY})
"""Formats that also hold data sets; a model when the name says so."""
_REPORTS = frozenset(
    {
        Content.PDF,
        Content.OLE,
        Content.DOCX,
        Content.HWPX,
        Content.NOTEBOOK,
        Content.MARKDOWN,
        Content.HTML,
        Content.TEXT,
    }
)
PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif"}
)
"""Suffixes of pictures, in lower case."""
_MODEL_SUFFIXES = frozenset(
    {
        ".keras",
        ".h5",
        ".hdf5",
        ".model",
        ".tflite",
        ".onnx",
        ".pt",
        ".pth",
        ".pkl",
        ".pickle",
        ".joblib",
        ".sav",
    }
)
_MODEL_FOLDER_SUFFIXES = frozenset({".model", ".keras", ".h5", ".tf", ".savedmodel"})
"""What students call the folder of a SavedModel."""
_MODEL_NAME = re.compile(r"model|weight|net(?![a-z])|cnn|mnist|classifier|모델")
_NO_MODEL_NAME = re.compile(r"histor|data|x_|y_|label|train|test|scaler|predict")
_CHECKPOINT = re.compile(r"(.*/)?variables/variables\.(index|data-[0-9]{5}-of-[0-9]{5})")
_REPORT_SUFFIXES = frozenset(
    {".pdf", ".docx", ".doc", ".hwp", ".hwpx", ".ipynb", ".md", ".markdown", ".html", ".htm", ".txt"}
)
_NOT_REPORTS = re.compile(r"requirements.*|license.*|labels?|class(es|_names)?")

_AMBIGUOUS_FOLDER = re.compile(r"ambiguous|모호|애매")
_DIGIT_FOLDER = re.compile(r"digit|hand_?writ|number|손글씨|숫자")
_FIGURE_FOLDER = re.compile(
    r"report|figure|plot|graph|result|output|docs?$|보고서|레포트|리포트|그래프|결과|분석"
)
_FIGURE_NAME = re.compile(
    r"accura|loss|curve|plot|histor|grid|confusion|matrix|screen ?-?_?shot|capture"
    r"|figure|(?<![a-z])fig(?![a-z])|graph|chart|histogram|heatmap|training|summary|architecture|misread|misclass|wrong|result|collage"
    r"|montage"
    r"|그래프|정확도|손실|스크린샷|캡처|캡쳐|혼동|곡선|학습|결과|오답"
)


def role_of(name: str, content: Content) -> Role:
    """Return what the file at `name` is for: by what it holds, else by what it is called.

    A file called like a model or a picture that holds something else keeps that role, so that it is refused
    by name and not passed over.
    """
    path = PurePosixPath(_plain(name))
    suffix = path.suffix
    if path.as_posix() == "submission.toml":
        return Role.SETTINGS
    if path.name == "predictions.csv":
        return Role.CLAIMS
    if content in _MODELS:
        return Role.MODEL
    if content in _MAYBE_MODELS:
        is_model = _MODEL_NAME.search(path.stem) or (suffix in _MODEL_SUFFIXES and content is Content.PICKLE)
        return Role.MODEL if is_model and not _NO_MODEL_NAME.search(path.stem) else Role.OTHER
    if content is Content.ARCHITECTURE:
        return Role.ARCHITECTURE
    if content in _PICTURES or (content not in _REPORTS and suffix in PICTURE_SUFFIXES):
        return Role.AMBIGUOUS if _is_ambiguous(path) else Role.PICTURE
    if content not in _REPORTS and suffix in _MODEL_SUFFIXES:
        return Role.MODEL
    if (content in _REPORTS or suffix in _REPORT_SUFFIXES) and not _NOT_REPORTS.fullmatch(path.stem):
        return Role.REPORT
    return Role.OTHER


def is_checkpoint(name: str) -> bool:
    """Whether a file of this name holds the weights of a SavedModel."""
    return bool(_CHECKPOINT.fullmatch(name))


def is_part_name(folder_name: str) -> bool:
    """Whether a folder of this name is a part of a submission: `digits`, `my_model2`, `digits.model`, `손글씨`, `3`."""
    if PurePosixPath(_plain(folder_name)).suffix in _MODEL_FOLDER_SUFFIXES:
        return True
    key = re.sub(r"[\s_\-.]", "", _plain(folder_name))
    return bool(re.fullmatch(r"[0-9]", key)) or re.sub(r"[0-9]+$", "", key) in PART_NAMES


def has_figure_name(name: str) -> bool:
    """Whether the picture at `name` is called like a figure of the report: a curve, a screenshot."""
    return bool(_FIGURE_NAME.search(PurePosixPath(_plain(name)).name))


def is_in_figure_folder(name: str) -> bool:
    """Whether the innermost telling folder above the picture is one for reports or figures."""
    for folder in reversed(PurePosixPath(_plain(name)).parts[:-1]):
        if _DIGIT_FOLDER.search(folder):
            return False
        if _FIGURE_FOLDER.search(folder):
            return True
    return False


def figures_among(names: Iterable[str]) -> frozenset[str]:
    """Return which pictures are figures of the report and not digits.

    Names like `screenshot0.png` to `screenshot9.png` are a series of digits all the same: it needs the 0 and
    four more, because programs number their figures from 1.
    """
    series: dict[str, set[str]] = defaultdict(set)
    suspects = []
    for name in names:
        if is_in_figure_folder(name) or has_figure_name(name):
            suspects.append(name)
            series[_template(name)].update(re.findall(r"(?<![0-9])[0-9](?![0-9])", PurePosixPath(name).stem))
    return frozenset(
        name
        for name in suspects
        if not ("0" in series[_template(name)] and len(series[_template(name)]) >= 5)
    )


def _template(name: str) -> str:
    return re.sub(r"[0-9]+", "#", _plain(name))


def order_models(models: Iterable[SubmittedFile]) -> tuple[SubmittedFile, ...]:
    """Return models in the order in which they should be tried, then by name.

    Keras 3, HDF5 (files called `weights` after the others), SavedModel, ONNX, TFLite (often made smaller, with a
    loss), others. What a file holds decides (the suffix of its copy), not what it is called.
    """
    return tuple(sorted(models, key=lambda file: (_rank(file), file.name)))


_RANKS = {".keras": 0, ".h5": 1, ".saved_model": 3, ".onnx": 4, ".tflite": 5}


def _rank(file: SubmittedFile) -> int:
    rank = _RANKS.get(file.path.suffix, 6)
    return 2 if rank == 1 and "weights" in PurePosixPath(_plain(file.name)).name else rank


def _is_ambiguous(path: PurePosixPath) -> bool:
    return any(_AMBIGUOUS_FOLDER.search(folder) for folder in path.parts[:-1])


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
