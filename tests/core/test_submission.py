"""Names of files made from names of students."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from grader.core.submission import page_id


@given(st.text(min_size=1))
def test_page_id_when_the_name_is_anything_then_is_a_safe_file_name(name: str) -> None:
    made = page_id(name)
    assert made
    assert not set(made) & set('/\\\0\n<>:"|?*')
    assert not made.startswith(".")
    assert len(f".{made}.json.partial".encode()) <= 255


@given(st.text(min_size=1), st.text(min_size=1))
def test_page_id_when_names_differ_then_pages_differ(a: str, b: str) -> None:
    assert (page_id(a) == page_id(b)) == (a == b)


def test_page_id_when_the_name_is_plain_then_is_the_name() -> None:
    assert page_id("20250001-kim-minseo") == "20250001-kim-minseo"
    assert page_id("20250005-김민서") == "20250005-김민서"


def test_page_id_when_the_name_is_long_in_four_byte_letters_then_the_file_can_be_written(
    tmp_path: Path,
) -> None:
    partial = tmp_path / f".{page_id(chr(0x1D4D0) * 63)}.json.partial"
    partial.write_bytes(b"")


@given(st.text(min_size=1))
def test_page_id_when_a_folder_is_called_like_the_page_of_another_then_pages_differ(name: str) -> None:
    taken = page_id(name)
    assert name == taken or page_id(taken) != taken
