"""SavedModels as folders, in zips, and in pieces; nothing in them is decoded here."""

from hashlib import sha256
from pathlib import Path

from grader.core.submission import Role, Submission
from grader.intake.collect import collect
from grader.intake.sniff import Content, sniff
from tests.digits import MNIST
from tests.intake.files import PNG, make_zip, write
from tests.loops import every

GRAPH = b"\x08\x01\x12\x04abcd"
INDEX, DATA = b"\x00index", b"\x00data"
SAVED = {
    "saved_model.pb": GRAPH,
    "variables/variables.index": INDEX,
    "variables/variables.data-00000-of-00001": DATA,
}


def taken(tmp_path: Path, files: dict[str, bytes]) -> Submission:
    (submission,) = collect([write(tmp_path / "kim", files)], tmp_path / "spool", MNIST)
    return submission


def within(folder: str, files: dict[str, bytes] = SAVED) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def test_collect_when_a_saved_model_is_handed_in_then_it_is_one_model_with_the_sum_of_sizes(
    tmp_path: Path,
) -> None:
    extra = {"assets/words.txt": b"x", "keras_metadata.pb": b"\x0ameta", "notes.md": b"# n"}
    submission = taken(tmp_path, {"3.png": PNG, **within("model/net.model", {**SAVED, **extra})})
    (model,) = submission.having(Role.MODEL)
    kept = {**SAVED, "keras_metadata.pb": b"\x0ameta"}
    text = b"".join(f"{n}\0{sha256(kept[n]).hexdigest()}\0".encode() for n in sorted(kept))
    assert (model.name, model.size_bytes) == ("model/net.model", sum(map(len, kept.values())))
    assert model.sha256 == sha256(text).hexdigest()
    assert {
        p.relative_to(model.path).as_posix(): p.read_bytes() for p in model.path.rglob("*") if p.is_file()
    } == kept
    assert [file.name for file in submission.files] == [
        "3.png",
        "model/net.model",
        "model/net.model/notes.md",
    ]


def test_collect_when_it_lies_at_the_top_then_it_is_called_by_its_graph(tmp_path: Path) -> None:
    (model,) = taken(tmp_path, {"3.png": PNG, **SAVED}).having(Role.MODEL)
    assert (model.name, (model.path / "variables" / "variables.index").read_bytes()) == (
        "saved_model.pb",
        INDEX,
    )


@every("name", ["model.zip", "model.keras"])
def test_collect_when_it_is_zipped_then_it_is_the_same_model(tmp_path: Path, name: str) -> None:
    (plain,) = taken(tmp_path / "a", {"3.png": PNG, **within("m")}).having(Role.MODEL)
    (zipped,) = taken(tmp_path / "b", {"3.png": PNG, name: make_zip(within("m"))}).having(Role.MODEL)
    assert zipped.sha256 == plain.sha256
    assert zipped.name.startswith(name)


def test_collect_when_two_lie_side_by_side_then_each_keeps_its_own_files(tmp_path: Path) -> None:
    other = {**SAVED, "variables/variables.index": b"\x00other"}
    models = taken(tmp_path, {"3.png": PNG, **within("a"), **within("b", other)}).having(Role.MODEL)
    assert [(m.name, (m.path / "variables/variables.index").read_bytes()) for m in models] == [
        ("a", INDEX),
        ("b", b"\x00other"),
    ]


def test_collect_when_variables_are_missing_then_it_is_still_a_model_to_be_refused_by_name(
    tmp_path: Path,
) -> None:
    (model,) = taken(tmp_path, {"3.png": PNG, "m/saved_model.pb": GRAPH}).having(Role.MODEL)
    assert (model.name, [p.name for p in model.path.rglob("*")]) == ("m", ["saved_model.pb"])


def test_collect_when_a_member_has_another_name_then_it_is_not_laid_beside_the_weights(
    tmp_path: Path,
) -> None:
    files = {
        **SAVED,
        "variables/../x": b"x",
        "variables/variables.data-0-of-1": b"x",
        "variables/run.sh": b"x",
    }
    del files["variables/../x"]
    (model,) = taken(tmp_path, {"3.png": PNG, **within("m", files)}).having(Role.MODEL)
    assert {
        p.relative_to(model.path).as_posix() for p in model.path.rglob("*") if p.is_file()
    } == SAVED.keys()


def test_collect_when_the_folder_beside_the_digits_is_called_like_a_model_then_it_is_one_submission(
    tmp_path: Path,
) -> None:
    submission = taken(tmp_path, {"digits/3.png": PNG, **within("digits_cnn.model")})
    assert [file.name for file in submission.having(Role.MODEL)] == ["digits_cnn.model"]


@every(
    "head, name, content",
    [
        (b"\x08\x07\x12\x07pytorch\x00", "network.model", Content.ONNX),
        (b"\x08\x07\x12\x07pytorch", "model.onnx", Content.ONNX),
        (b"plain text", "model.onnx", Content.UNKNOWN),
        (b"\x80\x04\x95\x10\x00", "model.pkl", Content.PICKLE),
        (b"\x80\x02}q\x00", "model", Content.PICKLE),
        (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "model.pth", Content.TORCH),
        (b"\x93NUMPY\x01\x00", "w.npy", Content.NUMPY),
        (b'{"class_name": "Sequential", "config": {"layers": []}}', "model.json", Content.ARCHITECTURE),
        (b'{"class_name": "dog"}', "labels.json", Content.UNKNOWN),
        (b"\x1c\x00\x00\x00TFL3\x00", "model.bin", Content.TFLITE),
    ],
)
def test_sniff_when_it_is_a_model_of_some_kind_then_bytes_decide(
    head: bytes, name: str, content: Content
) -> None:
    assert sniff(head, name) is content


@every(
    "name, content, role",
    [
        ("model.pkl", b"\x80\x04\x95\x10\x00", Role.MODEL),
        ("trainHistoryDict.pkl", b"\x80\x04\x95\x10\x00", Role.OTHER),
        ("x_train.npy", b"\x93NUMPY\x01\x00", Role.OTHER),
        ("weights.npz", make_zip({"arr_0.npy": b"\x93NUMPY"}), Role.MODEL),
        ("model.pt", make_zip({"m/data.pkl": b"\x80\x02", "m/data/0": b"\x00"}), Role.MODEL),
        ("model.json", b'{"class_name": "Sequential", "config": {"layers": []}}', Role.ARCHITECTURE),
    ],
)
def test_collect_when_a_file_is_of_another_library_then_it_gets_the_role_its_name_tells(
    tmp_path: Path, name: str, content: bytes, role: Role
) -> None:
    files = {file.name: file.role for file in taken(tmp_path, {"3.png": PNG, name: content}).files}
    assert files[name] is role
