import hashlib
import io
import os
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.core.finding import Severity
from grader.core.submission import LabelSource, Role, StatedModel, Submission
from grader.datasets.card import list_datasets
from grader.errors import GraderError
from grader.intake import limits
from grader.intake.collect import collect
from grader.intake.labels import read_labels
from grader.intake.stated import MODEL_VALUES
from grader.models.references import known_networks
from grader.texts.catalog import LANGUAGES, Texts
from tests.digits import MNIST
from tests.intake.files import HDF5, JPEG, KERAS, PNG, make_zip, write
from tests.loops import every

TEN = {f"digits/{d}.png": PNG for d in range(10)}


def one(path: Path, tmp_path: Path) -> Submission:
    (submission,) = collect([path], tmp_path / "spool", MNIST)
    return submission


def slugs(submission: Submission) -> list[str]:
    return sorted(finding.slug for finding in submission.findings)


def test_collect_when_folder_holds_pictures_and_model_then_it_is_one_submission(tmp_path: Path) -> None:
    folder = write(tmp_path / "20250001-kim", {**TEN, "model.keras": KERAS, "report.md": b"# hi"})
    submission = one(folder, tmp_path)
    assert (submission.id, submission.name) == ("20250001-kim", "20250001-kim")
    assert [file.label for file in submission.having(Role.PICTURE)] == list(range(10))
    assert [file.name for file in submission.having(Role.MODEL)] == ["model.keras"]
    assert [file.name for file in submission.having(Role.REPORT)] == ["report.md"]
    assert submission.findings == ()


def test_collect_when_a_file_is_taken_then_its_copy_has_our_name_and_its_hash(tmp_path: Path) -> None:
    folder = write(tmp_path / "kim", {"3.png": PNG, "net.keras": HDF5})
    submission = one(folder, tmp_path)
    picture, model = submission.files
    assert picture.path == tmp_path / "spool" / "1" / "2.png"
    assert model.path == tmp_path / "spool" / "1" / "1.h5"
    assert picture.path.read_bytes() == PNG
    assert picture.sha256 == hashlib.sha256(PNG).hexdigest()
    assert picture.size_bytes == len(PNG)


def test_collect_when_folder_holds_folders_then_each_is_a_submission(tmp_path: Path) -> None:
    root = write(
        tmp_path / "class",
        {
            "README.md": b"x",
            "b/3.png": PNG,
            "a/digits/3.png": PNG,
            "c.zip": make_zip({"3.png": PNG}),
            ".git/HEAD": b"x",
        },
    )
    (root / "d").mkdir()
    found = collect([root], tmp_path / "spool", MNIST)
    assert [submission.id for submission in found] == ["a", "b", "c", "d"]
    assert [len(submission.files) for submission in found] == [1, 1, 1, 0]
    assert slugs(found[3]) == ["submission-empty"]


@every("part", ["digits", "my_digits", "손글씨", "Images", "model", "ambiguous", "3"])
def test_collect_when_all_folders_are_parts_then_it_is_one_submission(part: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "kim", {f"{part}/x.png": PNG, "report.pdf": b"%PDF-1.4"})
    assert one(folder, tmp_path).id == "kim"


def test_collect_when_folder_holds_only_a_report_then_it_is_one_submission(tmp_path: Path) -> None:
    folder = write(tmp_path / "kim", {"report.pdf": b"%PDF-1.4"})
    assert [file.role for file in one(folder, tmp_path).files] == [Role.REPORT]


def test_collect_when_path_is_missing_then_grader_error(tmp_path: Path) -> None:
    with pytest.raises(GraderError) as caught:
        collect([tmp_path / "nowhere"], tmp_path / "spool", MNIST)
    assert caught.value.slug == "path-not-found"


