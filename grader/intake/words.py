"""Words that names are made of, in Korean and English; source: names in 44 public collections."""

DIGIT_WORDS = (
    ("zero", "영", "공"),
    ("one", "일", "하나"),
    ("two", "이", "둘"),
    ("three", "삼", "셋"),
    ("four", "사", "넷"),
    ("five", "오", "다섯"),
    ("six", "육", "여섯"),
    ("seven", "칠", "일곱"),
    ("eight", "팔", "여덟"),
    ("nine", "구", "아홉"),
)
"""How each digit is said."""


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
