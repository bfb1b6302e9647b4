from pathlib import Path

from grader.core.submission import Role, SubmittedFile
from grader.intake.roles import figures_among, is_part_name, order_models, role_of
from grader.intake.sniff import Content, sniff, sniff_archive
from tests.intake.files import HDF5, JPEG, KERAS, PNG, make_zip
from tests.loops import every


@every(
    "head, name, content",
    [
        (PNG, "model.keras", Content.PNG),
        (JPEG, "IMG.HEIC", Content.JPEG),
        (b"\x00\x00\x00\x18ftypheic", "a.jpg", Content.HEIF),
        (b"\x00\x00\x00\x18ftypavif", "a.png", Content.AVIF),
        (b"\x00\x00\x00\x18ftypisom", "a.mp4", Content.UNKNOWN),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a.png", Content.WEBP),
        (b"BM" + bytes(12) + b"\x28\x00\x00\x00", "3.bmp", Content.BMP),
        (b"BM is not a picture", "notes.txt", Content.TEXT),
        (b"II*\x00", "3.tif", Content.TIFF),
        (HDF5, "3.png", Content.HDF5),
        (b"\x1c\x00\x00\x00TFL3", "m.bin", Content.TFLITE),
        (b"\x08\x07\x12\x05keras", "m.onnx", Content.ONNX),
        (b"\x08\x01", "saved/saved_model.pb", Content.SAVED_MODEL),
        (b"%PDF-1.7", "x", Content.PDF),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "보고서.hwp", Content.OLE),
        (b'{"cells": []}', "a.ipynb", Content.NOTEBOOK),
        (b"a\x00b", "a.txt", Content.UNKNOWN),
        (b"", "a.txt", Content.UNKNOWN),
        (b"hello", "a.py", Content.UNKNOWN),
    ],
)
def test_sniff_when_bytes_and_name_are_given_then_bytes_decide(
    head: bytes, name: str, content: Content
) -> None:
    assert sniff(head, name) is content


@every(
    "raw, content",
    [
        (KERAS, Content.KERAS),
        (KERAS[: len(KERAS) // 2], Content.ARCHIVE),
        (make_zip({"word/document.xml": b""}), Content.DOCX),
        (make_zip({"Contents/content.hpf": b""}), Content.HWPX),
        (make_zip({"config.json": b""}), Content.ARCHIVE),
    ],
)
def test_sniff_archive_when_zip_is_of_a_kind_then_its_names_decide(
    raw: bytes, content: Content, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(raw)
    assert sniff_archive(tmp_path / "x") is content


@every(
    "name, content, role",
    [
        ("3.png", Content.PNG, Role.PICTURE),
        ("3.png", Content.UNKNOWN, Role.PICTURE),
        ("3.png", Content.HDF5, Role.MODEL),
        ("ambiguous/3.png", Content.PNG, Role.AMBIGUOUS),
        ("Ambiguous_Digits/3.jpg", Content.JPEG, Role.AMBIGUOUS),
        ("애매한 숫자/3.jpg", Content.JPEG, Role.AMBIGUOUS),
        ("ambiguous.png", Content.PNG, Role.PICTURE),
        ("model.keras", Content.KERAS, Role.MODEL),
        ("model.keras", Content.UNKNOWN, Role.MODEL),
        ("model.h5", Content.ARCHIVE, Role.MODEL),
        ("mnist.model", Content.HDF5, Role.MODEL),
        ("saved/saved_model.pb", Content.SAVED_MODEL, Role.MODEL),
        ("saved/variables/variables.index", Content.UNKNOWN, Role.OTHER),
        ("a.tflite", Content.TFLITE, Role.MODEL),
        ("report.PDF", Content.PDF, Role.REPORT),
        ("보고서.hwp", Content.OLE, Role.REPORT),
        ("hw.ipynb", Content.NOTEBOOK, Role.REPORT),
        ("readme.md", Content.MARKDOWN, Role.REPORT),
        ("requirements.txt", Content.TEXT, Role.OTHER),
        ("train.py", Content.UNKNOWN, Role.OTHER),
        ("predictions.csv", Content.CSV, Role.CLAIMS),
        ("submission.toml", Content.TOML, Role.SETTINGS),
        ("sub/submission.toml", Content.TOML, Role.OTHER),
    ],
)
def test_role_when_name_and_content_are_given(name: str, content: Content, role: Role) -> None:
    assert role_of(name, content) is role


@every("name", ["digits", "My Digits", "test_images2", "손글씨", "7", "saved_model", "모델"])
def test_part_name_when_it_is_a_part_then_true(name: str) -> None:
    assert is_part_name(name)


@every("name", ["20250001-kim", "kim", "김민서", "12", "team 3", "digitsofkim"])
def test_part_name_when_it_is_a_person_then_false(name: str) -> None:
    assert not is_part_name(name)


def test_figures_when_screenshots_are_numbered_from_0_then_they_are_digits() -> None:
    digits = [f"screenshot{d}.png" for d in range(10)]
    assert figures_among([*digits, "loss.png"]) == {"loss.png"}


def test_figures_when_a_program_numbers_its_figures_from_1_then_they_are_figures() -> None:
    names = [f"Figure_{d}.png" for d in range(1, 8)]
    assert figures_among(names) == set(names)


def test_figures_when_digits_are_in_a_folder_for_digits_below_the_report_then_they_are_digits() -> None:
    assert figures_among(["report/digits/3.png", "report/3.png"]) == {"report/3.png"}


def test_order_models_when_there_are_several_then_content_decides_before_name() -> None:
    def model(name: str, copy: str) -> SubmittedFile:
        return SubmittedFile(name=name, role=Role.MODEL, path=Path(copy), size_bytes=1, sha256="")

    models = [
        model("a.keras", "1.bin"),
        model("b.h5", "2.h5"),
        model("z.keras", "3.keras"),
        model("a.h5", "4.h5"),
        model("best.weights.h5", "5.h5"),
        model("a.tflite", "6.tflite"),
        model("a.onnx", "7.onnx"),
        model("saved", "8.saved_model"),
    ]
    assert [m.name for m in order_models(models)] == [
        "z.keras", "a.h5", "b.h5", "best.weights.h5", "saved", "a.onnx", "a.tflite", "a.keras",
    ]  # fmt: skip