@every("files", [{}, {"README.md": b"x"}, {".DS_Store": b"x"}])
def test_collect_when_nothing_is_there_then_grader_error(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write(tmp_path / "class", files)
    with pytest.raises(GraderError) as caught:
        collect([folder], tmp_path / "spool", MNIST)
    assert caught.value.slug == "no-submissions"


def test_collect_when_path_is_another_file_then_grader_error(tmp_path: Path) -> None:
    write(tmp_path, {"3.png": PNG})
    with pytest.raises(GraderError) as caught:
        collect([tmp_path / "3.png"], tmp_path / "spool", MNIST)
    assert caught.value.slug == "path-not-a-submission"


def test_collect_when_ids_repeat_then_both_are_kept_and_said(tmp_path: Path) -> None:
    a = write(tmp_path / "a", {"kim/3.png": PNG, "kim (2)/1.png": PNG})
    b = write(tmp_path / "b", {"kim/4.png": PNG})
    found = collect([a, b], tmp_path / "spool", MNIST)
    assert [(s.id, s.files[0].label) for s in found] == [("kim", 3), ("kim (2)", 1), ("kim (3)", 4)]
    assert [slugs(s) for s in found] == [["submission-duplicate-name"], [], ["submission-duplicate-name"]]


def test_collect_when_folders_differ_by_unicode_form_only_then_both_are_kept(tmp_path: Path) -> None:
    root = write(
        tmp_path / "class", {unicodedata.normalize(form, "김민서/3.png"): PNG for form in ("NFC", "NFD")}
    )
    assert [s.id for s in collect([root], tmp_path / "spool", MNIST)] == ["김민서", "김민서 (2)"]


@every("form, encoding", [("NFC", "utf-8"), ("NFD", "utf-8"), ("NFC", "cp949")])
def test_collect_when_zip_has_korean_names_without_flag_then_they_are_nfc(
    form: str, encoding: str, tmp_path: Path
) -> None:
    name = unicodedata.normalize(form, "정하늘/손글씨/삼.png").encode(encoding)
    raw = make_zip({"x" * len(name): PNG}).replace(b"x" * len(name), name)
    path = tmp_path / (unicodedata.normalize(form, "정하늘") + ".zip")
    path.write_bytes(raw)
    submission = one(path, tmp_path)
    assert (submission.id, submission.files[0].name, submission.files[0].label) == (
        "정하늘",
        "손글씨/삼.png",
        3,
    )


def test_collect_when_name_is_neither_utf8_nor_cp949_then_cp437(tmp_path: Path) -> None:
    raw = make_zip({"3_xx.png": PNG}).replace(b"3_xx", b"3_\x81\xff")
    (tmp_path / "a.zip").write_bytes(raw)
    assert one(tmp_path / "a.zip", tmp_path).files[0].name == "3_ü\xa0.png"


def test_collect_when_disk_name_is_not_utf8_then_it_is_shown_as_text(tmp_path: Path) -> None:
    folder = write(tmp_path / "kim", {})
    (folder / os.fsdecode("삼.png".encode("cp949"))).write_bytes(PNG)
    assert [(f.name, f.label) for f in one(folder, tmp_path).files] == [("삼.png", 3)]


def test_collect_when_zip_has_a_lone_top_folder_then_it_is_left_out_of_names(tmp_path: Path) -> None:
    (tmp_path / "kim.zip").write_bytes(make_zip({"homework/3.png": PNG, "__MACOSX/homework/._3.png": b"x"}))
    assert [file.name for file in one(tmp_path / "kim.zip", tmp_path).files] == ["3.png"]


def test_collect_when_zip_holds_folders_and_zips_then_each_is_a_submission(tmp_path: Path) -> None:
    inner = make_zip({"lee/4.png": PNG})
    (tmp_path / "class.zip").write_bytes(
        make_zip({"class/kim/3.png": PNG, "class/lee.zip": inner, "class/README": b""})
    )
    found = collect([tmp_path / "class.zip"], tmp_path / "spool", MNIST)
    assert [(s.id, [f.name for f in s.files]) for s in found] == [("kim", ["3.png"]), ("lee", ["4.png"])]


def test_collect_when_submission_holds_a_zip_then_one_level_is_opened(tmp_path: Path) -> None:
    nested = make_zip({"3.png": PNG, "deeper.zip": make_zip({"4.png": PNG})})
    folder = write(tmp_path / "kim", {"digits.zip": nested, "model.h5": HDF5})
    submission = one(folder, tmp_path)
    assert [file.name for file in submission.files] == ["digits.zip/3.png", "model.h5"]
    assert [(f.slug, f.file) for f in submission.findings] == [("archive-nested", "digits.zip/deeper.zip")]
    assert not list((tmp_path / "spool").rglob("*.zip"))


def test_collect_when_zip_has_links_then_they_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO(make_zip({"3.png": PNG}))
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("4.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        pipe = zipfile.ZipInfo("5.png")
        pipe.external_attr = 0o010644 << 16
        archive.writestr(pipe, "")
    (tmp_path / "kim.zip").write_bytes(buffer.getvalue())
    submission = one(tmp_path / "kim.zip", tmp_path)
    assert [file.name for file in submission.files] == ["3.png"]
    assert [(f.slug, f.file) for f in submission.findings] == [
        ("file-not-regular", "4.png"),
        ("file-not-regular", "5.png"),
    ]


@every("name", ["../3.png", "/3.png", "C:/3.png", "a/../../3.png", "..\\3.png"])
def test_collect_when_zip_entry_leads_outside_then_it_is_refused_and_nothing_is_written(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "kim.zip").write_bytes(make_zip({"4.png": PNG, name: b"evil"}))
    submission = one(tmp_path / "kim.zip", tmp_path)
    assert [file.name for file in submission.files] == ["4.png"]
    assert slugs(submission) == ["archive-entry-unsafe-name"]
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")) == [
        "kim.zip",
        "spool/1/1.png",
    ]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_collect_when_zip_has_a_name_twice_then_the_first_counts(tmp_path: Path) -> None:
    buffer = io.BytesIO(make_zip({"3.png": PNG}))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("3.png", JPEG)
    (tmp_path / "kim.zip").write_bytes(buffer.getvalue())
    submission = one(tmp_path / "kim.zip", tmp_path)
    assert submission.files[0].path.read_bytes() == PNG
    assert slugs(submission) == ["file-duplicate-name"]


def test_collect_when_zip_entry_is_encrypted_then_it_is_refused(tmp_path: Path) -> None:
    raw = bytearray(make_zip({"3.png": PNG, "4.png": PNG}))
    directory = raw.index(b"PK\x01\x02")
    raw[6] |= 1
    raw[directory + 8] |= 1
    (tmp_path / "kim.zip").write_bytes(raw)
    submission = one(tmp_path / "kim.zip", tmp_path)
    assert [(f.slug, f.file) for f in submission.findings] == [("archive-entry-encrypted", "3.png")]
    assert [file.name for file in submission.files] == ["4.png"]


def test_collect_when_zip_entry_uses_another_method_then_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kim.zip").write_bytes(make_zip({"3.png": PNG}, zipfile.ZIP_LZMA))
    assert slugs(one(tmp_path / "kim.zip", tmp_path)) == ["archive-entry-method"]


def test_collect_when_zip_is_truncated_then_the_submission_says_so(tmp_path: Path) -> None:
    root = write(tmp_path / "class", {"kim.zip": make_zip(TEN)[:-30], "lee/3.png": PNG})
    found = collect([root], tmp_path / "spool", MNIST)
    assert [(s.id, slugs(s), len(s.files)) for s in found] == [("kim", ["archive-broken"], 0), ("lee", [], 1)]
    assert found[0].findings[0].severity is Severity.REFUSED


def test_collect_when_zip_entry_is_damaged_then_the_rest_is_used(tmp_path: Path) -> None:
    raw = bytearray(make_zip({"3.png": PNG, "4.png": PNG}, zipfile.ZIP_STORED))
    raw[raw.index(PNG) + 20] ^= 0xFF
    (tmp_path / "kim.zip").write_bytes(raw)
    submission = one(tmp_path / "kim.zip", tmp_path)
    assert [(f.slug, f.file) for f in submission.findings] == [("file-unreadable", "3.png")]
    assert [file.name for file in submission.files] == ["4.png"]
    assert [path.name for path in (tmp_path / "spool" / "1").iterdir()] == ["1.png"]


def test_collect_when_zip_entry_explodes_then_it_is_refused(tmp_path: Path) -> None:
    bomb = PNG + bytes(20 * limits.MEGABYTE)
    (tmp_path / "kim.zip").write_bytes(
        make_zip({"3.png": bomb, "4.png": PNG, "model.h5": HDF5 + bytes(10**7)})
    )
    submission = one(tmp_path / "kim.zip", tmp_path)
    assert [(f.slug, f.file) for f in submission.findings] == [("archive-entry-inflates", "3.png")]
    assert [file.name for file in submission.files] == ["4.png", "model.h5"]


def test_collect_when_zip_lies_about_sizes_then_bytes_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PICTURE_BYTES", 1000)
    raw = make_zip({"3.png": PNG + os.urandom(5000)})
    directory = raw.index(b"PK\x01\x02")
    small = (40).to_bytes(4, "little")
    (tmp_path / "kim.zip").write_bytes(raw[: directory + 24] + small + raw[directory + 28 :])
    submission = one(tmp_path / "kim.zip", tmp_path)
    assert submission.files == ()
    assert slugs(submission) in (["file-too-large"], ["file-unreadable"])


def test_collect_when_table_of_contents_is_forged_to_be_huge_then_it_is_refused(tmp_path: Path) -> None:
    entries = {f"{'x' * 100}{i}": b"" for i in range(8000)}
    raw = make_zip(entries)
    assert len(raw) > limits.ARCHIVE_DIRECTORY_BYTES
    root = write(tmp_path / "class", {"kim.zip": raw})
    assert slugs(one(root, tmp_path)) == ["archive-broken"]


def test_collect_when_zip_has_too_many_entries_then_the_first_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_ENTRIES", 3)
    (tmp_path / "kim.zip").write_bytes(make_zip({f"{d}.png": PNG for d in range(5)}))
    submission = one(tmp_path / "kim.zip", tmp_path)
    assert [file.name for file in submission.files] == ["0.png", "1.png", "2.png"]
    assert slugs(submission) == ["archive-too-many-entries"]


def test_collect_when_there_are_too_many_files_then_the_first_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FILES_LOOKED_AT", 3)
    submission = one(write(tmp_path / "kim", {f"{d}.png": PNG for d in (10, 2, 1, 3, 4)}), tmp_path)
    assert [file.name for file in submission.files] == ["1.png", "2.png", "3.png"]
    assert slugs(submission) == ["too-many-files"]


def test_collect_when_a_data_set_was_left_in_then_model_and_nearest_pictures_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FILES_LOOKED_AT", 4)
    data = {f"data/train/{d}.png": PNG for d in range(10)}
    folder = write(
        tmp_path / "kim", {**data, "digits/1.png": PNG, "digits/2.png": PNG, "model/model.h5": HDF5}
    )
    submission = one(folder, tmp_path)
    assert [file.name for file in submission.files] == [
        "data/train/0.png",
        "digits/1.png",
        "digits/2.png",
        "model/model.h5",
    ]


def test_collect_when_a_picture_is_too_large_then_it_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PICTURE_BYTES", 30)
    folder = write(tmp_path / "kim", {"3.png": PNG, "model.h5": HDF5})
    submission = one(folder, tmp_path)
    assert [file.name for file in submission.files] == ["model.h5"]
    assert [(f.slug, f.file) for f in submission.findings] == [("file-too-large", "3.png")]


def test_collect_when_all_files_together_are_too_large_then_the_rest_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TOTAL_BYTES", len(PNG) + 10)
    submission = one(write(tmp_path / "kim", {"1.png": PNG, "2.png": PNG}), tmp_path)
    assert [file.name for file in submission.files] == ["1.png"]
    assert slugs(submission) == ["submission-too-large"]


def test_collect_when_folders_are_too_deep_then_it_is_said(tmp_path: Path) -> None:
    folder = write(tmp_path / "kim", {"p/q/r/s/5.png": PNG, "a/b/c/d/e/f.png": PNG, "m.h5": HDF5})
    submission = one(folder, tmp_path)
    assert [file.name for file in submission.files] == ["m.h5", "p/q/r/s/5.png"]
    assert [(f.slug, f.file) for f in submission.findings] == [("folder-too-deep", "a/b/c/d/e")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_collect_when_folder_holds_links_and_pipes_then_they_are_refused(tmp_path: Path) -> None:
    outside = write(tmp_path / "other", {"3.png": PNG, "deep/4.png": PNG})
    folder = write(tmp_path / "kim", {"1.png": PNG})
    (folder / "2.png").symlink_to(outside / "3.png")
    (folder / "more").symlink_to(outside)
    os.mkfifo(folder / "5.png")
    submission = one(folder, tmp_path)
    assert [file.name for file in submission.files] == ["1.png"]
    assert [(f.slug, f.file) for f in submission.findings] == [
        ("file-not-regular", "2.png"),
        ("file-not-regular", "5.png"),
        ("file-not-regular", "more"),
    ]


def test_collect_when_a_submission_is_a_link_then_it_is_listed_and_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "other", {"3.png": PNG})
    root = write(tmp_path / "class", {"kim/1.png": PNG})
    (root / "lee").symlink_to(outside)
    found = collect([root], tmp_path / "spool", MNIST)
    assert [(s.id, len(s.files), slugs(s)) for s in found] == [
        ("kim", 1, []),
        ("lee", 0, ["file-not-regular"]),
    ]


def test_collect_when_a_file_becomes_a_link_after_listing_then_it_is_not_followed(tmp_path: Path) -> None:
    from grader.intake.folder import folder_tree

    folder = write(tmp_path / "kim", {"digits/3.png": PNG})
    tree = folder_tree(folder)
    (folder / "digits").rename(tmp_path / "moved")
    (folder / "digits").symlink_to(tmp_path / "moved")
    with pytest.raises(OSError, match="digits"):
        tree.entries[0].open()


def test_collect_when_a_student_sends_7z_then_the_student_is_not_lost(tmp_path: Path) -> None:
    root = write(tmp_path / "class", {"kim.7z": b"7z\xbc\xaf\x27\x1c", "lee/3.png": PNG})
    found = collect([root], tmp_path / "spool", MNIST)
    assert [(s.id, slugs(s)) for s in found] == [("kim.7z", ["archive-format-unsupported"]), ("lee", [])]


def test_collect_when_files_are_empty_then_it_is_said(tmp_path: Path) -> None:
    submission = one(write(tmp_path / "kim", {"3.png": b"", "report.pdf": b""}), tmp_path)
    assert [(file.name, file.role) for file in submission.files] == [
        ("3.png", Role.PICTURE),
        ("report.pdf", Role.REPORT),
    ]
    assert slugs(submission) == ["file-empty", "file-empty"]


def test_collect_when_labels_are_stated_then_they_win_over_names(tmp_path: Path) -> None:
    toml = '[labels]\n"a.png" = 7\n"3.png" = 4\n"b.png" = 10\n"c.png" = true\n"zz.png" = 1\n[nonsense]\n'
    files = {"a.png": PNG, "b.png": PNG, "c.png": PNG, "3.png": PNG, "submission.toml": toml.encode()}
    submission = one(write(tmp_path / "kim", files), tmp_path)
    labels = {file.name: (file.label, file.label_source) for file in submission.having(Role.PICTURE)}
    assert labels == {
        "3.png": (4, LabelSource.STATED),
        "a.png": (7, LabelSource.STATED),
        "b.png": (None, None),
        "c.png": (None, None),
    }
    assert slugs(submission) == [
        "label-missing",
        "label-missing",
        "settings-label-not-a-digit",
        "settings-label-not-a-digit",
        "settings-no-such-picture",
        "settings-unknown-key",
    ]


@every(
    "content, slug",
    [
        (b"[labels\n", "settings-unreadable"),
        (b"\xff\xfe\x00", "settings-unreadable"),
        (b"a = " + b"[" * 20_000, "settings-unreadable"),
        (b"labels = 3\n", "settings-labels-not-a-table"),
        (b"#" * (limits.SETTINGS_BYTES + 1), "settings-too-large"),
    ],
)
def test_collect_when_submission_toml_is_wrong_then_it_is_ignored_and_said(
    content: bytes, slug: str, tmp_path: Path
) -> None:
    submission = one(write(tmp_path / "kim", {"3.png": PNG, "submission.toml": content}), tmp_path)
    assert slugs(submission) == [slug]
    assert submission.having(Role.PICTURE)[0].label == 3


@every(
    "stated",
    ["0x" + "f" * 6000, "[" * 400 + "]" * 400, "{a=" * 300 + "1" + "}" * 300],
    ids=["hex", "list", "table"],
)
def test_collect_when_a_stated_label_is_too_large_to_be_written_out_then_it_is_said(
    stated: str, tmp_path: Path
) -> None:
    settings_file = f'labels."3.png" = {stated}\n'.encode()
    submission = one(write(tmp_path / "kim", {"3.png": PNG, "submission.toml": settings_file}), tmp_path)
    assert slugs(submission) == ["settings-label-not-a-digit"]


def test_collect_when_a_stated_label_is_a_tower_of_tables_then_it_is_said(tmp_path: Path) -> None:
    settings_file = ('labels."3.png".' + ".".join(["a"] * 3000) + " = 1\n").encode()
    submission = one(write(tmp_path / "kim", {"3.png": PNG, "submission.toml": settings_file}), tmp_path)
    assert slugs(submission) == ["settings-label-not-a-digit"]


def test_collect_when_a_number_in_a_name_is_endless_then_the_zip_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "kim.zip").write_bytes(make_zip({"3.png": PNG, "1" * 5000 + ".png": PNG}))
    submission = one(tmp_path / "kim.zip", tmp_path)
    assert [file.name for file in submission.files] == ["3.png"]
    assert slugs(submission) == ["file-name-too-long"]


