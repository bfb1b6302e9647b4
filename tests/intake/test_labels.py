import csv
import os
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.submission import LabelSource
from grader.intake.labels import label_findings, read_labels
from tests.digits import MNIST
from tests.loops import every


def digits(*names: str) -> list[int | None]:
    labels = read_labels(names, MNIST)
    return [labels[name].digit for name in names]


@every(
    "name, digit",
    [
        ("3.png", 3),
        ("0.JPEG", 0),
        ("digit3.png", 3),
        ("digit_3.png", 3),
        ("Digit-7.PNG", 7),
        ("3w.png", 3),
        ("3br.png", 3),
        ("bruno3.jpg", 3),
        ("MY2.jpg", 2),
        ("new_4.jpg", 4),
        ("2828_my_own_3.png", 3),
        ("2828_my_own_noisy_6.png", 6),
        ("20231234_5.png", 5),
        ("28x28_8.png", 8),
        ("hw3_5.png", 5),
        ("2024-11-03 6.png", 6),
        ("1.png.jpg", 1),
        ("3 (1).png", 3),
        ("digit5 copy.png", 5),
        ("5 복사본.png", 5),
        ("03.png", 3),
        ("0-0075.png", 0),
        ("three.png", 3),
        ("digit_nine.png", 9),
        ("삼.png", 3),
        ("숫자삼.png", 3),
        ("다섯.png", 5),
        ("숫자 4.png", 4),
        ("３.png", 3),
        ("digits/7.png", 7),
        ("손글씨/7.png", 7),
        ("3", 3),
    ],
)
def test_label_of_single_name_when_it_can_be_told(name: str, digit: int) -> None:
    assert digits(name) == [digit]


@every(
    "name",
    [
        "IMG_20241103_123456.jpg",
        "IMG_1234.jpg",
        "2026.png",
        "6666.png",
        "33.png",
        "10.png",
        "3-7.png",
        "3.1.png",
        "cat.png",
        "this one.png",
        "이민수.png",
        "KakaoTalk_20241103_1.jpg",
        "image3.png",
        "digit (3).png",
        "hw3.png",
        "e3b0c44298fc1c14.png",
        "two_3.png",
        ".png",
        "",
    ],
)
def test_label_of_single_name_when_it_cannot_be_told_then_none_and_a_warning(name: str) -> None:
    labels = read_labels([name], MNIST)
    assert labels[name].digit is None
    (finding,) = label_findings(labels)
    assert (finding.slug in {"label-missing", "label-ambiguous"}, finding.file) == (True, name)


def test_label_when_names_run_from_1_to_10_then_10_is_a_zero_and_said() -> None:
    names = [f"{i}.png" for i in range(1, 11)]
    assert digits(*names) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    (finding,) = label_findings(read_labels(names, MNIST))
    assert (finding.slug, finding.file, finding.severity) == ("label-ten-means-zero", "10.png", "info")


def test_label_when_10_stands_beside_a_0_then_it_cannot_be_told() -> None:
    assert digits(*[f"{i}.png" for i in range(11)]) == [*range(10), None]


def test_label_when_numbers_run_past_ten_then_they_are_counters() -> None:
    assert set(digits(*[f"digit_{i}.png" for i in range(1, 21)])) == {None}


def test_label_when_a_camera_counts_from_1_then_it_cannot_be_told() -> None:
    assert set(digits(*[f"image{i}.png" for i in range(1, 11)])) == {None}


def test_label_when_a_picture_series_starts_at_0_then_it_is_told() -> None:
    assert digits(*[f"image{i}.png" for i in range(10)]) == list(range(10))


def test_label_when_doubled_digits_show_a_second_set_then_they_are_read_and_said_once() -> None:
    names = [f"{d}{d}.png" for d in range(10)]
    assert digits(*[f"{d}.png" for d in range(10)], *names) == [*range(10), *range(10)]
    (finding,) = label_findings(read_labels(names, MNIST))
    assert (finding.slug, finding.values["count"]) == ("label-second-set", 9)


def test_label_when_plain_partner_exists_then_suffixed_name_is_a_second_set() -> None:
    assert digits("3.png", "3.1.png", "6.png", "6-1.png", "8-1.png") == [3, 3, 6, 6, None]


def test_label_when_macos_duplicates_a_file_then_it_is_a_second_set() -> None:
    assert digits("3.png", "3 2.png", "digit5.png", "digit5 2.png") == [3, 3, 5, 5]


