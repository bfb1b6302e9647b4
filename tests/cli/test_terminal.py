"""Names of students on a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from grader.texts.catalog import safe


def test_safe_when_text_has_escapes_then_shows_them() -> None:
    assert safe("a\x1b[31mb\u202ec\u200bd\n") == "a\\u001b[31mb\\u202ec\\u200bd\\u000a"


def test_safe_when_text_is_korean_then_is_unchanged() -> None:
    assert safe("김민서 20250005 (2)") == "김민서 20250005 (2)"


@given(st.text())
def test_safe_when_anything_then_is_printable(text: str) -> None:
    assert all(letter.isprintable() or letter in " \u00a0\u3000" or letter.isspace() for letter in safe(text))


def test_help_when_printed_then_no_escape_is_left_in_it() -> None:
    from click.testing import CliRunner

    from grader.cli.main import cli

    printed = CliRunner().invoke(cli, ["--help"]).stdout + CliRunner().invoke(cli, ["check", "--help"]).stdout
    assert "\\b" not in printed
    assert "\n  grader check submissions/            grade a class; pages in reports/\n" in printed