def test_collect_when_the_path_is_too_long_then_grader_error(tmp_path: Path) -> None:
    with pytest.raises(GraderError) as error:
        collect([tmp_path / ("a" * 300)], tmp_path / "spool", MNIST)
    assert error.value.slug == "path-unreadable"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_collect_when_a_folder_can_be_listed_and_not_entered_then_it_is_said(tmp_path: Path) -> None:
    class_ = write(tmp_path / "class", {"kim/digits/3.png": PNG, "lee/3.png": PNG})
    (class_ / "kim" / "digits").chmod(0o444)
    try:
        kim, lee = collect([class_], tmp_path / "spool", MNIST)
    finally:
        (class_ / "kim" / "digits").chmod(0o755)
    assert slugs(kim) == ["file-unreadable"]
    assert slugs(lee) == []


def test_collect_when_we_fail_on_one_submission_then_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_ = write(tmp_path / "class", {"kim/3.png": PNG, "lee/4.png": PNG})

    def fails_on_three(names: list[str], _: object) -> object:
        if "3.png" in names:
            raise ZeroDivisionError
        return read_labels(names, MNIST)

    monkeypatch.setattr("grader.intake.collect.read_labels", fails_on_three)
    kim, lee = collect([class_], tmp_path / "spool", MNIST)
    assert "ZeroDivisionError" in (kim.failure or "")
    assert kim.files == ()
    assert (lee.failure, [file.name for file in lee.files]) == (None, ["4.png"])