def test_label_when_one_column_runs_through_the_digits_then_it_is_the_label() -> None:
    names = [f"kim{s}_{d}.png" for s in (1, 2) for d in range(10)]
    assert digits(*names) == [d for _ in (1, 2) for d in range(10)]


def test_label_when_the_other_number_passes_9_then_it_is_a_counter() -> None:
    names = [f"{d}_{i}.png" for d in range(10) for i in range(12)]
    assert digits(*names) == [d for d in range(10) for _ in range(12)]


def test_label_when_two_columns_run_through_the_digits_then_it_cannot_be_told() -> None:
    assert set(digits(*[f"{a}_{b}.png" for a in range(10) for b in range(10)])) == {None}


def test_label_when_few_digits_are_numbered_then_the_counter_is_not_taken_for_the_label() -> None:
    assert set(digits(*[f"{d}_{i}.png" for d in (1, 2) for i in range(1, 6)])) == {None}


def test_label_when_the_same_number_is_in_every_name_then_it_is_left_out() -> None:
    assert digits(*[f"28_{d}.png" for d in range(5)]) == [0, 1, 2, 3, 4]


def test_label_when_different_words_share_one_number_then_it_is_not_a_label() -> None:
    assert set(digits("cnn2_a.png", "cnn2_b.png", "cnn2_c.png")) == {None}


def test_label_when_names_say_words_with_counters_then_words_win() -> None:
    assert digits("three1.png", "three2.png", "one1.png", "two1.png") == [3, 3, 1, 2]


def test_label_when_folders_are_digits_then_files_in_them_are_counters() -> None:
    names = [f"data/{d}/{i}.png" for d in range(10) for i in range(3)]
    labels = read_labels(names, MNIST)
    assert [labels[name].digit for name in names] == [d for d in range(10) for _ in range(3)]
    assert labels["data/3/1.png"].source is LabelSource.FOLDER
    assert label_findings(labels) == ()


def test_label_when_only_the_folder_tells_then_it_is_the_label() -> None:
    assert digits("3/a.png") == [3]
    assert digits("digit_4/IMG_2233.jpg", "digit_5/IMG_2234.jpg") == [4, 5]


def test_label_when_folder_and_names_disagree_then_it_cannot_be_told() -> None:
    names = [f"{s}/{d}.png" for s in (1, 2) for d in range(10)]
    labels = read_labels(names, MNIST)
    assert labels["1/1.png"].digit == 1
    assert labels["1/2.png"].digit is None


def test_label_when_a_set_has_a_number_of_several_digits_then_only_that_cannot_be_told() -> None:
    assert digits("1.png", "2.png", "9.png", "2026.png", "6666.png") == [1, 2, 9, None, None]


@given(st.lists(st.text(), unique=True, max_size=30))
def test_labels_when_names_are_any_text_then_every_name_gets_one(names: list[str]) -> None:
    labels = read_labels(names, MNIST)
    assert set(labels) == set(names)
    assert all(label.digit is None or 0 <= label.digit <= 9 for label in labels.values())
    assert all((label.digit is None) == (label.source is None) for label in labels.values())


@given(
    st.lists(st.from_regex(r"[0-9a-z가-힣._ ()-]{0,12}\.png", fullmatch=True), unique=True, max_size=20),
    st.randoms(),
)
def test_labels_when_order_changes_then_labels_do_not(names: list[str], random: object) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert dict(read_labels(names, MNIST)) == dict(read_labels(shuffled, MNIST))


@given(
    st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.sampled_from(["숫자삼.png", "셋.png", "손글씨3.png"])
)
def test_label_when_unicode_form_changes_then_label_does_not(form: str, name: str) -> None:
    assert digits(unicodedata.normalize(form, name)) == [3]


@pytest.mark.realdata
def test_labels_when_names_are_from_public_collections_then_none_is_wrong() -> None:
    with (Path(os.environ["GRADER_REAL_DATA"]) / "handwriting" / "manifest.csv").open(
        encoding="utf-8"
    ) as file:
        rows = [row for row in csv.DictReader(file) if row["label_from"] in {"name", "folder"}]
    sets: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        sets[row["source"], row["submission"]].append(row)
    outcome: Counter[str] = Counter()
    for members in sets.values():
        labels = read_labels([row["path"] for row in members], MNIST)
        for row in members:
            digit = labels[row["path"]].digit
            outcome["untold" if digit is None else "right" if digit == int(row["label"]) else "wrong"] += 1
    assert outcome["wrong"] == 0
    assert outcome["right"] >= 0.98 * outcome.total()
