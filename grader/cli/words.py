"""The words of the terminal in both languages."""

from collections.abc import Mapping

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "collecting": "Collecting",
        "measuring": "Measuring",
        "reused": "kept from before",
        "submission": "Submission",
        "status": "Status",
        "points": "Points so far",
        "open": "Open",
        "attention": "What needs a person",
        "graded": "graded",
        "incomplete": "incomplete",
        "rejected": "rejected",
        "not_submitted": "not submitted",
        "could_not_grade": "could not grade",
        "of": "{points} of {possible}",
        "summary": "{n} submissions; {person} need a person.",
        "class_page": "Class page:",
        "student_pages": "Student pages:",
        "tables": "Tables:",
        "moved": "{name}: {before} → {after} points",
        "nothing_moved": "Nobody's points moved.",
        "waiting": "{points} points are given by a person",
        "not_a_grade": "This is a try of your own work, not a grade.",
    },
    "ko": {
        "collecting": "모으는 중",
        "measuring": "측정 중",
        "reused": "이전 측정 사용",
        "submission": "제출물",
        "status": "상태",
        "points": "현재 점수",
        "open": "미정",
        "attention": "사람이 확인할 것",
        "graded": "채점 완료",
        "incomplete": "일부만 채점",
        "rejected": "열 수 없음",
        "not_submitted": "미제출",
        "could_not_grade": "채점 불가",
        "of": "{points} / {possible}",
        "summary": "제출물 {n}개, 사람의 확인이 필요한 제출물 {person}개.",
        "class_page": "학급 페이지:",
        "student_pages": "학생 페이지:",
        "tables": "표:",
        "moved": "{name}: {before} → {after}점",
        "nothing_moved": "점수가 바뀐 사람이 없습니다.",
        "waiting": "사람이 주는 점수: {points}점",
        "not_a_grade": "제출 전 자가 점검이며, 성적이 아닙니다.",
    },
}


def words(language: str) -> Mapping[str, str]:
    """Return the words of `language` ("ko" or "en") by key."""
    return _WORDS[language]
