"""Records survive the file bit for bit, nothing half written is seen, and damage says so."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from grader.core.diagnosis import Explanation, NearestImages
from grader.core.evidence import EVIDENCE_SCHEMA, MeasurementSettings
from grader.core.finding import Finding, Severity
from grader.core.submission import LabelSource, Role
from grader.errors import GraderError
from grader.store.evidence import Store, pack, unpack
from grader.store.records import PictureEntry, StoredPicture, StoredRun, StoredSubmission, digest

KEY = digest("a key")
SETTINGS = MeasurementSettings(
    dataset="d",
    class_names=("a", "b"),
    input_shape=(28, 28, 1),
    references=("r",),
    referee="r",
    level="quick",
    test_set_size=10,
    limit_seconds=20.0,
)


def submission(id_: str = "김", **fields: object) -> StoredSubmission:
    run = StoredRun(networks={"r": KEY}, own_suite=KEY, test_suite=KEY, perturbed_test_set=KEY, test_set=KEY)
    entry = PictureEntry(
        file="3.png", group=Role.PICTURE, label=3, label_source=LabelSource.NAME, key=digest("picture")
    )
    return StoredSubmission(
        id=id_,
        name=id_,
        key=KEY,
        settings=SETTINGS,
        run=run,
        files=(),
        pictures=(entry,),
        findings=(
            Finding(slug="submission-empty", severity=Severity.INFO, file="3.png", values={"n": 1, "x": 0.5}),
        ),
        provenance={"z": "1", "a": "2"},
        seconds={"model": 1.0},
        **fields,
    )


def test_records_when_packed_then_come_back_bit_for_bit_in_the_smallest_form() -> None:
    random = np.random.default_rng(0)
    levels = random.integers(0, 256, (28, 28, 1), np.uint8)
    picture = StoredPicture(
        width_pixels=640,
        height_pixels=None,
        quality={"contrast": 0.1},
        findings=(),
        normalized=levels / np.float32(255),
        as_submitted=random.random((28, 28, 1), np.float32),
        preview=random.integers(0, 256, (96, 96, 3), np.uint8),
    )
    explanation = Explanation(
        repairs=("size",),
        amounts={"dx_pixels": -1.0},
        repaired=levels[..., 0],
        occlusion=random.random((22, 22)).astype(np.float16),
        nearest=(NearestImages(label=3, rows=(1, 2), distances=(0.5, 1.5)),),
    )
    arrays = [
        np.arange(6, dtype=np.int8).reshape(2, 3),
        np.zeros((0, 4), np.bool_),
        np.array([np.nan], np.float32),
    ]
    for value in (picture, explanation, submission(), *arrays):
        packed = pack(value, KEY)
        back = unpack(type(value), packed, KEY)
        assert pack(back, KEY) == packed
        is_array = isinstance(value, np.ndarray)
        wholes = ([value], [back]) if is_array else (vars(value).values(), vars(back).values())
        for before, after in zip(*wholes, strict=True):
            if isinstance(before, np.ndarray):
                assert (after.dtype, after.shape) == (before.dtype, before.shape)
                assert after.tobytes() == before.tobytes()
            else:
                assert after == before
    whole = len(pack(levels / np.float32(255), KEY))
    assert whole < 28 * 28 + 100, "a picture whose values are bytes takes a byte a pixel"


def test_store_when_saved_then_submission_and_records_are_there_and_nothing_before(tmp_path: Path) -> None:
    path = tmp_path / "evidence.sqlite"
    store = Store(path)
    store.put(KEY, "kind", np.arange(3))
    other = Store(path)
    assert (other.has(KEY), other.submissions()) == (False, ())
    assert store.has(KEY)
    store.save(submission())
    assert other.need(KEY, np.ndarray).tolist() == [0, 1, 2]
    assert other.submission("김") == submission()
    assert other.submission("이") is None
    store.save(submission("가"))
    assert [each.id for each in other.submissions()] == ["가", "김"]
    other.close()
    store.close()
    assert [each.name for each in tmp_path.iterdir()] == ["evidence.sqlite"]


def test_store_when_fresh_then_earlier_records_are_not_read_but_kept_for_others(tmp_path: Path) -> None:
    store = Store(tmp_path / "e")
    store.put(KEY, "kind", np.arange(3))
    store.save(submission())
    store.close()
    fresh = Store(tmp_path / "e", is_fresh=True)
    assert (fresh.has(KEY), fresh.get(KEY, np.ndarray)) == (False, None)
    assert fresh.need(KEY, np.ndarray).size == 3
    fresh.put(KEY, "kind", np.arange(4))
    assert fresh.get(KEY, np.ndarray).size == 4
    fresh.save(submission())
    assert fresh.get(KEY, np.ndarray).size == 4


def test_fill_then_only_what_is_missing_is_asked(tmp_path: Path) -> None:
    store = Store(None)
    keys = [digest(n) for n in range(4)]
    store.put(keys[2], "kind", 7)
    asked: list[list[int]] = []

    def ask(places: list[int]) -> list[int]:
        asked.append(places)
        return [10 * place for place in places]

    for _ in range(2):
        store.fill("kind", keys, ask)
    assert asked == [[0, 1, 3]]
    assert [store.get(key, int) for key in keys] == [0, 10, 7, 30]


def test_forget_then_only_what_is_named_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "e")
    keys = [digest(n) for n in range(3)]
    for key in keys:
        store.put(key, "kind", np.arange(2))
    store.save(submission("a"))
    store.save(submission("b"))
    store.forget_others(["b"])
    store.forget_unused(keys[:1])
    assert [each.id for each in store.submissions()] == ["b"]
    assert [store.has(key) for key in keys] == [True, False, False]


def test_store_when_damaged_then_records_count_as_missing_and_submissions_say_so(tmp_path: Path) -> None:
    path = tmp_path / "e"
    store = Store(path)
    store.put(KEY, "kind", np.arange(3))
    store.put(digest("other"), "kind", np.arange(4))
    store.save(submission())
    store.close()
    file = sqlite3.connect(path)
    (body,) = file.execute("SELECT body FROM records WHERE key = ?", [bytes.fromhex(KEY)]).fetchone()
    (of_other,) = file.execute(
        "SELECT body FROM records WHERE key = ?", [bytes.fromhex(digest("other"))]
    ).fetchone()
    for damaged in (b"", body[:-1], body[:20] + bytes([body[20] ^ 1]) + body[21:], of_other):
        file.execute("UPDATE records SET body = ? WHERE key = ?", [damaged, bytes.fromhex(KEY)])
        file.execute("UPDATE submissions SET body = ?", [damaged])
        file.commit()
        store = Store(path)
        assert (store.has(KEY), store.get(KEY, np.ndarray), store.submission("김")) == (False, None, None)
        with pytest.raises(GraderError, match="evidence-damaged"):
            store.need(KEY, np.ndarray)
        with pytest.raises(GraderError, match="evidence-damaged"):
            store.submissions()
        store.close()
    path.write_bytes(b"no database at all, but long enough to look at" * 30)
    with pytest.raises(GraderError) as error:
        Store(path)
    assert error.value.slug == "evidence-damaged"


def test_store_when_written_by_another_version_then_names_both(tmp_path: Path) -> None:
    file = sqlite3.connect(tmp_path / "e")
    file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(GraderError) as error:
        Store(tmp_path / "e")
    assert (error.value.slug, error.value.values["found"]) == ("evidence-other-version", "99")
    assert error.value.values["needed"] == EVIDENCE_SCHEMA
