"""Names as text: the bytes of a file system or a zip → NFC text that is safe to show."""

import os
import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLAIN_WORDS = _words(
    "digit digits number num no my the a handwritten handwriting written label class 숫자 손글씨 번"
)
"""Words that may stand beside a digit's word without changing it."""

COUNTER_WORDS = _words(
    """
    img image images photo photos picture pictures pic dsc dscn dscf pxl kakaotalk scan page frame
    file untitled sample samples test tests 무제 제목없음 사진 그림 이미지 스캔 파일 테스트
    """
)
"""Words that cameras and programs put before a running number."""

PART_NAMES = _words(
    """
    digit digits mydigit mydigits handwritten handwrittendigit handwrittendigits handwriting
    myhandwriting customdigits image images img imgs myimages testimages testdigits mydigitstest
    picture pictures photo photos scan scans data mydata dataset number numbers mynumbers numdata
    test tests sample samples symbols model models mymodel mnistmodel cnnmodel savedmodel
    savedmodels checkpoint checkpoints variables assets report reports figure figures plot plots
    graph graphs result results doc docs output outputs ambiguous ambiguousdigit ambiguousdigits
    code src source script scripts notebook notebooks 손글씨 손글씨숫자 숫자 숫자이미지 이미지 사진
    그림 모델 보고서 레포트 리포트 그래프 결과 분석 코드 소스 모호 모호한숫자 애매 애매한숫자
    """
)
"""Folders that are a part of one submission; written without separators and trailing numbers."""


_ARCHIVE_SUFFIX = re.compile(r"\.zip$", re.IGNORECASE)
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of writing: `exe.gnp` would read as `png.exe`."""
_JUNK_NAMES = frozenset({"__macosx", "thumbs.db", "desktop.ini", "__pycache__"})


def decode_name(raw: bytes) -> str:
    """Return the text of a name whose encoding nobody states: UTF-8, else Korean Windows (CP949), else CP437.

    The order is safe: Hangul in CP949 is not valid UTF-8. CP437 decodes every byte.
    """
    for encoding in ("utf-8", "cp949"):
        try:
            return clean_name(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return clean_name(raw.decode("cp437"))


def system_name(name: str) -> str:
    """Return the text of a name that the operating system gave; see `decode_name` where it is not UTF-8."""
    if any("\udc80" <= character <= "\udcff" for character in name):
        return decode_name(os.fsencode(name))
    return clean_name(name)


def clean_name(name: str) -> str:
    """Return `name` in NFC with control characters, turns of direction and lone surrogates written as escapes."""
    return "".join(
        f"\\u{ord(character):04x}"
        if character in _DIRECTIONS or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        else character
        for character in unicodedata.normalize("NFC", name)
    )


def is_junk(name: str) -> bool:
    """Whether an operating system or editor writes files or folders of this name."""
    return name.startswith((".", "~$")) or name.casefold() in _JUNK_NAMES


def identify(folder_name: str) -> tuple[str, str]:
    """Return (id, name to show) of the submission in a folder or zip called `folder_name`.

    Download formats that carry more than a name get their rule here.
    """
    plain = _ARCHIVE_SUFFIX.sub("", system_name(folder_name)).strip() or system_name(folder_name)
    return plain, plain


NaturalKey = tuple[tuple[int, int, str], ...]
"""Sort key of a name."""


def natural_key(name: str) -> NaturalKey:
    """Return a sort key that puts `2.png` before `10.png`; total and independent of the locale."""
    parts = re.split(r"([0-9]+)", name)
    return (
        *(_number_key(p) if p.isdecimal() and p.isascii() else (1, 0, p) for p in parts if p),
        (2, 0, name),
    )


def _number_key(digits: str) -> tuple[int, int, str]:
    """Order numbers of any length by value without computing it."""
    significant = digits.lstrip("0")
    return 0, len(significant), significant