def test_collect_when_pictures_are_figures_then_they_are_not_digits(tmp_path: Path) -> None:
    names = ["3.png", "accuracy.png", "Figure_1.png", "정확도2.png", "report/4.png", "digits/5.png"]
    submission = one(write(tmp_path / "kim", dict.fromkeys(names, PNG)), tmp_path)
    assert [file.name for file in submission.having(Role.PICTURE)] == ["3.png", "digits/5.png"]
    assert [(f.slug, f.file) for f in submission.findings] == [
        ("picture-looks-like-figure", name) for name in ("Figure_1.png", "report/4.png", "정확도2.png")
    ]


def test_collect_when_ambiguous_digits_have_no_label_then_nothing_is_said(tmp_path: Path) -> None:
    folder = write(tmp_path / "kim", {"3.png": PNG, "Ambiguous/x.png": PNG, "모호/4-9.png": PNG})
    submission = one(folder, tmp_path)
    assert [file.name for file in submission.having(Role.AMBIGUOUS)] == ["Ambiguous/x.png", "모호/4-9.png"]
    assert submission.findings == ()


def test_collect_when_run_twice_then_the_result_is_the_same(tmp_path: Path) -> None:
    root = write(tmp_path / "class", {"b/3.png": PNG, "a/IMG_1234.png": PNG, "a/x.keras": b"broken"})
    first, second = (collect([root], tmp_path / spool, MNIST) for spool in ("one", "two"))
    assert [(s.id, s.findings, [(f.name, f.sha256, f.role) for f in s.files]) for s in first] == [
        (s.id, s.findings, [(f.name, f.sha256, f.role) for f in s.files]) for s in second
    ]


_NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40
).filter(lambda name: name not in {".", ".."} and len(name.encode()) < 200)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(names=st.lists(_NAMES, unique=True, max_size=6), suffix=st.sampled_from([".png", ".zip", ".toml", ""]))
def test_collect_when_names_are_any_text_then_it_does_not_crash(
    names: list[str], suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("any")
    folder = write(root / "kim", {name + suffix: PNG for name in names} | {"model.h5": HDF5})
    submission = one(folder, root)
    assert all(unicodedata.is_normalized("NFC", file.name) for file in submission.files)
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for file in submission.files for c in file.name)
    assert all(file.path.name.isascii() for file in submission.files)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data())
def test_collect_when_a_zip_is_damaged_anywhere_then_it_does_not_crash(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = bytearray(make_zip({"3.png": PNG, "디지트/4.png": PNG, "model.keras": KERAS}))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    root = tmp_path_factory.mktemp("damaged")
    write(root / "class", {"kim.zip": bytes(raw), "lee/3.png": PNG})
    found = collect([root / "class"], root / "spool", MNIST)
    assert [submission.id for submission in found] == ["kim", "lee"]


def test_collect_when_the_model_is_stated_then_it_is_handed_on(tmp_path: Path) -> None:
    content = b'[model]\npolarity = "black-on-white"\nscale = "0-255"\nnetwork = "lecture-mlp"\n'
    submission = one(write(tmp_path / "kim", {"3.png": PNG, "submission.toml": content}), tmp_path)
    assert submission.findings == ()
    assert submission.stated == StatedModel(polarity="black-on-white", scale="0-255", network="lecture-mlp")


@every(
    "content, slug, stated",
    [
        (b"model = 3\n", "settings-model-not-a-table", StatedModel()),
        (b'[model]\nscale = "0-1"\ncolor = 3\n', "settings-unknown-model-key", StatedModel(scale="0-1")),
        (b'[model]\nscale = "0..1"\n', "settings-unknown-model-value", StatedModel()),
        (b"[model]\nscale = 255\n", "settings-unknown-model-value", StatedModel()),
        (b'[model]\nnetwork = ["referee"]\n', "settings-unknown-model-value", StatedModel()),
        (
            b'[model]\npolarity = "l2"\nscale = "l2"\n',
            "settings-unknown-model-value",
            StatedModel(scale="l2"),
        ),
    ],
)
def test_collect_when_what_is_stated_of_the_model_is_wrong_then_the_rest_counts(
    content: bytes, slug: str, stated: StatedModel, tmp_path: Path
) -> None:
    content += b'[labels]\n"3.png" = 4\n'
    submission = one(write(tmp_path / "kim", {"3.png": PNG, "submission.toml": content}), tmp_path)
    assert slugs(submission) == [slug]
    assert submission.stated == stated
    assert submission.having(Role.PICTURE)[0].label == 4


def test_stated_when_a_network_is_named_then_it_is_one_of_the_lectures() -> None:
    assert set(MODEL_VALUES["network"]) == {id_ for each in list_datasets() for id_ in known_networks(each)}
    assert set(MODEL_VALUES["polarity"]) == set(MNIST.polarities)
    assert set(MODEL_VALUES["scale"]) == set(MNIST.scales) - {"l2-picture"}


@every("path, slug", [("a/" * 9 + "5.png", "folder-too-deep"), ("b" * 400 + ".png", "file-name-too-long")])
def test_collect_when_an_entry_of_a_zip_breaks_a_bound_then_the_message_names_it(
    path: str, slug: str, tmp_path: Path
) -> None:
    (tmp_path / "kim.zip").write_bytes(make_zip({"3.png": PNG, path: PNG}))
    (finding,) = one(tmp_path / "kim.zip", tmp_path).findings
    limit = {"folder-too-deep": limits.DEPTH, "file-name-too-long": limits.NAME_CHARACTERS}[slug]
    assert finding.slug == slug
    assert all(str(limit) in Texts(language).message(finding) for language in LANGUAGES)


@every("character", ["\u202e", "\u2066", "\u200f", "\u061c"])
def test_collect_when_a_name_turns_the_direction_of_writing_then_it_is_shown(
    character: str, tmp_path: Path
) -> None:
    submission = one(write(tmp_path / "kim", {f"3{character}gnp.png": PNG}), tmp_path)
    assert submission.files[0].name == f"3\\u{ord(character):04x}gnp.png"


def test_collect_when_a_stated_name_hides_something_then_it_is_shown(tmp_path: Path) -> None:
    settings_file = b'["x\\u202e\\u0007"]\n'
    submission = one(write(tmp_path / "kim", {"3.png": PNG, "submission.toml": settings_file}), tmp_path)
    assert submission.findings[0].values["key"] == "x\\u202e\\u0007"
