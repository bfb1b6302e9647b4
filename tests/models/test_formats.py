"""Formats told by first bytes."""

from pathlib import Path

from grader.models.formats import model_format, refusal_slug
from tests.loops import every


@every(
    "head, found",
    [
        (b"\x89HDF\r\n\x1a\n", "hdf5"),
        (b"PK\x03\x04", "keras"),
        (b"\x1c\x00\x00\x00TFL3", "tflite"),
        (b"\x08\x07\x12\x07pytorch", "onnx"),
        (b"\x80\x04\x95", None),
        (b"{}", None),
        (b"", None),
    ],
)
def test_format_when_told_by_content_then_the_name_does_not_matter(
    tmp_path: Path, head: bytes, found: str | None
) -> None:
    path = tmp_path / "1.bin"
    path.write_bytes(head + b"\x00" * 8 if head else b"")
    assert model_format(path) == found


def test_format_when_a_folder_holds_a_graph_then_it_is_a_saved_model(tmp_path: Path) -> None:
    assert model_format(tmp_path) is None
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01")
    assert model_format(tmp_path) == "saved-model"


@every(
    "name, slug",
    [
        ("1.pkl", "model-pickle"),
        ("1.pt", "model-torch"),
        ("1.npz", "model-numpy"),
        ("1.bin", "model-unknown-format"),
    ],
)
def test_refusal_when_the_copy_was_named_by_its_content_then_the_nearest_word_is_found(
    name: str, slug: str
) -> None:
    assert refusal_slug(Path(name)) == slug
